"""When people work: shifts with breaks and places, holidays, and what comes of them."""

from datetime import date, time, timedelta
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.field import calendar, holidays, org_calendar, shifts
from backend.field.calendar_rules import BreakHours, ShiftHours, check_days_asked
from backend.field.models import CompanyDay as CompanyDayRow
from backend.field.models import HolidayRegion as RegionRow
from backend.field.models import WorkingHours as HoursRow
from backend.field.models import WorkPlace as PlaceRow
from backend.identity.actor import Actor
from backend.kit.errors import Invalid
from backend.kit.geo import LatLng, checked_point
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.calendar import CompanyDay, Holiday, HolidayRegion, WorkPlace, WorkSpan, work_span
from backend.schema.types.field import WorkingHours
from backend.territories.coverage import user_for


@strawberry.input(description="A break of so many minutes somewhere between two local times.")
class BreakInput:
    start: time
    end: time
    minutes: int


@strawberry.input(description="Where a shift begins or ends: a place of the org, or a point; neither is home.")
class ShiftPlaceInput:
    place_id: UUID | None = None
    lat: float | None = None
    lng: float | None = None


@strawberry.input(description="A shift of a weekday, in local times.")
class ShiftInput:
    start: time
    end: time
    breaks: list[BreakInput] = strawberry.field(default_factory=list)
    start_place: ShiftPlaceInput | None = None
    end_place: ShiftPlaceInput | None = None


@strawberry.type
class WorkingDayPayload:
    hours: list[WorkingHours]


@strawberry.type
class HolidayRegionPayload:
    region: HolidayRegion | None


@strawberry.type
class CompanyDayPayload:
    company_day: CompanyDay


@strawberry.type
class WorkPlacePayload:
    work_place: WorkPlace


def _place(actor: Actor, given: ShiftPlaceInput | None) -> PlaceRow | LatLng | None:
    if given is None:
        return None
    if given.place_id is not None:
        return org_calendar.work_place(actor, given.place_id)
    if given.lat is None or given.lng is None:
        raise Invalid("REQUIRED", "A place is placeId, or lat and lng.", fields={"placeId": "or lat and lng"})
    return checked_point(given.lat, given.lng)


def _shift(actor: Actor, given: ShiftInput) -> ShiftHours:
    return ShiftHours(
        start=given.start,
        end=given.end,
        breaks=tuple(BreakHours(one.start, one.end, one.minutes) for one in given.breaks),
        start_place=_place(actor, given.start_place),
        end_place=_place(actor, given.end_place),
    )


@strawberry.type
class WorkingTimeQuery:
    @strawberry.field(
        description="When you, or somebody beneath you, work from one day to another (at most 62): hours without absences "
        "and holidays. Instants, right also where the clock is changed."
    )
    async def working_time(
        self, info: Info, first_day: date, last_day: date, user_id: UUID | None = None
    ) -> list[WorkSpan]:
        actor = info.context.actor

        def read() -> list[WorkSpan]:
            check_days_asked(first_day, last_day)
            person = user_for(actor, user_id or actor.user_id)
            days = [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]
            return [work_span(span) for spans in shifts.working_days(person, days).values() for span in spans]

        return await info.context.run(read)

    @strawberry.field(
        description="The holidays you, or somebody beneath you, have from one day to another (at most 400)."
    )
    async def holidays(self, info: Info, first_day: date, last_day: date, user_id: UUID | None = None) -> list[Holiday]:
        actor = info.context.actor

        def read() -> list[Holiday]:
            check_days_asked(first_day, last_day, most=400)
            person = user_for(actor, user_id or actor.user_id)
            days = [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]
            return [Holiday(day=day, name=name) for day, name in holidays.holidays_of(person, days).items()]

        return await info.context.run(read)

    @strawberry.field(description="The offices and depots of the org, the first 100 by name.")
    async def work_places(self, info: Info) -> list[WorkPlace]:
        actor = info.context.actor

        def seen() -> QuerySet[PlaceRow]:
            return PlaceRow.objects.filter(org_id=actor.org_id, deleted_at=None).order_by("name", "id")[:100]

        return reads.a_list(WorkPlace, seen)


@strawberry.type
class WorkingTimeMutation:
    @strawberry.mutation(
        description="Sets all shifts of a weekday (1 is Monday), with breaks and places; none: a day off."
    )
    async def set_working_day(
        self, info: Info, weekday: int, shifts: list[ShiftInput], user_id: UUID | None = None
    ) -> WorkingDayPayload:
        actor = info.context.actor

        def act() -> list[HoursRow]:
            person = user_for(actor, user_id or actor.user_id)
            wanted = [_shift(actor, one) for one in shifts]
            return calendar.set_day(actor=actor, user=person, weekday=weekday, shifts=wanted)

        return WorkingDayPayload(hours=rows.many(WorkingHours, await info.context.run(act)))

    @strawberry.mutation(
        description="Says whose public holidays a person keeps: country '' for none, null for the org's."
    )
    async def set_holiday_region(
        self, info: Info, country: str | None = None, subdivision: str = "", user_id: UUID | None = None
    ) -> HolidayRegionPayload:
        actor = info.context.actor

        def act() -> RegionRow | None:
            person = user_for(actor, user_id or actor.user_id)
            return org_calendar.set_holiday_region(actor=actor, user=person, country=country, subdivision=subdivision)

        return HolidayRegionPayload(region=rows.maybe(HolidayRegion, await info.context.run(act)))

    @strawberry.mutation(description="Says whose public holidays the org keeps; null for none. Admins.")
    async def set_org_holiday_region(
        self, info: Info, country: str | None = None, subdivision: str = ""
    ) -> HolidayRegionPayload:
        actor = info.context.actor

        def act() -> RegionRow | None:
            return org_calendar.set_holiday_region(actor=actor, user=None, country=country, subdivision=subdivision)

        return HolidayRegionPayload(region=rows.maybe(HolidayRegion, await info.context.run(act)))

    @strawberry.mutation(description="Makes a day off for the whole org, or, with works, a day of work. Admins.")
    async def set_company_day(self, info: Info, day: date, name: str, works: bool = False) -> CompanyDayPayload:
        actor = info.context.actor

        def act() -> CompanyDayRow:
            return org_calendar.set_company_day(actor=actor, day=day, name=name, works=works)

        return CompanyDayPayload(company_day=rows.one(CompanyDay, await info.context.run(act)))

    @strawberry.mutation(description="Makes it a day like others again. Admins.")
    async def remove_company_day(self, info: Info, day: date) -> CompanyDayPayload:
        actor = info.context.actor

        def act() -> CompanyDayRow:
            return org_calendar.remove_company_day(actor=actor, day=day)

        return CompanyDayPayload(company_day=rows.one(CompanyDay, await info.context.run(act)))

    @strawberry.mutation(description="Adds an office or a depot. Admins.")
    async def add_work_place(self, info: Info, name: str, lat: float, lng: float) -> WorkPlacePayload:
        actor = info.context.actor

        def act() -> PlaceRow:
            return org_calendar.add_work_place(actor=actor, name=name, point=checked_point(lat, lng))

        return WorkPlacePayload(work_place=rows.one(WorkPlace, await info.context.run(act)))

    @strawberry.mutation(description="Takes an office or a depot away where nobody's day begins or ends. Admins.")
    async def remove_work_place(self, info: Info, place_id: UUID) -> WorkPlacePayload:
        actor = info.context.actor

        def act() -> PlaceRow:
            return org_calendar.remove_work_place(actor=actor, place_id=place_id)

        return WorkPlacePayload(work_place=rows.one(WorkPlace, await info.context.run(act)))
