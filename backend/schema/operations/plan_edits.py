"""Hands on a day's proposal: lock, pin, take out, put in, move; comparing two days."""

from collections.abc import Callable
from uuid import UUID

import strawberry

from backend.kit.field_rules import may_read
from backend.planning import comparing, editing, queries
from backend.planning.models import VisitPlan as PlanRow
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.plan_runs import PlanComparison, comparison_of
from backend.schema.types.planning import PlanPayload, VisitPlan


@strawberry.type
class PlanEditsQuery:
    @strawberry.field(description="What changes from one day's plan to another's.")
    async def compare_plans(self, info: Info, id: UUID, other_id: UUID) -> PlanComparison:
        actor = info.context.actor

        def read() -> comparing.Comparison:
            return comparing.compare_plans(queries.plan_for(actor, id), queries.plan_for(actor, other_id))

        return comparison_of(await info.context.run(read), worth=may_read(PlanRow, actor.role, "figures"))


@strawberry.type
class PlanEditsMutation:
    """Each of these times the day anew, and refuses with STOP_DOES_NOT_FIT what the day does not allow."""

    @strawberry.mutation(
        description="Keeps a stop on its day at its time, in later searches too that are based on this plan; or no more. "
        "wholeDay: on its day, at whatever time suits the others."
    )
    async def lock_plan_stop(
        self, info: Info, plan_id: UUID, account_id: UUID, locked: bool = True, whole_day: bool = False
    ) -> PlanPayload:
        actor = info.context.actor
        return await _edit(
            info,
            plan_id,
            lambda plan: editing.lock_stop(
                actor=actor, plan=plan, account_id=account_id, locked=locked, whole_day=whole_day
            ),
        )

    @strawberry.mutation(
        description="Says that an account, in the plan or left out, must be visited at whatever time; or no more."
    )
    async def pin_plan_account(self, info: Info, plan_id: UUID, account_id: UUID, pinned: bool = True) -> PlanPayload:
        actor = info.context.actor
        return await _edit(
            info,
            plan_id,
            lambda plan: editing.pin_account(actor=actor, plan=plan, account_id=account_id, pinned=pinned),
        )

    @strawberry.mutation(description="Takes a stop out, for this time.")
    async def remove_plan_stop(self, info: Info, plan_id: UUID, account_id: UUID) -> PlanPayload:
        actor = info.context.actor
        return await _edit(
            info, plan_id, lambda plan: editing.remove_stop(actor=actor, plan=plan, account_id=account_id)
        )

    @strawberry.mutation(
        description="Puts an account in, due or not, before stop number position; without one where it costs the least way."
    )
    async def add_plan_stop(
        self, info: Info, plan_id: UUID, account_id: UUID, position: int | None = None
    ) -> PlanPayload:
        actor = info.context.actor
        return await _edit(
            info,
            plan_id,
            lambda plan: editing.add_stop(actor=actor, plan=plan, account_id=account_id, position=position),
        )

    @strawberry.mutation(
        description="Moves a stop within its day, or into the plan toPlanId: another day, or another rep of the same run. "
        "Gives the plan where it is then."
    )
    async def move_plan_stop(
        self, info: Info, plan_id: UUID, account_id: UUID, to_plan_id: UUID | None = None, position: int | None = None
    ) -> PlanPayload:
        actor = info.context.actor

        def move(plan: PlanRow) -> PlanRow:
            goal = None if to_plan_id is None else queries.plan_for(actor, to_plan_id)
            return editing.move_stop(actor=actor, plan=plan, account_id=account_id, to=goal, position=position)

        return await _edit(info, plan_id, move)


async def _edit(info: Info, plan_id: UUID, edit: Callable[[PlanRow], PlanRow]) -> PlanPayload:
    actor = info.context.actor

    def act() -> PlanRow:
        edited = edit(queries.plan_for(actor, plan_id))
        return queries.plan_for(actor, edited.pk)

    return PlanPayload(plan=rows.one(VisitPlan, await info.context.run(act)))
