"""Rows of every kind for people who must not see each other's: Ana's north, Cy's south, a place that only Dee sees, and
another org. Each free text in each row is one that stands nowhere else, so that what leaks is known wherever it turns up."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import CharField, Field, Model, TextField

from backend.attachments.models import Attachment, Blob, Upload
from backend.crm.lead_assignment import LeadAssignment
from backend.crm.models import (
    Account,
    Activity,
    Address,
    ExternalId,
    Lead,
    OpportunityAmount,
    OrderLine,
    StageHistory,
)
from backend.events.models import OutboxEvent
from backend.field.models import (
    Appointment,
    CalendarFeed,
    CheckIn,
    CompanyDay,
    HolidayRegion,
    VisitReport,
    VisitSource,
    WorkingHours,
    WorkPlace,
)
from backend.identity.models import Device, RefreshToken, Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.merging.models import AccountMerge
from backend.notifications.alerting import defaults
from backend.notifications.models import (
    AlertPreference,
    AlertSettings,
    Attempt,
    Delivery,
    DeviceAck,
    Notification,
    PushAddress,
)
from backend.orders.models import Order
from backend.planning.models import DayFigures, PlanningWeights, PlanStop
from backend.planning.travel.models import TravelProfile
from backend.sync.models import SyncIssue
from backend.sync.waiting import note_pending
from backend.territories.alignment import drafts, edits
from backend.territories.alignment.looking import look
from backend.territories.models import AssignmentRule, AssignmentSource, Territory, TerritoryModel
from tests.factories import planted
from tests.factories.world import World, acting, build, person
from tests.schema.leaks.oracle import Oracle, org_of

MEANT = frozenset(
    "key kind timezone locale currency zone rrule rule entity title_key what why platform stage_key".split()
)
"""Columns whose text means something to the program."""

SHORTEST = 24
"""A column that is shorter has no room for words of its own."""

FREE_JSON = {"Account": ["consent"], "Contact": ["consent"], "VisitReport": ["answers"], "Notification": ["args"]}


@dataclass(frozen=True, slots=True)
class Grown:
    """Both orgs, and every row: `rows[n]` has the words `~n.column~`."""

    here: World
    there: World
    rows: list[Model]
    phones: dict[UUID, Device]
    oracles: dict[str, Oracle]

    def by_id(self) -> dict[str, Model]:
        """Returns the rows that have an id of their own."""
        return {str(row.pk): row for row in self.rows if isinstance(row.pk, UUID)}

    def ids(self, model: type[Model]) -> list[str]:
        """Returns ids of a model's rows: one of each audience, for those who see the one row see the other."""
        of_audience: dict[object, str] = {}
        for row in self.rows:
            if type(row) is model:
                of_audience.setdefault(self._audience(row), str(row.pk))
        return list(of_audience.values())

    def beyond(self, model: type[Model], oracle: Oracle) -> list[str]:
        """Returns ids of rows that are not the viewer's: one of the same org, if there is one, and one of the other."""
        of_org = {
            org_of(row) == oracle.viewer.org_id: str(row.pk)
            for row in self.rows
            if type(row) is model and row.pk not in oracle.people | oracle.territories
            if not oracle.may_see(row) or model in (User, Territory)
            # The id of a merged account leads on to the one it was merged into.
            if getattr(row, "merged_into_id", None) is None
        }
        return list(of_org.values())

    def mine(self, model: type[Model], oracle: Oracle) -> list[str]:
        """Returns ids of rows that are the viewer's."""
        found = [row for row in self.rows if type(row) is model and oracle.may_see(row)]
        if model in (User, Territory):
            found = [row for row in found if row.pk in oracle.people | oracle.territories]
        return [str(row.pk) for row in found] or [str(new_id())]

    def _audience(self, row: Model) -> tuple[tuple[bool, bool], ...]:
        return tuple((one.may_see(row), row.pk in one.people | one.territories) for one in self.oracles.values())

    def people(self) -> dict[str, User]:
        """Returns who asks."""
        return {who: oracle.viewer for who, oracle in self.oracles.items()}


