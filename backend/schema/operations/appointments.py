"""Appointments: what a person has beside visits."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from backend.field import appointments, feeds
from backend.field.agenda import agenda, appointment_for
from backend.field.appointments import Reach
from backend.field.calendar_rules import check_days_asked
from backend.field.models import Appointment as AppointmentRow
from backend.field.queries import day_bounds
from backend.identity.actor import Actor
from backend.schema.changes import BASE_VERSION, given, told
from backend.schema.context import Info
from backend.schema.types.appointments import Appointment, AppointmentTime, shown, shown_time
from backend.territories.coverage import account_for, user_for

strawberry.enum(
    Reach, name="AppointmentReach", description="One time of a series, that one and those that follow, or all."
)


@strawberry.input(description="zone: as in America/Chicago, the person's own when left out. rrule: as in RFC 5545.")
class AppointmentInput:
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str | None = strawberry.UNSET
    rrule: str = ""
    notes: str = ""
    place: str = ""
    lat: float | None = None
    lng: float | None = None
    private: bool = False
    account_id: UUID | None = strawberry.field(
        default=None, description="Whom it is about: when territories change it goes to whoever has the account."
    )


@strawberry.input(description="Only the fields given are changed; a new start without an end keeps the length.")
class AppointmentChanges:
    title: str | None = strawberry.UNSET
    starts_at: datetime | None = strawberry.UNSET
    ends_at: datetime | None = strawberry.UNSET
    zone: str | None = strawberry.UNSET
    rrule: str | None = strawberry.UNSET
    notes: str | None = strawberry.UNSET
    place: str | None = strawberry.UNSET
    lat: float | None = strawberry.UNSET
    lng: float | None = strawberry.UNSET
    private: bool | None = strawberry.UNSET
    account_id: UUID | None = strawberry.UNSET


def _fields(actor: Actor, said: AppointmentInput | AppointmentChanges) -> dict[str, Any]:
    """Returns what was given, the account as a row."""
    fields = given(said)
    if "account_id" in fields:
        account_id = fields.pop("account_id")
        fields["account"] = None if account_id is None else account_for(actor, account_id)
    return fields


@strawberry.type
class AppointmentPayload:
    appointment: Appointment


@strawberry.type(
    description="The address of your own calendar for other programs, relative to the server's own. Its secret is told once."
)
class CalendarFeedPayload:
    path: str
    created_at: datetime


@strawberry.type
class RevokedFeedPayload:
    revoked: bool = strawberry.field(description="Whether there was one.")


@strawberry.type
class AppointmentsQuery:
    @strawberry.field(description="Since when there is an address of your calendar; null without one.")
    async def calendar_feed_since(self, info: Info) -> datetime | None:
        actor = info.context.actor
        feed = await info.context.run(lambda: feeds.feed_of(actor))
        return None if feed is None else feed.created_at

    @strawberry.field(
        description="Every time of every appointment that you, or somebody beneath you, have from one day to another (at most "
        "62), in order. Of what is private to others: that they are busy."
    )
    async def appointments(
        self, info: Info, first_day: date, last_day: date, user_id: UUID | None = None
    ) -> list[AppointmentTime]:
        actor = info.context.actor

        def read() -> list[AppointmentTime]:
            check_days_asked(first_day, last_day)
            person = user_for(actor, user_id or actor.user_id)
            after, before = day_bounds(person, first_day)[0], day_bounds(person, last_day)[1]
            return [shown_time(actor, one) for one in agenda(person, after, before)]

        return await info.context.run(read)


@strawberry.type
class AppointmentsMutation:
    @strawberry.mutation(
        description="Makes an address under which other programs read your calendar (iCalendar); the one before ends."
    )
    async def open_calendar_feed(self, info: Info) -> CalendarFeedPayload:
        actor = info.context.actor
        made = await info.context.run(lambda: feeds.open_feed(actor=actor))
        return CalendarFeedPayload(path=made.path, created_at=made.created_at)

    @strawberry.mutation(description="Ends the address of your calendar.")
    async def revoke_calendar_feed(self, info: Info) -> RevokedFeedPayload:
        actor = info.context.actor
        return RevokedFeedPayload(revoked=await info.context.run(lambda: feeds.revoke_feed(actor=actor)))

    @strawberry.mutation(description="Makes an appointment: your own, or as a manager another's.")
    async def create_appointment(
        self, info: Info, input: AppointmentInput, user_id: UUID | None = None, id: UUID | None = None
    ) -> AppointmentPayload:
        actor = info.context.actor

        def act() -> Appointment:
            person = user_for(actor, user_id or actor.user_id)
            fields = {name: value for name, value in _fields(actor, input).items() if name != "zone" or value}
            row = appointments.make(actor=actor, user=person, fields=fields, appointment_id=id)
            return shown(actor, row)

        return AppointmentPayload(appointment=await info.context.run(act))

    @strawberry.mutation(
        description="Changes an appointment. Of a series, `at` names the time that is meant: this one, it and those that "
        f"follow, or all (then startsAt is that of the first). baseVersion: {BASE_VERSION}"
    )
    async def edit_appointment(
        self,
        info: Info,
        appointment_id: UUID,
        changes: AppointmentChanges,
        reach: Reach = Reach.ALL,
        at: datetime | None = None,
        base_version: int | None = None,
    ) -> AppointmentPayload:
        actor = info.context.actor

        @told
        def act() -> AppointmentRow:
            return appointments.change(
                actor=actor,
                appointment=appointment_for(actor, appointment_id),
                changes=_fields(actor, changes),
                reach=reach,
                at=at,
                base_version=base_version,
            )

        return AppointmentPayload(appointment=shown(actor, await info.context.run(act)))

    @strawberry.mutation(
        description="Calls an appointment off. Of a series, `at` names the time that is meant: this one, it and those that "
        "follow, or all."
    )
    async def cancel_appointment(
        self,
        info: Info,
        appointment_id: UUID,
        reach: Reach = Reach.ALL,
        at: datetime | None = None,
    ) -> AppointmentPayload:
        actor = info.context.actor

        @told
        def act() -> AppointmentRow:
            row = appointment_for(actor, appointment_id)
            return appointments.call_off(actor=actor, appointment=row, reach=reach, at=at)

        return AppointmentPayload(appointment=shown(actor, await info.context.run(act)))
