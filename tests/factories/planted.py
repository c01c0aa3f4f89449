"""Values that are easily recognised, planted in every column that some role may not read: wherever one of them turns up in
what such a person was sent, it leaked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model

from backend.crm.models import Account, AccountSales, Opportunity, OpportunityLine, OrderLine
from backend.field.models import Absence, Appointment, CheckIn, WorkingHours, WorkPlace
from backend.identity.models import User
from backend.kit import clock
from backend.kit.field_rules import may_read
from backend.merging.models import AccountMerge
from backend.notifications.alerting.actions import Wish, create_rule
from backend.notifications.alerting.models import AlertEpisode, AlertRule
from backend.orders.models import Order, OrderItem
from backend.planning.models import PlanDrop, PlanPart, PlanRun, PlanStop, VisitPlan
from backend.quotas.models import Quota
from backend.sync.models import SyncIssue
from backend.territories.models import (
    AccountShare,
    Alignment,
    AlignmentEntry,
    AlignmentMove,
    TerritoryModel,
    TerritoryMove,
)
from tests.factories.world import World, acting

PLANTED: dict[type[Model], dict[str, Any]] = {
    Account: {"boost": 31897},
    Opportunity: {"amount": "24681357.91"},
    OpportunityLine: {"quantity": "86421.75", "unit_price": "97531.25"},
    AccountSales: {
        "as_of": date(1988, 7, 6),
        "amount_12m": "75319864.23",
        "orders_12m": 6420831,
        "last_order_on": date(1987, 6, 5),
        "median_gap_days": 53197.5,
    },
    OrderLine: {
        "sku": "SKU-OF-OURS",
        "order_no": "ORDER-OF-OURS",
        "line_no": 7531246,
        "ordered_on": date(1986, 5, 4),
        "quantity": 4206813,
        "amount": "86429753.17",
    },
    CheckIn: {"lat": 41.987654, "lng": -93.456789, "accuracy_m": 4321.75},
    VisitPlan: {"figures": {"prize": 6677881}},
    PlanRun: {"figures": {"prize": 5566771}},
    PlanPart: {"figures": {"prize": 4455661}},
    PlanStop: {"prize": 7788992, "why": "WHY-TO-STOP"},
    PlanDrop: {"prize": 8899113, "why": "WHY-TO-DROP"},
    Order: {"total": "64297531.86"},
    OrderItem: {
        "position": 30123,
        "sku": "ITEM-OF-OURS",
        "quantity": "75312.25",
        "unit_price": "86423.75",
        "offered_price": "97534.25",
        "price_differs": True,
        "withdrawn": True,
    },
    Quota: {
        "measure": "won",
        "first_day": date(1985, 4, 3),
        "last_day": date(1985, 5, 2),
        "target": "53864209.75",
        "currency": "QQZ",
    },
    AccountMerge: {
        "outcomes": [
            {"field": "boost", "winner": 31896, "loser": 31895, "result": 31896, "taken": "winner", "conflict": True}
        ],
        "journal": {"moves": [["crm.ROWS-THAT-MOVED", "account_id", []]]},
    },
}
"""By model and column; rows that hide whole plant all that is theirs alone."""

STRUCTURE = frozenset({"id", "version", "created_at", "updated_at", "deleted_at"})


def hidden_columns(model: type[Model], role: str) -> set[str]:
    """Returns the columns of a model that a role may not read, without keys and what every row has."""
    fields = [field for field in model._meta.concrete_fields if not field.is_relation]
    names = {str(field.column) for field in fields} - STRUCTURE
    return {name for name in names if not may_read(model, role, name)}


def hidden_models(role: str) -> dict[type[Model], set[str]]:
    """Returns every model of ours with columns that a role may not read."""
    found = {model: hidden_columns(model, role) for model in apps.get_models()}
    return {model: columns for model, columns in found.items() if columns}


def secrets_of(role: str) -> dict[str, str]:
    """Returns the planted values that a role must never be sent: the value as text → "model.column"."""
    return {
        text: f"{model.__name__}.{column}"
        for model, columns in hidden_models(role).items()
        for column in columns
        for text in texts(PLANTED[model][column])
    }


def texts(value: Any) -> Iterator[str]:
    """Yields how a planted value is recognised in JSON, whatever wrote it; plain words turn up by chance."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif not str(value).islower() and not isinstance(value, bool):
        yield str(value).removeprefix("crm.")


