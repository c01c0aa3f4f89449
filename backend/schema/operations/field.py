"""A rep's day."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.field import actions, queries
from backend.field.geofence import Fix
from backend.field.lifecycle import VisitState
from backend.field.models import Visit as VisitRow
from backend.field.rules import check_fix, check_trail
from backend.identity.models import User as UserRow
from backend.schema.changes import BASE_VERSION, given, told
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.filters.conditions import narrowed
from backend.schema.filters.inputs import VisitFilter, VisitOrder
from backend.schema.filters.orders import asked_order
from backend.schema.paging import Window, most_for, ordered_by
from backend.schema.types import rows
from backend.schema.types.field import CheckIn, DueAccount, Visit, VisitReport
from backend.schema.types.pages import Connection
from backend.territories.coverage import account_for, user_for


@strawberry.input
class ScheduleVisitInput:
    account_id: UUID
    planned_start: datetime
    planned_end: datetime
    rep_id: UUID | None = None
    purpose: str = ""
    id: UUID | None = None


@strawberry.input(description="Only the fields given are changed.")
class VisitChanges:
    planned_start: datetime | None = strawberry.UNSET
    planned_end: datetime | None = strawberry.UNSET
    purpose: str | None = strawberry.UNSET


@strawberry.input(description="One position of a trail, as the phone had it; metres.")
class FixInput:
    lat: float
    lng: float
    at: datetime
    accuracy_m: float | None = None
    mocked: bool = False


@strawberry.input(
    description="Where and when, as the phone has it; metres. fixes: its positions before, which say how long it stayed."
)
class CheckInInput:
    lat: float | None = None
    lng: float | None = None
    accuracy_m: float | None = None
    at: datetime | None = None
    id: UUID | None = None
    mocked: bool = False
    fixes: list[FixInput] = strawberry.field(default_factory=list)


@strawberry.input
class ReportInput:
    outcome: str
    summary: str = ""
    answers: JSON | None = None
    at: datetime | None = None
    id: UUID | None = None


@strawberry.type
class VisitPayload:
    visit: Visit


@strawberry.type
class CheckInPayload:
    check_in: CheckIn


@strawberry.type
class ReportPayload:
    report: VisitReport


@strawberry.type
class FieldQuery:
    @strawberry.field
    async def visit(self, info: Info, id: UUID) -> Visit:
        actor = info.context.actor
        return reads.one(Visit, lambda: queries.visits(actor).filter(pk=id), lambda: queries.visit_for(actor, id))

    @strawberry.field(
        description="Visits at accounts in the caller's coverage, the latest planned first where nothing else is said."
    )
    async def visits(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: VisitFilter | None = None,
        order_by: list[VisitOrder] | None = None,
    ) -> Connection[Visit]:
        actor = info.context.actor
        return reads.a_page(
            Visit,
            lambda: narrowed(queries.visits(actor), actor, filter),
            asked_order(actor, order_by, ordered_by("-planned_start")),
            Window(first, after, last, before, most_for(actor)),
        )

    @strawberry.field(description="The visits of a day, of yourself or of somebody beneath you, in order.")
    async def visits_of_day(self, info: Info, day: date, rep_id: UUID | None = None) -> list[Visit]:
        actor = info.context.actor
        return reads.a_list(Visit, lambda: queries.day_of(user_for(actor, rep_id or actor.user_id), day)[:100])

    @strawberry.field(description="Accounts whose visit is due by the day, most overdue first; at most 100.")
    async def due_accounts(self, info: Info, day: date, rep_id: UUID | None = None) -> list[DueAccount]:
        actor = info.context.actor

        def read() -> list[queries.DueAccount]:
            due = queries.due_accounts(user_for(actor, rep_id or actor.user_id), day)
            return sorted(due, key=lambda one: (-one.days_overdue, one.tier or "Z", one.account_id))[:100]

        return rows.many(DueAccount, await info.context.run(read))


def _fix(given: CheckInInput) -> Fix | None:
    return check_fix(given.lat, given.lng, given.accuracy_m, at=given.at, mocked=given.mocked)


def _trail(given: CheckInInput) -> tuple[Fix, ...]:
    found = [check_fix(one.lat, one.lng, one.accuracy_m, at=one.at, mocked=one.mocked) for one in given.fixes]
    return check_trail([one for one in found if one is not None])


@strawberry.type
class FieldMutation:
    @strawberry.mutation(description="Puts a visit into a calendar: your own, or as a manager another's.")
    async def schedule_visit(self, info: Info, input: ScheduleVisitInput) -> VisitPayload:
        actor = info.context.actor

        def act() -> VisitRow:
            rep: UserRow = user_for(actor, input.rep_id or actor.user_id)
            return actions.schedule_visit(
                actor=actor,
                account=account_for(actor, input.account_id),
                rep=rep,
                start=input.planned_start,
                end=input.planned_end,
                purpose=input.purpose,
                visit_id=input.id,
            )

        return VisitPayload(visit=rows.one(Visit, await info.context.run(act)))

    @strawberry.mutation(
        description="Moves a visit that has not begun, or says what it is for: your own, or as a manager another's. "
        f"baseVersion: {BASE_VERSION}"
    )
    async def edit_visit(
        self, info: Info, visit_id: UUID, changes: VisitChanges, base_version: int | None = None
    ) -> VisitPayload:
        actor = info.context.actor

        @told
        def act() -> VisitRow:
            visit = queries.visit_for(actor, visit_id)
            return actions.edit_visit(actor=actor, visit=visit, changes=given(changes), base_version=base_version)

        return VisitPayload(visit=rows.one(Visit, await info.context.run(act)))

    @strawberry.mutation(description="The rep is on the way.")
    async def set_out(self, info: Info, visit_id: UUID) -> VisitPayload:
        actor = info.context.actor

        @told
        def act() -> VisitRow:
            return actions.set_out(actor=actor, visit=queries.visit_for(actor, visit_id))

        return VisitPayload(visit=rows.one(Visit, await info.context.run(act)))

    @strawberry.mutation(description="The visit begins; the verdict of the fence is kept, whatever it is.")
    async def check_in(self, info: Info, visit_id: UUID, input: CheckInInput) -> CheckInPayload:
        actor = info.context.actor
        found = await info.context.run(
            lambda: actions.check_in(
                actor=actor,
                visit=queries.visit_for(actor, visit_id),
                fix=_fix(input),
                claimed_at=input.at,
                check_in_id=input.id,
                trail=_trail(input),
            )
        )
        return CheckInPayload(check_in=rows.one(CheckIn, found))

    @strawberry.mutation(description="The visit ends with its report.")
    async def complete_visit(self, info: Info, visit_id: UUID, input: ReportInput) -> ReportPayload:
        actor = info.context.actor
        report = await info.context.run(
            lambda: actions.complete(
                actor=actor,
                visit=queries.visit_for(actor, visit_id),
                outcome=input.outcome,
                summary=input.summary,
                answers=input.answers,  # type: ignore[arg-type]
                claimed_at=input.at,
                report_id=input.id,
            )
        )
        return ReportPayload(report=rows.one(VisitReport, report))

    @strawberry.mutation(description="The visit is not made; say why.")
    async def skip_visit(self, info: Info, visit_id: UUID, reason: str) -> VisitPayload:
        return await _leave(info, visit_id, VisitState.SKIPPED, reason)

    @strawberry.mutation(description="The visit is called off; say why.")
    async def cancel_visit(self, info: Info, visit_id: UUID, reason: str) -> VisitPayload:
        return await _leave(info, visit_id, VisitState.CANCELLED, reason)


async def _leave(info: Info, visit_id: UUID, state: VisitState, reason: str) -> VisitPayload:
    actor = info.context.actor

    @told
    def act() -> VisitRow:
        return actions.leave_undone(actor=actor, visit=queries.visit_for(actor, visit_id), state=state, reason=reason)

    return VisitPayload(visit=rows.one(Visit, await info.context.run(act)))