def grow() -> Grown:
    """Plants everything, and gives each row words of its own."""
    here, there = build(), build("there")
    south = replace(
        here, ana=here.cy, ben=here.bea, north=here.south, south=here.north, pat=person(here.org, "quy", Role.PARTNER)
    )
    north, other, _ = (_plant(world) for world in (here, south, there))
    _plant_crossing(here, north, other)
    _plant_for_admins(here)
    for world in (here, there):
        defaults.ensure(world.org.pk, set())
    phones = {
        user.pk: world.phone(user) for world in (here, there) for user in (world.ana, world.cy, world.ben, world.dee)
    }
    phones[here.pat.pk] = here.phone(here.pat)
    rows = list(_worded())
    viewers = {
        "Ana, a rep": here.ana,
        "Cy, a rep elsewhere": here.cy,
        "Ben, who leads Ana": here.ben,
        "Dee, the admin": here.dee,
        "Pat, a partner": here.pat,
        "Zoe, the admin of another org": there.dee,
    }
    return Grown(here, there, rows, phones, {who: Oracle(user, rows) for who, user in viewers.items()})


def _plant(world: World) -> planted.Garden:
    garden = planted.plant(world)
    account, deal, now = garden.account, garden.deal, clock.now()
    org, rep = world.org, world.ana
    visit = account.visits.first() if hasattr(account, "visits") else None
    visit = visit or world.visit(account)
    VisitReport.objects.create(org=org, visit=visit, author=rep, outcome="order", submitted_at=now)
    lead = Lead.objects.create(org=org, owner=rep, company="L", person_name="P", status="new")
    LeadAssignment.objects.create(
        org=org, lead=lead, before=world.ben, after=rep, assigned_by=world.ben, assigned_at=now
    )
    for at_account in (account, None):
        Activity.objects.create(org=org, account=at_account, owner=rep, kind="task", subject="T", body="B")
    world.deal(None, owner=rep)
    OpportunityAmount.objects.create(org=org, opportunity=deal, before=1, after=2, changed_by=rep, changed_at=now)
    ExternalId.objects.create(org=org, source="crm", entity="account", value=f"X{account.pk}", row_id=account.pk)
    for private in (True, False):
        Appointment.objects.create(
            org=org, user=rep, account=account, title="A", notes="N", place="P", private=private, zone="UTC",
            starts_at=now, ends_at=now + timedelta(hours=1), over_at=now + timedelta(hours=1),
        )  # fmt: skip
    CalendarFeed.objects.create(org=org, user=rep, token_hash=new_id().hex, created_at=now)
    HolidayRegion.objects.create(org=org, user=rep, country="US")
    TravelProfile.objects.create(
        org=org, rep=rep, scale=1, exponent=1, made_at=now, first_day=now.date(), last_day=now.date(), drives=1, people=1,
        pauses=0, error_before=1, error_after=1, adopted=False,
    )  # fmt: skip
    plan = planted._plan(world, rep, account)
    DayFigures.objects.create(
        org=org, rep=rep, day=now.date(), plan=plan, published=True, at=now, stops=1, travel_seconds=1, prize=1,
        due_prize=1, overdue_left=0, weights_version=1,
    )  # fmt: skip
    _plant_attachment(world, account, visit)
    _plant_alert(world, account)
    part = planted._part(world, rep)
    plan = planted._plan(world, rep, account)
    plan.drops.create(account=account, reason="DAY_FULL", detail="", prize=1, why="")
    type(plan).objects.filter(pk=plan.pk).update(part=part)
    part.drops.create(account=account, reason="DAY_FULL", detail="", prize=1, why="")
    Order.objects.filter(account=account).update(visit=visit, settled_by=world.ben)
    OrderLine.objects.filter(account=account).update(product=world.product)
    StageHistory.objects.create(
        org=org,
        opportunity=deal,
        from_stage=world.stages["new"],
        to_stage=world.stages["offer"],
        moved_by=rep,
        moved_at=now,
    )
    SyncIssue.objects.filter(user=rep).update(root=account.pk, resolved_by=world.ben)
    _plant_values(world, part, account)
    _plant_draft(world, account)
    # So that the next garden of the same org has room.
    OrderLine.objects.filter(account=account).update(order_no=new_id().hex)
    Order.objects.filter(account=account).update(number=1 + new_id().int % 1_000_000_000)
    TerritoryModel.objects.filter(org=org, name="Next").update(name=new_id().hex)
    return garden


