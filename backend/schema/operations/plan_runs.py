"""Planning weeks and call cycles, for a rep, a team or the org; watching, publishing and comparing them."""

from collections.abc import AsyncGenerator
from datetime import date
from typing import Any
from uuid import UUID

import strawberry
from django.db.models import QuerySet
from strawberry.scalars import JSON

from backend.identity.actor import Actor
from backend.kit.errors import DomainError
from backend.kit.field_rules import may_read
from backend.planning import comparing, models, publishing, queries, runs
from backend.planning.actions import DEFAULT_SEED
from backend.planning.publishing_runs import publish_run
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.execution import Run
from backend.schema.live import hub
from backend.schema.paging import Window, ordered_by
from backend.schema.types import rows
from backend.schema.types.field import Visit
from backend.schema.types.pages import Connection
from backend.schema.types.plan_runs import (
    PlanComparison,
    PlanPart,
    PlanPublished,
    PlanRun,
    PlanRunEvent,
    PlanRunPayload,
    PlanRunPublishedPayload,
    PlanTrouble,
    comparison_of,
)
from backend.territories.coverage import user_for, visible_roots_sql

MOST_AT_ONCE = 100


@strawberry.input(
    description="Without repId yourself. scope TEAM: everybody beneath that person; ORG: all reps. seconds: how long the "
    "search goes on for each rep at most. replaces: visits that an earlier plan made may be moved or given up. basedOn: "
    "an earlier run of these days, whose locks, pins and removals are kept."
)
class ProposeRunInput:
    first_day: date
    rep_id: UUID | None = None
    scope: models.RunScope = models.RunScope.REP
    seed: int = DEFAULT_SEED
    seconds: float | None = None
    replaces: bool = False
    based_on: UUID | None = None


