"""How good plans were over time, and what counts for how much."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.kit.errors import Invalid
from backend.kit.field_rules import may_read
from backend.planning import models, queries, series, weighing, weights
from backend.planning.priority import Weights
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.plan_runs import PlanFigure, PlanningWeights, PlanningWeightsPayload
from backend.territories.coverage import user_for


@strawberry.type
class PlanFiguresQuery:
    @strawberry.field(
        description="Day by day, how good the plans were: of yourself or repId, of everybody beneath (TEAM), or of the org "
        "(ORG, for admins). Published plans only, unless published is false. At most 366 days."
    )
    async def plan_figures(
        self,
        info: Info,
        first_day: date,
        last_day: date,
        rep_id: UUID | None = None,
        scope: models.RunScope = models.RunScope.REP,
        published: bool = True,
    ) -> list[PlanFigure]:
        actor = info.context.actor

        def read() -> list[series.Point]:
            reps = queries.reps_for(actor, rep_id, models.RunScope(scope))
            return queries.figures_of(actor, reps, first_day, last_day, published=published)

        return rows.many(PlanFigure, await info.context.run(read))

    @strawberry.field(
        description="The same days as a picture (SVG): minutes on the road for each visit, due points visited, overdue accounts left."
    )
    async def plan_figures_picture(
        self,
        info: Info,
        first_day: date,
        last_day: date,
        rep_id: UUID | None = None,
        scope: models.RunScope = models.RunScope.REP,
        published: bool = True,
    ) -> str:
        actor = info.context.actor

        def read() -> str:
            wanted = models.RunScope(scope)
            points = queries.figures_of(
                actor, queries.reps_for(actor, rep_id, wanted), first_day, last_day, published=published
            )
            leader = user_for(actor, rep_id or actor.user_id)
            of = {models.RunScope.TEAM: f"the people of {leader.name_shown}", models.RunScope.ORG: "everybody"}
            return series.picture(points, f"{of.get(wanted, leader.name_shown)}, {first_day} to {last_day}")

        return await info.context.run(read)

    @strawberry.field(description="How your org weighs its accounts now; null for whom worth is hidden.")
    async def planning_weights(self, info: Info) -> PlanningWeights | None:
        actor = info.context.actor
        if not may_read(models.VisitPlan, actor.role, "prize"):
            return None
        return await info.context.run(lambda: _weights(*weights.current(actor.org_id), *_said(actor.org_id)))


@strawberry.type
class PlanFiguresMutation:
    @strawberry.mutation(
        description="Adds a version of the weights, for admins. points says what differs from the product's own, by the "
        'names that planningWeights has, e.g. {"tier": {"A": 50}, "stage": 1}. Plans made from now on carry it.'
    )
    async def set_planning_weights(
        self, info: Info, points: JSON, note: str = "", base_version: int | None = None
    ) -> PlanningWeightsPayload:
        actor = info.context.actor
        if not isinstance(points, dict):
            raise Invalid("BAD_WEIGHTS", "points is an object.", fields={"points": "not an object"})

        def act() -> PlanningWeights:
            row = weighing.set_weights(actor=actor, points=points, note=note, base_version=base_version)
            return _weights(row.version, weights.weights_of(row.points), row.note, row.created_at)

        return PlanningWeightsPayload(weights=await info.context.run(act))


def _said(org_id: UUID) -> tuple[str, datetime | None]:
    row = models.PlanningWeights.objects.filter(org_id=org_id).order_by("-version").first()
    return ("", None) if row is None else (row.note, row.created_at)


def _weights(version: int, found: Weights, note: str, created_at: datetime | None) -> PlanningWeights:
    return PlanningWeights(version=version, points=JSON(weights.points_of(found)), note=note, created_at=created_at)