def _plant_values(world: World, part: Any, account: Account) -> None:
    """What is shown as an object and is no row of its own."""
    depot = WorkPlace.objects.filter(org=world.org).first()
    hours = WorkingHours.objects.filter(user=world.ana)
    hours.filter(weekday=3).update(
        start_place=depot, end_place=depot, breaks=[{"from": "11:00", "to": "14:00", "minutes": 30}]
    )
    hours.filter(weekday=4).update(start_lat=1, start_lng=1, end_lat=1, end_lng=1)
    Address.objects.filter(account=account).update(country="US")
    Appointment.objects.filter(user=world.ana).update(lat=1, lng=1)
    type(part).objects.filter(pk=part.pk).update(trouble={"code": "NO_HOURS", "message": "M", "fields": {}})
    lost = AccountMerge.objects.get(winner=account)
    AccountMerge.objects.create(
        org=world.org, loser=lost.loser, winner=account, survivor=account, merged_by=world.ben, merged_at=clock.now(),
        journal={"moves": []}, undone_by=world.ben, undone_at=clock.now(),
    )  # fmt: skip


def _plant_draft(world: World, account: Account) -> None:
    """A draft that gives the account, with all that is promised at it, to another person; its leader looked at it."""
    world.visit(account, start=clock.now() + timedelta(days=9))
    account.visits.update(source=VisitSource.PLAN)
    Appointment.objects.filter(user=world.ana, private=False).update(
        starts_at=clock.now() + timedelta(days=9), ends_at=clock.now() + timedelta(days=9, hours=1),
        over_at=clock.now() + timedelta(days=9, hours=1),
    )  # fmt: skip
    phone = world.phone(world.ana)
    phone.streams.create(name="main", last_pull_at=clock.now())
    note_pending(phone.pk, 3)
    actor, hills = acting(world.ben), new_id()
    draft = drafts.begin_alignment(actor=actor, name=new_id().hex)
    changes = [edits.add("Hills", parent=world.north.pk, territory_id=hills), edits.assign(hills, world.ben.pk)]
    draft = drafts.edit_alignment(actor=actor, alignment=draft, changes=changes)
    draft = drafts.fill_from(actor=actor, alignment=draft, places={account.pk: hills}, source=AssignmentSource.PIN)
    look(actor=actor, alignment=draft)


def _plant_attachment(world: World, account: Account, visit: Any) -> None:
    blob = Blob.objects.create(
        org=world.org, sha256=new_id().hex * 2, kept_sha256=new_id().hex * 2, size=1, mime_type="image/jpeg"
    )
    photo = Attachment.objects.create(
        org=world.org, account=account, visit=visit, kind="photo", mime_type="image/jpeg", size=1, sha256="0" * 64,
        author=world.ana, state="stored", blob=blob,
    )  # fmt: skip
    Upload.objects.create(
        attachment=photo, user=world.ana, size=1, created_at=clock.now(), touched_at=clock.now(), expires_at=clock.now()
    )