@strawberry.type
class PlanRunsQuery:
    @strawberry.field(description="A run for yourself or for people beneath you.")
    async def plan_run(self, info: Info, id: UUID) -> PlanRun:
        actor = info.context.actor
        return reads.one(PlanRun, lambda: queries.runs(actor).filter(pk=id), lambda: queries.run_for(actor, id))

    @strawberry.field(description="Runs for yourself or for people beneath you, newest first.")
    async def plan_runs(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[PlanRun]:
        actor = info.context.actor

        return reads.a_page(
            PlanRun, lambda: queries.runs(actor), ordered_by("-created_at"), Window(first, after, last, before)
        )

    @strawberry.field(
        description="The parts of a run, one for each rep that you see; with refused those only that could not be planned, or "
        "not be published."
    )
    async def plan_parts(
        self,
        info: Info,
        run_id: UUID,
        refused: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[PlanPart]:
        actor = info.context.actor

        def seen() -> QuerySet[Any]:
            found = queries.run_for(actor, run_id).parts.filter(rep_id__in=visible_roots_sql(actor))
            if refused:
                found = found.exclude(trouble={})
            return found

        return reads.a_page(PlanPart, seen, ordered_by("state"), Window(first, after, last, before))

    @strawberry.field(description="One rep's part of a run, with its plans and who is left out.")
    async def plan_part(self, info: Info, id: UUID) -> PlanPart:
        actor = info.context.actor
        return reads.one(PlanPart, lambda: queries.parts(actor).filter(pk=id), lambda: queries.part_for(actor, id))

    @strawberry.field(description="What changes from one run to another, all reps and days together.")
    async def compare_plan_runs(self, info: Info, id: UUID, other_id: UUID) -> PlanComparison:
        actor = info.context.actor

        def read() -> comparing.Comparison:
            return comparing.compare_runs(queries.run_for(actor, id), queries.run_for(actor, other_id))

        found = await info.context.run(read)
        return comparison_of(found, worth=may_read(models.PlanRun, actor.role, "figures"))


@strawberry.type
class PlanRunsMutation:
    @strawberry.mutation(
        description="Plans the seven days from firstDay on, all days of a rep at once, in the background: watch it with "
        "planRunProgress. Nothing reaches a calendar yet."
    )
    async def propose_week(self, info: Info, input: ProposeRunInput) -> PlanRunPayload:
        return await _propose(info, input, models.RunKind.WEEK)

    @strawberry.mutation(
        description="Plans four weeks from firstDay on, each account as often as its tier says, in the background."
    )
    async def propose_call_cycle(self, info: Info, input: ProposeRunInput) -> PlanRunPayload:
        return await _propose(info, input, models.RunKind.CYCLE)

    @strawberry.mutation(description="Stops a run; parts under way keep the best they have. Twice changes nothing.")
    async def cancel_plan_run(self, info: Info, run_id: UUID) -> PlanRunPayload:
        actor = info.context.actor

        def act() -> models.PlanRun:
            return runs.cancel_run(actor=actor, run=queries.run_for(actor, run_id))

        return PlanRunPayload(run=rows.one(PlanRun, await info.context.run(act)))

    @strawberry.mutation(
        description="Makes visits of all days of the parts (of all, without partIds): for each rep all or none. Publishing "
        "again gives the same visits. A part that no longer holds has PLAN_STALE, naming day and stop, in trouble. "
        "replace: yes, visits of an earlier plan shall be moved and given up. At most 100 parts at once."
    )
    async def publish_plan_run(
        self, info: Info, run_id: UUID, part_ids: list[UUID] | None = None, replace: bool = False
    ) -> PlanRunPublishedPayload:
        actor = info.context.actor
        run = await info.context.run(lambda: queries.run_for(actor, run_id))
        parts = await info.context.run(lambda: queries.parts_for(actor, run, part_ids, MOST_AT_ONCE))
        published = [await _publish(info, actor, part, replace) for part in parts]
        info.context.forget_loaded()
        after = await info.context.run(lambda: queries.run_for(actor, run_id))
        return PlanRunPublishedPayload(run=rows.one(PlanRun, after), parts=published)

    @strawberry.mutation(
        description="Publishes all parts of a run that are ready, however many, in the background: for each rep all or none. "
        "Watch it with planRunProgress; planParts(refused: true) names who was refused, and why. Asking again while it goes on "
        "changes nothing; afterwards it tries those that were refused once more, and makes nothing twice."
    )
    async def publish_whole_plan_run(self, info: Info, run_id: UUID, replace: bool = False) -> PlanRunPayload:
        actor = info.context.actor

        def act() -> models.PlanRun:
            return publish_run(actor=actor, run=queries.run_for(actor, run_id), replace=replace)

        return PlanRunPayload(run=rows.one(PlanRun, await info.context.run(act)))


async def _propose(info: Info, input: ProposeRunInput, kind: models.RunKind) -> PlanRunPayload:
    actor = info.context.actor

    def act() -> models.PlanRun:
        based_on = None if input.based_on is None else queries.run_for(actor, input.based_on)
        options = runs.RunOptions(input.seed, input.seconds, input.replaces, based_on)
        ask = runs.propose_week if kind == models.RunKind.WEEK else runs.propose_call_cycle
        leader = user_for(actor, input.rep_id or actor.user_id)
        scope = models.RunScope(input.scope)
        return ask(actor=actor, scope=scope, leader=leader, first_day=input.first_day, options=options)

    return PlanRunPayload(run=rows.one(PlanRun, await info.context.run(act)))


async def _publish(info: Info, actor: Actor, part: models.PlanPart, replace: bool) -> PlanPublished:
    def act() -> list[object]:
        return list(publishing.publish_part(actor=actor, part=part, replace=replace))

    trouble, visits = None, list[object]()
    try:
        visits = await info.context.run(act)
    except DomainError as refusal:
        trouble = PlanTrouble(code=refusal.code, message=refusal.message, fields=JSON(dict(refusal.fields)))
    now = await info.context.run(lambda: models.PlanPart.objects.get(pk=part.pk))
    return PlanPublished(part=rows.one(PlanPart, now), visits=rows.many(Visit, visits[:500]), trouble=trouble)


@strawberry.type
class PlanRunsSubscription:
    @strawberry.subscription(
        description="A run as it goes on: now, at the first usable plan, at better ones, and at the end, after which it ends; of "
        "one that is being published (publishWholePlanRun) also how far that is."
    )
    async def plan_run_progress(self, info: Info, run_id: UUID) -> AsyncGenerator[PlanRunEvent, None]:
        actor = info.context.actor
        await info.context.run(queries.run_for, actor, run_id)
        return _progress(info, actor, run_id)


async def _progress(info: Info, actor: Actor, run_id: UUID) -> AsyncGenerator[PlanRunEvent, None]:
    run: Run = info.context.run
    async with hub().subscribe(lambda change: change.entity == "~plan_run" and change.root == run_id) as subscriber:
        while True:
            # Read anew each time: whose people they are may have changed.
            found = await run(queries.run_for, actor, run_id)
            info.context.forget_loaded()
            yield PlanRunEvent(run=rows.one(PlanRun, found))
            publishing = found.publish_asked_at is not None and found.publish_ended_at is None
            if found.finished_at is not None and not publishing:
                return
            await subscriber.next()
