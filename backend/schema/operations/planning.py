"""Planning a rep's day."""

from datetime import date
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.field.models import Visit as VisitRow
from backend.kit.geo import checked_point
from backend.planning import actions, publishing, queries
from backend.planning.models import VisitPlan as PlanRow
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.operations.plan_edits import PlanEditsMutation, PlanEditsQuery
from backend.schema.operations.plan_figures import PlanFiguresMutation, PlanFiguresQuery
from backend.schema.operations.plan_runs import PlanRunsMutation, PlanRunsQuery
from backend.schema.types import rows
from backend.schema.types.field import Visit
from backend.schema.types.planning import PlanAcceptedPayload, PlanPayload, VisitPlan
from backend.territories.coverage import user_for


@strawberry.input(
    description="Without repId your own day; another seed may give another plan of like worth. basedOn: an earlier plan of "
    "the day, whose locks, pins and removals are kept. replaces: visits that an earlier plan made may be moved or given up."
)
class ProposeDayInput:
    day: date
    rep_id: UUID | None = None
    seed: int = actions.DEFAULT_SEED
    based_on: UUID | None = None
    replaces: bool = False


@strawberry.input(description="Where the rep stands now; without repId you.")
class ReplanFromHereInput:
    lat: float
    lng: float
    rep_id: UUID | None = None
    seed: int = actions.DEFAULT_SEED


@strawberry.type
class PlanningQuery(PlanRunsQuery, PlanEditsQuery, PlanFiguresQuery):
    """Reading plans."""

    @strawberry.field
    async def plan(self, info: Info, id: UUID) -> VisitPlan:
        actor = info.context.actor
        return reads.one(VisitPlan, lambda: queries.plans(actor).filter(pk=id), lambda: queries.plan_for(actor, id))

    @strawberry.field(
        description="The plans of a day, of yourself or of somebody beneath you, newest first; at most 100."
    )
    async def plans(self, info: Info, day: date, rep_id: UUID | None = None) -> list[VisitPlan]:
        actor = info.context.actor

        def seen() -> QuerySet[PlanRow]:
            return queries.plans_of(actor, user_for(actor, rep_id or actor.user_id), day)[:100]

        return reads.a_list(VisitPlan, seen)


@strawberry.type
class PlanningMutation(PlanRunsMutation, PlanEditsMutation, PlanFiguresMutation):
    """Proposing a day, and settling the proposal."""

    @strawberry.mutation(description="Chooses and orders the due visits of a day; nothing reaches a calendar yet.")
    async def propose_day(self, info: Info, input: ProposeDayInput) -> PlanPayload:
        actor = info.context.actor

        def act() -> PlanRow:
            rep = user_for(actor, input.rep_id or actor.user_id)
            based_on = None if input.based_on is None else queries.plan_for(actor, input.based_on)
            return actions.propose_day(
                actor=actor, rep=rep, day=input.day, seed=input.seed, based_on=based_on, replaces=input.replaces
            )

        return PlanPayload(plan=rows.one(VisitPlan, await info.context.run(act)))

    @strawberry.mutation(
        description="Proposes the rest of today from where the rep stands: a visit under way stays, appointments keep their "
        "time, the other planned visits are put into a new order. Accept it with replace."
    )
    async def replan_from_here(self, info: Info, input: ReplanFromHereInput) -> PlanPayload:
        actor = info.context.actor

        def act() -> PlanRow:
            rep = user_for(actor, input.rep_id or actor.user_id)
            here = checked_point(input.lat, input.lng)
            return actions.replan_from_here(actor=actor, rep=rep, here=here, seed=input.seed)

        return PlanPayload(plan=rows.one(VisitPlan, await info.context.run(act)))

    @strawberry.mutation(
        description="Makes visits of the stops, all or none. Accepting again gives the same visits; a plan that no longer "
        "holds is refused with PLAN_STALE, naming the stops. replace: yes, visits of an earlier plan shall be moved and "
        "given up (REPLACES_VISITS otherwise)."
    )
    async def accept_plan(self, info: Info, plan_id: UUID, replace: bool = False) -> PlanAcceptedPayload:
        actor = info.context.actor

        def act() -> tuple[PlanRow, list[VisitRow]]:
            visits = publishing.accept_plan(actor=actor, plan=queries.plan_for(actor, plan_id), replace=replace)
            return queries.plan_for(actor, plan_id), visits

        plan, visits = await info.context.run(act)
        return PlanAcceptedPayload(plan=rows.one(VisitPlan, plan), visits=rows.many(Visit, visits))

    @strawberry.mutation(description="Throws a proposal away.")
    async def discard_plan(self, info: Info, plan_id: UUID) -> PlanPayload:
        actor = info.context.actor
        plan = await info.context.run(lambda: actions.discard_plan(actor=actor, plan=queries.plan_for(actor, plan_id)))
        return PlanPayload(plan=rows.one(VisitPlan, plan))
