"""Changes of territories: drafts, what they would do, and what became of them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.schema import sources
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.crm import Account
from backend.schema.types.edges import edge
from backend.schema.types.identity import User
from backend.territories import models


@shows(models.AlignmentEntry)
@strawberry.type(description="Who did what with a draft, and when.")
class AlignmentEntry:
    at: datetime
    what: str
    detail: str

    by: User = edge(sources.USER, "by_id")


@strawberry.type(description="A territory as a draft knows it; change is same, changed, added or closed.")
class DraftedTerritory:
    id: UUID
    name: str
    parent_id: UUID | None
    change: str


@shows(models.Alignment)
@strawberry.type(
    description="A change of territories. state: draft, scheduled, moving, settling, done or discarded. digest names what was "
    "seen at the last look: activateAlignment wants it. plan is what is to be other than it is; total accounts are to move, "
    "moved have, and passed stay because somebody moved them in the last moment."
)
class Alignment:
    id: UUID
    state: str
    note: str
    revision: int
    keep_manual: bool
    tidy: bool
    keep_days: int
    later_visits: str
    created_at: datetime
    looked_at: datetime | None
    digest: str
    due_at: datetime | None
    effective_at: datetime | None
    finished_at: datetime | None
    total: int
    moved: int
    passed: int
    plan: JSON
    undoes_id: UUID | None = strawberry.field(description="What it takes back.")

    @strawberry.field(description="Of the model that it makes the active one.")
    def name(self) -> str:
        name: str = self.model.name  # type: ignore[attr-defined]
        return name

    @strawberry.field(description="It is about every territory of the org, and not about one manager's branch.")
    def whole_org(self) -> bool:
        return rows.maybe_key(self, "branch_id") is None

    created_by: User = edge(sources.USER, "created_by_id")

    @strawberry.field(
        description="Once it has begun: difference (what it did other than was seen: same, more, fewer, elsewhere, accounts) "
        "and, of a rollback, left (territories, people, rules and accounts that were changed since, and stay so)."
    )
    def report(self) -> JSON:
        report: dict[str, Any] = vars(self)["report"]
        return {name: report[name] for name in ("difference", "left") if name in report}  # type: ignore[return-value]


@strawberry.type(description="So many accounts go from one territory to another; null: they lie nowhere.")
class TerritoryPair:
    from_territory: DraftedTerritory | None
    to_territory: DraftedTerritory | None
    accounts: int


@strawberry.type(description="So many accounts go from one person to another; null: nobody has them.")
class PersonPair:
    giver: User | None
    taker: User | None
    accounts: int


@strawberry.type(description="How many accounts a person gains and loses.")
class PersonGain:
    user: User
    gains: int
    loses: int


@strawberry.type(description="A person is given a territory, or it is taken from them.")
class PostChange:
    territory: DraftedTerritory
    user: User
    role: str
    given: bool


@strawberry.type(description="Open deals of one currency that change hands with their accounts; each keeps its owner.")
class DealsMoved:
    giver: User | None
    taker: User | None
    currency: str
    count: int
    amount: Decimal


@strawberry.type(
    description="What becomes of so many planned visits. fate: kept (by their rep, who is shown the account until a day after), "
    "reassigned (to the new rep at their time), suggested (called off, and due again for the new rep); by a rollback returned "
    "or renewed. appointments are those that no plan made."
)
class VisitsMoved:
    fate: str
    count: int
    appointments: int


@strawberry.type(
    description="What becomes of so many appointments about accounts that change hands; private ones are not among them. fate: "
    "kept (by their rep, who is shown the account until a day after), reassigned (to the new rep), by a rollback returned."
)
class AppointmentsMoved:
    fate: str
    count: int


@strawberry.type(
    description="The planned work of a territory: visits a year by tier, and minutes at customers' for them."
)
class TerritoryWork:
    territory: DraftedTerritory
    accounts_before: int
    accounts_after: int
    visits_before: float
    visits_after: float
    minutes_before: float
    minutes_after: float


@strawberry.type(
    description="A phone that may hold unsent work of somebody who loses accounts. risk: pending (it said that work waits) or "
    "silent (not heard of for 12 hours)."
)
class DeviceAtRisk:
    id: UUID
    name: str
    platform: str
    last_contact: datetime
    pending: int | None
    risk: str
    user: User


@strawberry.type(
    description="Something to know first. code: NO_PERSON, UNCLAIMED, UNPLACED, OVERLAP (at lat, lng) or VANISHED."
)
class AlignmentWarning:
    code: str
    message: str
    territories: list[DraftedTerritory]
    count: int
    lat: float | None
    lng: float | None


@strawberry.type(
    description="What an alignment would do, or, once it has begun, was to do. deviation: how far the territory farthest from "
    "the mean minutes is off it, as a share of the mean."
)
class AlignmentPreview:
    alignment: Alignment
    digest: str
    territories: list[DraftedTerritory]
    pairs: list[TerritoryPair]
    posts: list[PostChange]
    people: list[PersonGain]
    handovers: list[PersonPair]
    deals: list[DealsMoved]
    visits: list[VisitsMoved]
    appointments: list[AppointmentsMoved]
    workload: list[TerritoryWork]
    deviation_before: float | None
    deviation_after: float | None
    devices: list[DeviceAtRisk]
    warnings: list[AlignmentWarning]
    unclaimed: int
    unplaced: int


@shows(models.AlignmentMove)
@strawberry.type(
    description="An account that moves. why: listed, pinned, heir, rule, geometry, or nothing (nothing claims it). "
    "state: planned, done or passed."
)
class AlignmentMove:
    account_id: UUID
    from_territory_id: UUID | None
    to_territory_id: UUID | None
    from_source: str
    to_source: str
    why: str
    state: str

    account: Account | None = edge(sources.ACCOUNT, "account_id", description="The account, if the caller sees it.")


@strawberry.type(
    description="What becomes of a planned visit; done is null until it is so, false: the rep had begun it."
)
class AlignmentVisit:
    visit_id: UUID
    account_id: UUID
    fate: str
    done: bool | None
    rep: User
    taker: User

    @strawberry.field(description="The account, if the caller sees it.")
    async def account(self, info: Info) -> Account | None:
        return rows.maybe(Account, await info.context.load.account.load(self.account_id))


@strawberry.type(
    description="What becomes of an appointment about an account; done is null until it is so, false: somebody had changed it, "
    "or called it off. Of a series, what begins from since on goes to the taker, but for the times in stays, when the taker has "
    "something else: their rep keeps those. title and startsAt are null where it has gone."
)
class AlignmentAppointment:
    appointment_id: UUID | None
    title: str | None
    starts_at: datetime | None
    account_id: UUID
    fate: str
    done: bool | None
    since: datetime
    stays: list[datetime]
    rep: User
    taker: User

    @strawberry.field(description="The account, if the caller sees it.")
    async def account(self, info: Info) -> Account | None:
        return rows.maybe(Account, await info.context.load.account.load(self.account_id))
