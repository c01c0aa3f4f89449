"""A proposed day."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.planning import models
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types.crm import Account
from backend.schema.types.edges import edge
from backend.schema.types.field import Visit
from backend.schema.types.identity import User


@shows(models.PlanStop)
@strawberry.type(
    description="One visit of a plan; fixed means that it was in the calendar before and stays, locked that it keeps day and "
    "time, dayLocked that it keeps its day, pinned that it must be. why says what it is worth."
)
class PlanStop:
    id: UUID
    position: int
    account_id: UUID
    fixed: bool
    locked: bool
    day_locked: bool
    pinned: bool
    arrival: datetime
    planned_start: datetime
    planned_end: datetime
    wait_seconds: int
    prize: int | None
    why: str | None

    account: Account | None = edge(sources.ACCOUNT, "account_id", description="The account, if the caller sees it.")


@shows(models.PlanDrop)
@strawberry.type(
    description="Somebody left out and why; displacedBy are the accounts whose visits would have to go for it; removedFrom is the "
    "day of the stop that a hand took out: of an account that comes round again the others stay."
)
class PlanDrop:
    id: UUID
    account_id: UUID
    reason: str
    detail: str
    displaced_by: list[UUID]
    pinned: bool
    removed_from: date | None
    prize: int | None
    why: str | None

    account: Account | None = edge(sources.ACCOUNT, "account_id", description="The account, if the caller sees it.")


@shows(models.VisitPlan)
@strawberry.type(
    description="What the solver proposes for one rep and day; the same seed and data give the same plan. "
    "figures: prize, stops, dropped, passedOver, travelSeconds, serviceSeconds, waitSeconds, iterations, travelTimes (what the "
    "times rest on), travelProfile, travelFellBack (why no road engine answered; empty when nothing failed), travelEstimatedPlaces."
)
class VisitPlan:
    id: UUID
    day: date
    status: str
    seed: int
    leave_at: datetime
    back_at: datetime
    figures: JSON | None
    weights_version: int
    replaces: bool
    based_on_id: UUID | None
    part_id: UUID | None
    edited_at: datetime | None
    created_at: datetime
    settled_at: datetime | None

    rep: User | None = edge(sources.USER, "rep_id")

    stops: list[PlanStop] = edge(sources.PLAN_STOPS, description="The stops in their order.")

    drops: list[PlanDrop] = edge(sources.PLAN_DROPS, description="Who is left out; the 100 that are worth most.")


@strawberry.type(description="A plan.")
class PlanPayload:
    plan: VisitPlan


@strawberry.type(description="An accepted plan, and the visits of its day in order.")
class PlanAcceptedPayload:
    plan: VisitPlan
    visits: list[Visit]
