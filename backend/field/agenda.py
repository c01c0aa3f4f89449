"""A person's appointments as they come, each time by itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.field.appointment_rules import appointment_not_found
from backend.field.models import Appointment
from backend.field.recurrence import Series
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit.geo import LatLng
from backend.territories.coverage import visible

MOST_AT_ONCE = 1_000
BUSY = "Busy"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of an appointment. `at`: the beginning it has in its series, by which it is named."""

    appointment: Appointment
    start: datetime
    end: datetime

    @property
    def at(self) -> datetime:
        """Returns the beginning it had before it was moved."""
        return self.appointment.recurrence_at or self.start

    @property
    def point(self) -> LatLng | None:
        """Returns where it is, if that is known."""
        lat, lng = self.appointment.lat, self.appointment.lng
        return None if lat is None or lng is None else LatLng(lat, lng)


def series_of(row: Appointment) -> Series:
    """Returns what the row says of its times."""
    return Series(row.starts_at, row.ends_at - row.starts_at, ZoneInfo(row.zone), row.rrule, row.until)


def called_off(row: Appointment) -> set[datetime]:
    """Returns the beginnings of those that were called off."""
    return {datetime.fromisoformat(one) for one in row.exdates}


def agenda(person: User, after: datetime, before: datetime) -> list[Occurrence]:
    """Returns the times that end after the one instant and begin before the other, in order, at most MOST_AT_ONCE.

    Two queries, one where nothing comes again."""
    rows = Appointment.objects.filter(user=person, deleted_at=None, starts_at__lt=before, over_at__gt=after)
    return expanded(list(rows.order_by("starts_at", "id")), after, before)


def taken(people: Collection[UUID], after: datetime, before: datetime) -> list[tuple[UUID, datetime, datetime]]:
    """Returns whose time is taken from when to when by appointments, of several people; two queries."""
    rows = list(Appointment.objects.filter(user__in=people, deleted_at=None, starts_at__lt=before, over_at__gt=after))
    moved = moved_of(rows)
    return [
        (row.user_id, start, start + (row.ends_at - row.starts_at))
        for row in rows
        for start in islice(series_of(row).starts(after, before, without=moved.get(row.pk, ())), MOST_AT_ONCE)
    ]


def expanded(rows: Sequence[Appointment], after: datetime, before: datetime) -> list[Occurrence]:
    """Returns the times of the given appointments, without those that were moved or called off."""
    moved = moved_of(rows)
    found = [
        Occurrence(row, start, start + (row.ends_at - row.starts_at))
        for row in rows
        for start in islice(series_of(row).starts(after, before, without=moved.get(row.pk, ())), MOST_AT_ONCE)
    ]
    return sorted(found, key=lambda one: (one.start, one.appointment.pk))[:MOST_AT_ONCE]


def moved_of(rows: Sequence[Appointment]) -> dict[UUID, set[datetime]]:
    """Returns the beginnings that series do not have any more: called off, or moved elsewhere."""
    moved: dict[UUID, set[datetime]] = {row.pk: called_off(row) for row in rows if row.rrule}
    if moved:
        others = Appointment.objects.filter(series_id__in=moved, deleted_at=None)
        for series_id, at in others.values_list("series_id", "recurrence_at"):
            assert series_id is not None
            assert at is not None
            moved[series_id].add(at)
    return moved


def appointment_for(actor: Actor, appointment_id: UUID) -> Appointment:
    """Returns the appointment of the actor or of somebody beneath; raises NotFound."""
    rows = visible(Appointment.objects.select_related("user"), actor, root="user_id")
    row = rows.filter(pk=appointment_id).first()
    if row is None:
        raise appointment_not_found()
    return row


def hidden_from(actor: Actor, row: Appointment) -> bool:
    """Says whether the actor may know only that the person is busy."""
    return row.private and row.user_id != actor.user_id
