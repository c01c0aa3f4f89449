"""When a person works: setting hours, and days away."""

from collections.abc import Sequence
from datetime import date, time
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.field import calendar_rules, rules
from backend.field.calendar_rules import ShiftHours
from backend.field.models import Absence, WorkingHours, WorkPlace
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.kit.ids import new_id


@transaction.atomic
def set_hours(
    *, actor: Actor, user: User, weekday: int, shift: tuple[time, time] | None, hours_id: UUID | None = None
) -> WorkingHours | None:
    """Makes a weekday one shift without breaks (local times), or with None a day off; returns what stands then.

    `hours_id`: of the row, if there is none for the day yet and the id is free."""
    shifts = [] if shift is None else [ShiftHours(*shift)]
    rows = set_day(actor=actor, user=user, weekday=weekday, shifts=shifts, hours_id=hours_id)
    return rows[0] if rows else None


@transaction.atomic
def set_day(
    *, actor: Actor, user: User, weekday: int, shifts: Sequence[ShiftHours], hours_id: UUID | None = None
) -> list[WorkingHours]:
    """Sets all shifts of a person's weekday, none for a day off; returns them in order. `hours_id`: as `set_hours`."""
    rules.check_may_set_calendar(actor, user.pk)
    rules.check_weekday(weekday)
    wanted = calendar_rules.check_shifts(shifts)
    # The person's row serialises two settings of one day: both would find no shift and make one.
    User.objects.select_for_update().get(pk=user.pk)
    rows = list(WorkingHours.objects.filter(user=user, weekday=weekday, deleted_at=None).order_by("start"))
    if not rows and wanted:
        free = hours_id is not None and not WorkingHours.objects.filter(pk=hours_id).exists()
        rows.append(WorkingHours(id=hours_id if free else new_id(), org_id=actor.org_id, user=user, weekday=weekday))
    paired = _paired(rows, wanted)
    for row in rows:
        if row not in (one for one, _ in paired):
            row.deleted_at = clock.now()
            row.save(update_fields=["deleted_at"])
    kept = []
    for found, shift in paired:
        row = found or WorkingHours(org_id=actor.org_id, user=user, weekday=weekday)
        before = {name: getattr(row, name) for name in _SHIFT}
        _write(row, shift)
        if row._state.adding or before != {name: getattr(row, name) for name in _SHIFT}:
            row.save()
        kept.append(row)
    return kept


_SHIFT = ("start", "end", "breaks", "start_place_id", "start_lat", "start_lng", "end_place_id", "end_lat", "end_lng")


def _paired(rows: Sequence[WorkingHours], shifts: Sequence[ShiftHours]) -> list[tuple[WorkingHours | None, ShiftHours]]:
    """Returns each shift with the row that shall have it; shifts that stay keep theirs, so that no two rows ever begin at
    one time."""
    by_start = {row.start: row for row in rows}
    others = [row for row in rows if row.start not in {shift.start for shift in shifts}]
    return [(by_start.get(shift.start) or (others.pop(0) if others else None), shift) for shift in shifts]


def _write(row: WorkingHours, shift: ShiftHours) -> None:
    row.start, row.end = shift.start, shift.end
    row.breaks = [one.stored() for one in sorted(shift.breaks, key=lambda one: one.start)]
    row.start_place, row.start_lat, row.start_lng = _place(shift.start_place)
    row.end_place, row.end_lat, row.end_lng = _place(shift.end_place)


def _place(given: WorkPlace | LatLng | None) -> tuple[WorkPlace | None, float | None, float | None]:
    if isinstance(given, LatLng):
        return None, given.lat, given.lng
    return given, None, None


@transaction.atomic
def add_absence(
    *,
    actor: Actor,
    user: User,
    first_day: date,
    last_day: date,
    reason: str = "",
    absence_id: UUID | None = None,
    starts: time | None = None,
    ends: time | None = None,
) -> Absence:
    """Writes down days away, both included, or with `starts` and `ends` (local times) a part of each; nothing is planned
    then."""
    rules.check_may_set_calendar(actor, user.pk)
    rules.check_days(first_day, last_day)
    calendar_rules.check_part_of_day(starts, ends)
    absence = Absence(
        id=absence_id or new_id(),
        org_id=actor.org_id,
        user=user,
        first_day=first_day,
        last_day=last_day,
        starts=starts,
        ends=ends,
        reason=reason.strip()[:100],
    )
    try:
        with transaction.atomic():
            absence.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken() from error
    return absence


@transaction.atomic
def remove_absence(*, actor: Actor, user: User, absence_id: UUID) -> Absence:
    """Takes an absence back; doing it twice is NotFound."""
    rules.check_may_set_calendar(actor, user.pk)
    absence = Absence.objects.select_for_update().filter(pk=absence_id, user=user, deleted_at=None).first()
    if absence is None:
        raise rules.absence_not_found()
    absence.deleted_at = clock.now()
    absence.save(update_fields=["deleted_at"])
    return absence
