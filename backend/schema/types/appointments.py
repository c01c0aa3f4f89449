"""Appointments, each time by itself; of what is private to somebody others see that the person is busy."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.field.agenda import BUSY, Occurrence, hidden_from
from backend.field.models import Appointment as AppointmentRow
from backend.identity.actor import Actor
from backend.kit.geo import LatLng
from backend.schema.masks import shows
from backend.schema.types.calendar import Point


@shows(AppointmentRow)
@strawberry.type(description="Something that comes once, or again by a rule. Times are of the first.")
class Appointment:
    id: UUID
    user_id: UUID
    title: str
    notes: str
    place: str
    point: Point | None
    account_id: UUID | None = strawberry.field(description="Whom it is about.")
    private: bool
    starts_at: datetime
    ends_at: datetime
    zone: str
    rrule: str = strawberry.field(description="As in RFC 5545, without UNTIL; empty where it does not come again.")
    until: datetime | None
    series_id: UUID | None = strawberry.field(description="Of which series this is one time that was changed.")
    recurrence_at: datetime | None = strawberry.field(description="The beginning that this time has in its series.")
    version: int


@strawberry.type(
    description="One time of an appointment. at: the beginning it has in its series, by which it is named."
)
class AppointmentTime:
    start: datetime
    end: datetime
    at: datetime
    appointment: Appointment


def shown(actor: Actor, row: AppointmentRow) -> Appointment:
    """Returns an appointment as the actor may see it."""
    hidden = hidden_from(actor, row)
    where = None if row.lat is None or row.lng is None or hidden else LatLng(row.lat, row.lng)
    return Appointment(
        id=row.pk,
        user_id=row.user_id,
        title=BUSY if hidden else row.title,
        notes="" if hidden else row.notes,
        place="" if hidden else row.place,
        point=None if where is None else Point(lat=where.lat, lng=where.lng),
        account_id=None if hidden else row.account_id,
        private=row.private,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=row.zone,
        rrule=row.rrule,
        until=row.until,
        series_id=row.series_id,
        recurrence_at=row.recurrence_at,
        version=row.version,
    )


def shown_time(actor: Actor, one: Occurrence) -> AppointmentTime:
    """Returns one time of an appointment as the actor may see it."""
    return AppointmentTime(start=one.start, end=one.end, at=one.at, appointment=shown(actor, one.appointment))
