"""Runs that plan many days, what compares plans, and what is kept of how good they were."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.planning import comparing, models
from backend.schema import sources
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.crm import Account
from backend.schema.types.edges import edge
from backend.schema.types.field import Visit
from backend.schema.types.identity import User
from backend.schema.types.planning import PlanDrop, VisitPlan

strawberry.enum(models.RunKind, name="PlanRunKind")
strawberry.enum(models.RunScope, name="PlanRunScope")


@strawberry.type(description="What stood in the way of a plan.")
class PlanTrouble:
    code: str
    message: str
    fields: JSON


@shows(models.PlanPart)
@strawberry.type(
    description="One rep's share of a run: waiting, running, ready, failed or published. figures are the best so far."
)
class PlanPart:
    id: UUID
    state: str
    figures: JSON | None
    first_plan_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None

    rep: User | None = edge(sources.USER, "rep_id")

    @strawberry.field(
        description="Why there is no plan, when there is none; of one that is ready, why publishWholePlanRun could not publish it."
    )
    def trouble(self) -> PlanTrouble | None:
        told = rows.row(models.PlanPart, self).trouble
        return PlanTrouble(code=told["code"], message=told["message"], fields=told["fields"]) if told else None

    plans: list[VisitPlan] = edge(
        sources.PART_PLANS, description="The plan of each working day, in order; also while better ones are looked for."
    )

    drops: list[PlanDrop] = edge(
        sources.PART_DROPS, description="Who is left out of all days; the 100 that are worth most."
    )


@shows(models.PlanRun)
@strawberry.type(
    description="Plans for several days: waiting, running, done or cancelled. figures are the best so far, of all parts "
    "together: prize, stops, dropped, duePrize, coverage, overdueLeft, travelSeconds, serviceSeconds, waitSeconds, "
    "travelMinutesPerVisit."
)
class PlanRun:
    id: UUID
    kind: models.RunKind
    scope: models.RunScope
    first_day: date
    days: int
    seed: int
    seconds: float
    weights_version: int
    replaces: bool
    based_on_id: UUID | None
    state: str
    total: int
    done: int
    figures: JSON | None
    created_at: datetime
    cancelled_at: datetime | None
    finished_at: datetime | None
    publish_asked_at: datetime | None = strawberry.field(description="When publishWholePlanRun was last asked for.")
    publish_total: int = strawberry.field(description="Parts that are to be published then.")
    publish_done: int = strawberry.field(description="Of them, published or refused.")
    publish_refused: int = strawberry.field(description="Of them, refused: planParts(refused: true) says why.")
    publish_ended_at: datetime | None

    leader: User | None = edge(sources.USER, "leader_id", description="The rep, or whose people are planned.")

    parts: list[PlanPart] = edge(
        sources.RUN_PARTS,
        description="A part for each rep that you see, by name; the first 100 (planParts pages them all).",
    )


@strawberry.type
class PlanRunPayload:
    run: PlanRun


@strawberry.type(description="A run as it stands now.")
class PlanRunEvent:
    run: PlanRun


@strawberry.type(description="One rep's part after publishing: its visits, or why there are none.")
class PlanPublished:
    part: PlanPart
    visits: list[Visit]
    trouble: PlanTrouble | None


@strawberry.type
class PlanRunPublishedPayload:
    run: PlanRun
    parts: list[PlanPublished]


@strawberry.type(description="Whose day, at which place in it, and when.")
class PlanPlace:
    rep_id: UUID
    day: date
    position: int
    start: datetime


@strawberry.type(description="A stop in the one plan and in the other.")
class PlanMove:
    account_id: UUID
    before: PlanPlace | None
    after: PlanPlace | None

    @strawberry.field(description="The account, if the caller sees it.")
    async def account(self, info: Info) -> Account | None:
        return rows.maybe(Account, await info.context.load.account.load(self.account_id))


@strawberry.type(description="What changes from one plan to the other. Figures as of a plan, or of a run.")
class PlanComparison:
    gained: list[PlanMove]
    lost: list[PlanMove]
    moved: list[PlanMove]
    kept: int
    before: JSON | None
    after: JSON | None


def comparison_of(found: comparing.Comparison, *, worth: bool) -> PlanComparison:
    """Returns a comparison as GraphQL shows it; without figures for whom they are hidden. Lists hold at most 100."""
    return PlanComparison(
        gained=rows.many(PlanMove, map(_move, found.gained[:100])),
        lost=rows.many(PlanMove, map(_move, found.lost[:100])),
        moved=rows.many(PlanMove, map(_move, found.moved[:100])),
        kept=found.kept,
        before=JSON(found.before) if worth else None,
        after=JSON(found.after) if worth else None,
    )


def _move(one: comparing.Moved) -> PlanMove:
    return PlanMove(account_id=one.account_id, before=_place(one.before), after=_place(one.after))


def _place(one: comparing.Placed | None) -> PlanPlace | None:
    return None if one is None else PlanPlace(rep_id=one.rep_id, day=one.day, position=one.position, start=one.start)


@strawberry.type(
    description="One day: minutes on the road for each visit, points visited of points due (0 to 1), overdue accounts left."
)
class PlanFigure:
    day: date
    plans: int
    stops: int
    travel_minutes_per_visit: float | None
    coverage: float | None
    overdue_left: int


@strawberry.type(
    description="How accounts are weighed; version 0 is the product's own. points has all of them by name."
)
class PlanningWeights:
    version: int
    points: JSON
    note: str
    created_at: datetime | None


@strawberry.type
class PlanningWeightsPayload:
    weights: PlanningWeights
