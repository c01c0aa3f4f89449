"""Everything that may happen to the rows while phones pull: by action, by ORM, in bulk, in plain SQL."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models

from backend.crm.models import (
    Account,
    AccountContactRelation,
    AccountSales,
    Activity,
    Address,
    Contact,
    Lead,
    Opportunity,
    OpportunityLine,
    Product,
    StageHistory,
)
from backend.field.models import Absence, Appointment, CallCycle, CheckIn, Visit, VisitReport
from backend.identity.models import Org, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.models import Notification
from backend.orders.actions import submit_order
from backend.orders.lines import Asked
from tests.factories.world import World, acting

Happening = Callable[["Happenings"], None]
M = TypeVar("M", bound=models.Model)


class Happenings:
    """One world and one source of chance; each method is something that may happen to its rows."""

    def __init__(self, world: World, chance: Random, *, spared: tuple[UUID, ...] = ()) -> None:
        self.world = world
        self.chance = chance
        self.spared = spared
        self.count = 0

    def name(self) -> str:
        """Returns a name not used before."""
        self.count += 1
        return f"N{self.count}"

    def any(self, rows: models.QuerySet[M]) -> M:
        """Returns one of the rows; IndexError when there is none."""
        return rows.get(pk=self.chance.choice(list(rows.order_by("pk").values_list("pk", flat=True))))

    def rep(self) -> User:
        return self.chance.choice([self.world.ana, self.world.cy, self.world.ben])

    def account(self) -> Account:
        return self.any(Account.objects.filter(org=self.world.org).exclude(pk__in=self.spared))

    def write(self, row: models.Model, **values: Any) -> None:
        """Changes columns of one row in one of the ways rows are changed."""
        way = self.chance.randrange(3)
        manager = type(row)._default_manager
        if way == 0:
            for name, value in values.items():
                setattr(row, name, value)
            row.save(update_fields=list(values))
        elif way == 1:
            manager.filter(pk=row.pk).update(**values)
        else:
            columns = {one.name: one.column for one in row._meta.concrete_fields}
            sets = ", ".join(f'"{columns[name]}" = %s' for name in values)
            raw = [value.pk if isinstance(value, models.Model) else value for value in values.values()]
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {row._meta.db_table} SET {sets} WHERE id = %s", [*raw, row.pk])

    def flip(self, row: Any) -> None:
        """Deletes a row softly, or brings it back."""
        self.write(row, deleted_at=None if row.deleted_at else clock.now())


def new_account(at: Happenings) -> None:
    territory = at.chance.choice([at.world.north, at.world.south, None])
    at.world.account(at.name(), territory)


def rename_account(at: Happenings) -> None:
    at.write(at.account(), name=at.name())


def rename_many(at: Happenings) -> None:
    Account.objects.filter(org=at.world.org, deleted_at=None).update(notes=at.name())


def flip_account(at: Happenings) -> None:
    at.flip(at.account())


def move_address(at: Happenings) -> None:
    address = at.any(Address.objects.all())
    at.write(address, account=at.account(), is_primary=False)


def new_contact(at: Happenings) -> None:
    at.world.contact(at.account(), at.name())


def share_a_contact(at: Happenings) -> None:
    person = at.any(Contact.objects.all())
    AccountContactRelation.objects.create(org=at.world.org, account=at.account(), contact=person)


def rename_contact(at: Happenings) -> None:
    at.write(at.any(Contact.objects.all()), full_name=at.name())


def flip_contact(at: Happenings) -> None:
    at.flip(at.any(Contact.objects.all()))


def move_relation(at: Happenings) -> None:
    at.write(at.any(AccountContactRelation.objects.all()), account=at.account())


def delete_relation_and_contact(at: Happenings) -> None:
    relation = at.any(AccountContactRelation.objects.all())
    person = relation.contact_id
    AccountContactRelation.objects.filter(contact_id=person).delete()
    Contact.objects.filter(pk=person).delete()


def new_deal(at: Happenings) -> None:
    account = at.account() if at.chance.random() < 0.7 else None
    deal = at.world.deal(account, owner=at.rep(), name=at.name())
    add_line(at, deal)


def add_line(at: Happenings, deal: Opportunity | None = None) -> None:
    deal = deal or at.any(Opportunity.objects.all())
    OpportunityLine.objects.create(
        org=at.world.org, opportunity=deal, product=at.world.product, quantity=at.chance.randint(1, 9), unit_price=1
    )


def move_line(at: Happenings) -> None:
    at.write(at.any(OpportunityLine.objects.all()), opportunity=at.any(Opportunity.objects.all()))


def drop_line(at: Happenings) -> None:
    at.any(OpportunityLine.objects.all()).delete()


def rehang_deal(at: Happenings) -> None:
    at.write(at.any(Opportunity.objects.all()), account=at.chance.choice([at.account(), None]))


def hand_deal_over(at: Happenings) -> None:
    at.write(at.any(Opportunity.objects.all()), owner=at.rep())


def flip_deal(at: Happenings) -> None:
    at.flip(at.any(Opportunity.objects.all()))


def record_a_move(at: Happenings) -> None:
    deal = at.any(Opportunity.objects.all())
    stage = at.world.stages["new"]
    StageHistory.objects.create(
        org=at.world.org, opportunity=deal, to_stage=stage, moved_by=at.rep(), moved_at=clock.now()
    )


def delete_deal_and_lines(at: Happenings) -> None:
    """Parents first or children first: foreign keys are asked only at the commit."""
    deal = at.any(Opportunity.objects.filter(history=None, activities=None))
    tables = ["crm_opportunityline WHERE opportunity_id", "crm_opportunity WHERE id"]
    at.chance.shuffle(tables)
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table} = %s", [deal.pk])


def new_deal_children_first(at: Happenings) -> None:
    deal = Opportunity(
        org=at.world.org,
        account=at.account(),
        owner=at.rep(),
        name=at.name(),
        pipeline=at.world.pipeline,
        stage=at.world.stages["new"],
    )
    OpportunityLine.objects.create(
        org=at.world.org, opportunity=deal, product=at.world.product, quantity=1, unit_price=1
    )
    deal.save(force_insert=True)


def new_visit(at: Happenings) -> None:
    at.world.visit(at.account(), at.rep())


def move_visit(at: Happenings) -> None:
    at.write(at.any(Visit.objects.all()), account=at.account())


def flip_visit(at: Happenings) -> None:
    at.flip(at.any(Visit.objects.all()))


def check_in(at: Happenings) -> None:
    visit = at.any(Visit.objects.all())
    CheckIn.objects.create(org=at.world.org, visit=visit, rep_id=visit.rep_id, at=clock.now(), verdict="inside")


def report(at: Happenings) -> None:
    visit = at.any(Visit.objects.filter(reports=None))
    VisitReport.objects.create(
        org=at.world.org, visit=visit, author_id=visit.rep_id, outcome="order", submitted_at=clock.now()
    )


def report_a_new_visit(at: Happenings) -> None:
    visit = at.world.visit(at.account(), at.rep())
    VisitReport.objects.create(
        org=at.world.org, visit=visit, author_id=visit.rep_id, outcome="order", submitted_at=clock.now()
    )


def take_an_order(at: Happenings) -> None:
    line = Asked(new_id(), at.world.product.pk, Decimal(at.chance.randint(1, 9)), None)
    submit_order(actor=acting(at.world.ana), order_id=new_id(), account=at.account(), lines=[line])


def figure_sales_out(at: Happenings) -> None:
    figures = {
        "org": at.world.org,
        "as_of": clock.now().date(),
        "amount_12m": 1,
        "orders_12m": at.chance.randint(0, 99),
    }
    AccountSales.objects.update_or_create(account=at.account(), defaults=figures)


def new_activities(at: Happenings) -> None:
    """Several in one statement."""
    Activity.objects.bulk_create(
        Activity(
            org=at.world.org,
            account=at.chance.choice([at.account(), None]),
            owner=at.rep(),
            kind="task",
            subject=at.name(),
        )
        for _ in range(at.chance.randint(1, 4))
    )


def move_activity(at: Happenings) -> None:
    account = at.chance.choice([at.account(), None])
    at.write(at.any(Activity.objects.all()), account=account, owner=at.rep())


def delete_activity(at: Happenings) -> None:
    at.any(Activity.objects.all()).delete()


def new_lead(at: Happenings) -> None:
    Lead.objects.create(org=at.world.org, owner=at.rep(), company=at.name())


def hand_lead_over(at: Happenings) -> None:
    at.write(at.any(Lead.objects.all()), owner=at.rep())


def go_on_leave(at: Happenings) -> None:
    day = clock.now().date()
    Absence.objects.create(org=at.world.org, user=at.rep(), first_day=day, last_day=day + timedelta(days=1))


def see_a_doctor(at: Happenings) -> None:
    begins = clock.now()
    ends = begins + timedelta(hours=1)
    Appointment.objects.create(
        org=at.world.org,
        user=at.rep(),
        title=at.name(),
        zone="America/Chicago",
        starts_at=begins,
        ends_at=ends,
        over_at=ends,
    )


def tell_somebody(at: Happenings) -> None:
    """An alert about an account, or about a person, whether or not who is told sees it."""
    told = at.chance.choice([at.world.ana, at.world.cy, at.world.ben, at.world.pat])
    root = at.chance.choice([at.account().pk, at.world.ana.pk])
    Notification.objects.create(
        org=at.world.org,
        user=told,
        rule="visit.overdue",
        subject_entity="visit",
        subject_id=new_id(),
        episode="planned",
        root_id=root,
        title_key="visit.overdue",
        title=at.name(),
        body=at.name(),
        occurred_at=clock.now(),
        addressed_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=8),
    )


def read_an_alert(at: Happenings) -> None:
    at.write(at.any(Notification.objects.all()), read_at=clock.now())


def take_an_alert_back_or_not(at: Happenings) -> None:
    told = at.any(Notification.objects.all())
    at.write(told, withdrawn_at=None if told.withdrawn_at else clock.now())


def move_an_alert(at: Happenings) -> None:
    at.write(at.any(Notification.objects.all()), root_id=at.account().pk)


def set_a_cycle(at: Happenings) -> None:
    CallCycle.objects.update_or_create(
        org=at.world.org,
        tier=at.chance.choice("ABC"),
        defaults={"interval_days": at.chance.randint(7, 60), "deleted_at": None},
    )


def reprice(at: Happenings) -> None:
    at.write(at.any(Product.objects.all()), unit_price=at.chance.randint(1, 99))


def rename_org(at: Happenings) -> None:
    at.write(Org.objects.get(pk=at.world.org.pk), name=at.name())


def someone_elses_row(at: Happenings) -> None:
    """A stranger's org is busy too."""
    Account.objects.create(id=new_id(), org=at.world.other_org, name=at.name())


HAPPENINGS: tuple[Happening, ...] = tuple(
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and name.islower()
)

BORN: dict[str, Happening] = {
    "visitReport": report_a_new_visit,
    "order": take_an_order,
    "orderItem": take_an_order,
    "accountSales": figure_sales_out,
    "address": new_account,
    "lead": new_lead,
    "absence": go_on_leave,
    "appointment": see_a_doctor,
    "callCycle": set_a_cycle,
    "notification": tell_somebody,
    "checkIn": check_in,
    "contact": new_contact,
    "stageHistory": record_a_move,
}
"""How a row of an entity comes to be whose rows are neither written again nor copied, or that may all have gone."""