def found_in(text: str, role: str) -> dict[str, str]:
    """Returns which planted values that a role may not read stand in a text."""
    return {value: where for value, where in secrets_of(role).items() if stands(value, text)}


def stands(value: str, text: str) -> bool:
    """Returns whether a value stands in a text as a whole: five digits turn up within ids, cursors and fractions of a second."""
    before = r"(?<![\w.-])" if value[0].isdigit() else r"(?<![\w-])"
    return re.search(rf"{before}{re.escape(value)}(?![\w-])", text) is not None


@dataclass(slots=True)
class Garden:
    """One account of the north, shared with Pat, and everything on it."""

    account: Account
    deal: Opportunity
    plan: VisitPlan
    ids: list[UUID]


def plant(world: World) -> Garden:
    """Plants; Pat sees the accounts by shares, and has a plan and an inbox from when they were a rep.

    Hilltop has a visit planned for now, so at most hours of the day it is not due: the other one always is."""
    account, _ = (_shared(world, name) for name in ("Hilltop", "Hill never seen"))
    deal = world.deal(account)
    Opportunity.objects.filter(pk=deal.pk).update(**PLANTED[Opportunity])
    OpportunityLine.objects.create(org=world.org, opportunity=deal, product=world.product, **PLANTED[OpportunityLine])
    AccountSales.objects.create(org=world.org, account=account, **PLANTED[AccountSales])
    OrderLine.objects.create(org=world.org, account=account, **PLANTED[OrderLine])
    world.contact(account)
    visit = world.visit(account)
    CheckIn.objects.create(
        org=world.org, visit=visit, rep=world.ana, at=clock.now(), verdict="inside", **PLANTED[CheckIn]
    )
    WorkingHours.objects.create(org=world.org, user=world.pat, weekday=1, start=time(8), end=time(17))
    Absence.objects.create(org=world.org, user=world.pat, first_day=clock.now().date(), last_day=clock.now().date())
    WorkPlace.objects.create(org=world.org, name="Depot", lat=1.0, lng=1.0)
    begins, ends = clock.now(), clock.now() + timedelta(hours=1)
    Appointment.objects.create(
        org=world.org, user=world.pat, title="Call", zone="UTC", starts_at=begins, ends_at=ends, over_at=ends
    )
    TerritoryMove.objects.create(
        org=world.org, source=world.south, target=world.north, asked_by=world.dee, asked_at=clock.now(), total=0
    )
    alignment = _alignment(world, account)
    plan = _plan(world, world.pat, account)
    part = _part(world, world.pat)
    merge = _merge(world, account)
    order = _order(world, account)
    alert = _alert(world, account)
    Quota.objects.create(org=world.org, user=world.pat, **PLANTED[Quota])
    for person in (world.ana, world.pat):
        _issue(world, person, account, deal)
    ids = [
        world.phone(world.pat).pk,
        account.pk,
        deal.pk,
        visit.pk,
        plan.pk,
        part.pk,
        part.run_id,
        merge.pk,
        alignment.pk,
        order.pk,
        alert.pk,
        world.ana.pk,
        world.pat.pk,
        world.stages["new"].pk,
        world.north.pk,
    ]
    return Garden(account, deal, plan, ids)


def _alert(world: World, account: Account) -> AlertRule:
    """Makes a rule that noticed something of the account."""
    wish = Wish(parameters={"days": 5})
    rule = create_rule(actor=acting(world.dee), kind="account.not_seen", name="Not seen", branch=None, wish=wish)
    AlertEpisode.objects.create(
        rule=rule,
        version=rule.versions.get(),
        subject_entity="account",
        subject_id=account.pk,
        root_id=account.pk,
        episode="never",
        opened_at=clock.now(),
        noticed_at=clock.now(),
    )
    return rule


