"""A person's hours and absences, and who works which territory."""

from datetime import date, datetime, time
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.field import calendar
from backend.field.models import Absence as AbsenceRow
from backend.field.models import WorkingHours as HoursRow
from backend.identity.actor import Actor
from backend.identity.models import User as UserRow
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.field import Absence, WorkingHours
from backend.schema.types.identity import User
from backend.schema.types.territories import Territory
from backend.territories import actions
from backend.territories.coverage import user_for
from backend.territories.models import Territory as TerritoryRow
from backend.territories.queries import territory_for


@strawberry.type
class HoursPayload:
    hours: WorkingHours | None


@strawberry.type
class AbsencePayload:
    absence: Absence


@strawberry.type
class UserTerritoryPayload:
    user: User
    territory: Territory


def _person(actor: Actor, user_id: UUID | None) -> UUID:
    # Everybody sees themselves; who is not asked about that can have a statement that is kept.
    return actor.user_id if user_id is None or user_id == actor.user_id else user_for(actor, user_id).pk


@strawberry.type
class CalendarQuery:
    @strawberry.field(description="Shifts by weekday, of yourself or of somebody beneath you.")
    async def working_hours(self, info: Info, user_id: UUID | None = None) -> list[WorkingHours]:
        actor = info.context.actor

        def seen() -> QuerySet[HoursRow]:
            person = _person(actor, user_id)
            return HoursRow.objects.filter(user_id=person, deleted_at=None).order_by("weekday", "start", "id")

        return reads.a_list(WorkingHours, seen)

    @strawberry.field(description="Days away, the latest 100 first, of yourself or of somebody beneath you.")
    async def absences(self, info: Info, user_id: UUID | None = None) -> list[Absence]:
        actor = info.context.actor

        def seen() -> QuerySet[AbsenceRow]:
            person = _person(actor, user_id)
            return AbsenceRow.objects.filter(user_id=person, deleted_at=None).order_by("-first_day", "id")[:100]

        return reads.a_list(Absence, seen)


@strawberry.type
class CalendarMutation:
    @strawberry.mutation(
        description="Makes a weekday (1 is Monday) one shift without breaks, in local times; without start and end, a day off."
    )
    async def set_working_hours(
        self,
        info: Info,
        weekday: int,
        start: time | None = None,
        end: time | None = None,
        user_id: UUID | None = None,
    ) -> HoursPayload:
        actor = info.context.actor

        def act() -> HoursRow | None:
            person = user_for(actor, user_id or actor.user_id)
            shift = None if start is None or end is None else (start, end)
            return calendar.set_hours(actor=actor, user=person, weekday=weekday, shift=shift)

        return HoursPayload(hours=rows.maybe(WorkingHours, await info.context.run(act)))

    @strawberry.mutation(
        description="Writes down days away, both included; with starts and ends (local times) only that part of each."
    )
    async def add_absence(
        self,
        info: Info,
        first_day: date,
        last_day: date,
        reason: str = "",
        user_id: UUID | None = None,
        starts: time | None = None,
        ends: time | None = None,
    ) -> AbsencePayload:
        actor = info.context.actor

        def act() -> AbsenceRow:
            person = user_for(actor, user_id or actor.user_id)
            return calendar.add_absence(
                actor=actor,
                user=person,
                first_day=first_day,
                last_day=last_day,
                reason=reason,
                starts=starts,
                ends=ends,
            )

        return AbsencePayload(absence=rows.one(Absence, await info.context.run(act)))

    @strawberry.mutation(description="Takes an absence back.")
    async def remove_absence(self, info: Info, absence_id: UUID, user_id: UUID | None = None) -> AbsencePayload:
        actor = info.context.actor

        def act() -> AbsenceRow:
            person = user_for(actor, user_id or actor.user_id)
            return calendar.remove_absence(actor=actor, user=person, absence_id=absence_id)

        return AbsencePayload(absence=rows.one(Absence, await info.context.run(act)))

    @strawberry.mutation(description="Gives a person of yours a territory of yours for a span. Managers and admins.")
    async def assign_user(
        self,
        info: Info,
        user_id: UUID,
        territory_id: UUID,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> UserTerritoryPayload:
        actor = info.context.actor

        def act() -> tuple[UserRow, TerritoryRow]:
            person, territory = user_for(actor, user_id), territory_for(actor, territory_id)
            actions.assign_user(actor=actor, user=person, territory=territory, start=valid_from, end=valid_to)
            return person, territory

        person, territory = await info.context.run(act)
        return UserTerritoryPayload(user=rows.one(User, person), territory=rows.one(Territory, territory))

    @strawberry.mutation(description="Ends a person's work in a territory, now. Managers and admins.")
    async def release_user(self, info: Info, user_id: UUID, territory_id: UUID) -> UserTerritoryPayload:
        actor = info.context.actor

        def act() -> tuple[UserRow, TerritoryRow]:
            person, territory = user_for(actor, user_id), territory_for(actor, territory_id)
            actions.release_user(actor=actor, user=person, territory=territory)
            return person, territory

        person, territory = await info.context.run(act)
        return UserTerritoryPayload(user=rows.one(User, person), territory=rows.one(Territory, territory))