def _plant_alert(world: World, account: Account) -> None:
    rep, org, now = world.ana, world.org, clock.now()
    phone = world.phone(rep)
    RefreshToken.objects.create(device=phone, generation=1, token_hash=new_id().hex, created_at=now, expires_at=now)
    address = PushAddress.objects.create(
        org=org, device=phone, kind="fcm_token", value=new_id().hex, created_at=now, last_seen_at=now
    )
    event = OutboxEvent.objects.create(
        org=org, name="visit.overdue", payload={}, occurred_at=now, done_at=now, next_try_at=now
    )
    told = Notification.objects.create(
        event_id=event.pk,
        org=org, user=rep, rule="visit_overdue", subject_entity="account", subject_id=account.pk, episode="1",
        root_id=account.pk, category="visits", title_key="x", title="T", body="B", occurred_at=now,
        addressed_at=now, expires_at=now,
    )  # fmt: skip
    way = Delivery.objects.create(
        org=org, notification=told, user=rep, channel="push", address=address, next_try_at=now, created_at=now
    )
    Attempt.objects.create(delivery=way, number=1, at=now, outcome="sent", detail="D", provider_id="P")
    DeviceAck.objects.create(notification=told, device=phone, delivered_at=now)
    AlertSettings.objects.create(org=org, user=rep, digest_time="07:00", updated_at=now)
    AlertPreference.objects.create(org=org, user=rep, rule="", channel="email", mode="off")


def _plant_crossing(here: World, north: planted.Garden, south: planted.Garden) -> None:
    """Rows that each may see, about accounts that they may not."""
    Account.objects.filter(pk=north.account.pk).update(parent=south.account)
    plan = planted._plan(here, here.ana, north.account)
    PlanStop.objects.filter(plan=plan).update(account=south.account)
    plan.drops.update(account=south.account)
    planted._issue(here, here.ana, south.account, south.deal)
    CheckIn.objects.create(
        org=here.org, visit=here.visit(north.account), rep=here.ana, at=clock.now(), verdict="inside",
        candidates=[str(north.account.pk), str(south.account.pk)],
    )  # fmt: skip
    Lead.objects.create(
        org=here.org, owner=here.ana, company="C", person_name="P", status="qualified", converted_account=south.account
    )


def _plant_for_admins(here: World) -> None:
    account = here.account("Nowhere", None)
    here.contact(account)
    here.deal(account, owner=here.dee)
    here.visit(account, here.dee)
    OrderLine.objects.create(
        org=here.org,
        account=account,
        sku="N",
        order_no="N",
        line_no=1,
        ordered_on=clock.now().date(),
        quantity=1,
        amount=1,
    )
    CompanyDay.objects.create(org=here.org, day=clock.now().date() + timedelta(3), name="D", works=False)
    for priority, territory in ((1, here.south), (2, here.north)):
        AssignmentRule.objects.create(
            org=here.org, model=here.model, territory=territory, priority=priority, criteria={"country": ["US"]}
        )
    PlanningWeights.objects.create(
        org=here.org, version=1, points={}, note="N", created_by=here.dee, created_at=clock.now()
    )


def worded_columns(model: type[Model]) -> list["Field[Any, Any]"]:
    """Returns the columns of a model that may hold any words."""
    return [
        one
        for one in model._meta.concrete_fields
        if isinstance(one, CharField | TextField)
        and not one.choices
        and one.column not in MEANT
        and (one.max_length or SHORTEST) >= SHORTEST
    ]


def _worded() -> Iterator[Model]:
    number = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid::regproc::text LIKE '%append_only'")
        written_once = {name for (name,) in cursor.fetchall()}
    for model in sorted(apps.get_models(), key=lambda one: one._meta.label):
        if not model.__module__.startswith("backend."):
            continue
        for row in model._default_manager.order_by("pk"):
            words: dict[str, Any] = {str(one.column): f"~{number}.{one.column}~" for one in worded_columns(model)}
            # So that a search finds it.
            words |= {name: f"{words[name]} Hill" for name in ("name", "full_name") if name in words}
            words |= {one: {"free": f"~{number}.{one}~"} for one in FREE_JSON.get(model.__name__, [])}
            if words and model._meta.db_table not in written_once:
                model._default_manager.filter(pk=row.pk).update(**words)
            row.refresh_from_db()
            yield row
            number += 1
