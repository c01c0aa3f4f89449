"""When a person works: the one place that knows, for planning, calendars and phones alike."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.field.agenda import agenda
from backend.field.holidays import holidays_of_all
from backend.field.models import Absence, WorkingHours, WorkPlace
from backend.field.spans import Busy, Pause, Span, with_breaks, without
from backend.field.walltime import instant_of
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng


def working_time(person: User, day: date) -> list[Span]:
    """Returns the stretches in which the person works on the day, in order; none on a day off, away or on a holiday."""
    return working_days(person, [day])[day]


def free_days(person: User, days: Sequence[date]) -> dict[date, list[Span]]:
    """Returns the stretches of work of each day without the person's appointments: to one at a place the way is left free,
    during one that is nowhere the person stays where they are. Two queries more than `working_days`, at most."""
    worked = working_days(person, days)
    spans = [span for some in worked.values() for span in some]
    if not spans:
        return worked
    taken = [
        Busy(one.start, one.end, place=one.point, stays=one.point is None)
        for one in agenda(person, min(span.start for span in spans), max(span.end for span in spans))
    ]
    return {day: without(some, taken) for day, some in worked.items()}


def working_days(person: User, days: Sequence[date]) -> dict[date, list[Span]]:
    """Returns the stretches of work of each day; as many queries for many days as for one."""
    return working_days_of([person], days)[person.pk]


def working_days_of(people: Sequence[User], days: Sequence[date]) -> dict[UUID, dict[date, list[Span]]]:
    """Returns the stretches of work of each person and day; four queries, however many people and days."""
    for day in (min(days), max(days)):
        clock.checked_day(day, "day")
    rows: dict[tuple[UUID, int], list[WorkingHours]] = {}
    hours = WorkingHours.objects.filter(user__in=people, deleted_at=None).order_by("start")
    for row in hours.select_related("start_place", "end_place"):
        rows.setdefault((row.user_id, row.weekday), []).append(row)
    absences: dict[UUID, list[Absence]] = {}
    for absence in Absence.objects.filter(
        user__in=people, deleted_at=None, first_day__lte=max(days), last_day__gte=min(days)
    ):
        absences.setdefault(absence.user_id, []).append(absence)
    holidays = holidays_of_all(people, days)
    found: dict[UUID, dict[date, list[Span]]] = {}
    for person in people:
        zone = ZoneInfo(person.timezone)
        theirs = found.setdefault(person.pk, {})
        for day in days:
            away = [one for one in absences.get(person.pk, ()) if one.first_day <= day <= one.last_day]
            shifts = rows.get((person.pk, day.isoweekday()), ())
            spans = [span for row in shifts if (span := _span(row, day, zone)) is not None]
            if day in holidays[person.pk] or any(one.starts is None for one in away):
                spans = []
            theirs[day] = without(spans, [busy for one in away if (busy := _part(one, day, zone)) is not None])
    return found


def _span(row: WorkingHours, day: date, zone: ZoneInfo) -> Span | None:
    start, end = instant_of(day, row.start, zone), instant_of(day, row.end, zone)
    if start >= end:  # it lies wholly in the hour that the clock passes over
        return None
    span = Span(
        day=day,
        start=start,
        end=end,
        start_place=_point(row.start_place, row.start_lat, row.start_lng),
        end_place=_point(row.end_place, row.end_lat, row.end_lng),
    )
    return with_breaks([span], [_pause(one, day, zone) for one in row.breaks])[0]


def _pause(given: Mapping[str, Any], day: date, zone: ZoneInfo) -> Pause:
    length = timedelta(minutes=given["minutes"])
    first, until = (instant_of(day, time.fromisoformat(given[name]), zone) for name in ("from", "to"))
    return Pause(first, max(first, until - length), length)


def _part(absence: Absence, day: date, zone: ZoneInfo) -> Busy | None:
    if absence.starts is None or absence.ends is None:
        return None
    return Busy(instant_of(day, absence.starts, zone), instant_of(day, absence.ends, zone))


def _point(place: WorkPlace | None, lat: float | None, lng: float | None) -> LatLng | None:
    if place is not None:
        return LatLng(place.lat, place.lng)
    return None if lat is None or lng is None else LatLng(lat, lng)