def _alignment(world: World, account: Account) -> Alignment:
    """Drafts that the account goes from the south to the north."""
    model = TerritoryModel.objects.create(org=world.org, name="Next")
    draft = Alignment.objects.create(org=world.org, model=model, created_by=world.dee, created_at=clock.now())
    AlignmentEntry.objects.create(alignment=draft, at=clock.now(), by=world.dee, what="drafted")
    AlignmentMove.objects.create(
        alignment=draft,
        account_id=account.pk,
        from_territory_id=world.south.pk,
        to_territory_id=world.north.pk,
        why="listed",
    )
    return draft


def _shared(world: World, name: str) -> Account:
    account = world.account(name, world.north)
    Account.objects.filter(pk=account.pk).update(**PLANTED[Account])
    AccountShare.objects.create(
        org=world.org, account=account, user=world.pat, shared_by=world.ben, valid_from=clock.now() - timedelta(1)
    )
    return account


def _plan(world: World, rep: User, account: Account) -> VisitPlan:
    now = clock.now()
    plan = VisitPlan.objects.create(
        org=world.org,
        rep=rep,
        day=now.date(),
        seed=1,
        leave_at=now,
        back_at=now,
        created_by=rep,
        created_at=now,
        **PLANTED[VisitPlan],
    )
    PlanStop.objects.create(
        plan=plan,
        position=1,
        account=account,
        fixed=False,
        arrival=now,
        planned_start=now,
        planned_end=now + timedelta(hours=1),
        wait_seconds=0,
        **PLANTED[PlanStop],
    )
    PlanDrop.objects.create(plan=plan, account=account, reason="DAY_FULL", detail="", **PLANTED[PlanDrop])
    return plan


def _part(world: World, rep: User) -> PlanPart:
    now = clock.now()
    run = PlanRun.objects.create(
        org=world.org,
        kind="week",
        scope="rep",
        leader=rep,
        first_day=now.date(),
        days=7,
        seed=1,
        seconds=1,
        total=1,
        asked_by=rep,
        created_at=now,
        **PLANTED[PlanRun],
    )
    return PlanPart.objects.create(run=run, rep=rep, **PLANTED[PlanPart])


def _order(world: World, account: Account) -> Order:
    now = clock.now()
    order = Order.objects.create(
        org=world.org,
        account=account,
        author=world.ana,
        number=1,
        placed_at=now,
        received_at=now,
        currency="USD",
        **PLANTED[Order],
    )
    OrderItem.objects.create(org=world.org, order=order, product=world.product, **PLANTED[OrderItem])
    return order


def _merge(world: World, account: Account) -> AccountMerge:
    loser = world.account("Hill Top", world.north)
    Account.objects.filter(pk=loser.pk).update(deleted_at=clock.now(), merged_into=account)
    return AccountMerge.objects.create(
        org=world.org,
        loser=loser,
        winner=account,
        survivor=account,
        merged_by=world.ben,
        merged_at=clock.now(),
        **PLANTED[AccountMerge],
    )


def _issue(world: World, person: User, account: Account, deal: Opportunity) -> None:
    """What was kept of edits while the person could still read what they edited: a merge, and a refusal."""
    phone = world.phone(person)
    boost, amount = PLANTED[Account]["boost"], PLANTED[Opportunity]["amount"]
    for entity, row_id, mine, theirs in (
        ("account", account.pk, {"boost": boost, "name": "Hill"}, {"boost": boost, "name": "Top"}),
        ("opportunity", deal.pk, {"set": {"amount": amount, "notes": "n"}, "args": {"amount": amount}}, {}),
    ):
        SyncIssue.objects.create(
            org=world.org,
            user=person,
            device=phone,
            op_id=row_id,
            kind="MERGED",
            code="FIELD_CONFLICT",
            entity=entity,
            entity_id=row_id,
            mine=mine,
            theirs=theirs,
            args=mine.get("args", {}),
            fields=[
                {"name": name, "policy": "merge", "base": value, "mine": value, "theirs": theirs[name]}
                for name, value in mine.items()
                if name in theirs
            ],
        )
