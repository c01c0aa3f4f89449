"""What becomes of the appointments about accounts which go to somebody else.

Such a one is a promise to the customer: it is neither called off nor kept by two. It is treated as a visit that somebody made
by hand. Of the coming days it stays with its rep, who is shown the account until a day after; later it goes to the new rep at
its time, or stays where it is when that rep has something else then. Of a series the times of the coming days stay, and so do
those of a year at which the new rep has something else; the others go. Where that is all of them, the series stays. What is
private, or about no account, is the person's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from backend.field.agenda import moved_of, series_of
from backend.field.models import Appointment
from backend.planning.realign.hands import ask, instant, loses, losing
from backend.planning.realign.visits import Calendar
from backend.planning.realign.visits import outcomes as of_visits
from backend.territories.models import Alignment, LaterVisits, VisitFate

_ABOUT = f"""
    SELECT p.id, hands.taker
    FROM hands JOIN field_appointment p ON p.account_id = hands.account_id AND p.deleted_at IS NULL AND NOT p.private
    WHERE p.over_at > %(from)s AND {loses("p.user_id")}
    ORDER BY p.starts_at, p.id
"""  # noqa: S608 - of our own parts

CHECKED = timedelta(days=366)
"""So far ahead the times of a series are held against what the new rep has."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What becomes of an appointment; `taker`: who has it from `since` on. `stays_until`: when the last of it that its rep
    keeps ends; None where they keep nothing. `stays`: the times of a series, by the beginnings they have in it, that its rep
    keeps because the taker has something else then."""

    appointment: Appointment
    account: UUID
    fate: VisitFate
    taker: UUID
    since: datetime
    stays_until: datetime | None
    stays: tuple[datetime, ...] = ()


def promises(alignment: Alignment) -> list[Promise]:
    """Returns what becomes of each appointment, in the order of their first time. A handful of queries, however many."""
    at = instant(alignment)
    takers: dict[UUID, UUID | None] = dict(ask(_ABOUT, losing(alignment, **{"from": at})))
    rows = Appointment.objects.select_related("series").filter(pk__in=takers).order_by("starts_at", "id")
    # A time of a series that was moved goes with its series.
    found = [row for row in rows if row.series_id not in takers]
    if not found:
        return []
    people = [one for one in set(takers.values()) if one is not None]
    until = at + timedelta(days=alignment.keep_days)
    calendar = Calendar(people, at, max(min(row.over_at, until + CHECKED) for row in found))
    for visit in of_visits(alignment):
        if visit.fate == VisitFate.REASSIGNED:
            calendar.take(visit.rep, visit.visit.start, visit.visit.end)
    gone = moved_of(found)
    moved: dict[UUID, list[Appointment]] = {}
    for row in Appointment.objects.filter(series__in=gone, deleted_at=None).order_by("starts_at", "id"):
        assert row.series_id is not None
        moved.setdefault(row.series_id, []).append(row)
    keeps = LaterVisits(alignment.later_visits) == LaterVisits.KEEP
    decided = []
    for row in found:
        taker = None if keeps else takers[row.pk]
        if taker is None:
            decided.append(_stays(row, until))
        elif row.rrule:
            decided.append(_series(row, taker, at, until, calendar, gone[row.pk], moved.get(row.pk, [])))
        else:
            decided.append(_single(row, taker, until, calendar))
    return decided


def _stays(row: Appointment, until: datetime) -> Promise:
    assert row.account_id is not None
    return Promise(row, row.account_id, VisitFate.KEPT, row.user_id, until, row.over_at)


def _single(row: Appointment, taker: UUID, until: datetime, calendar: Calendar) -> Promise:
    assert row.account_id is not None
    if row.starts_at < until or not calendar.free(taker, row.starts_at, row.ends_at):
        return _stays(row, until)
    calendar.take(taker, row.starts_at, row.ends_at)
    return Promise(row, row.account_id, VisitFate.REASSIGNED, taker, until, None)


def _series(
    row: Appointment,
    taker: UUID,
    at: datetime,
    until: datetime,
    calendar: Calendar,
    gone: set[datetime],
    moved: Sequence[Appointment],
) -> Promise:
    """Decides about a series without the times that were called off or moved (`gone`), and with those that were moved."""
    assert row.account_id is not None
    times = series_of(row)
    later = (one for one in times.starts(until, row.over_at, without=gone) if one >= until)
    ahead = [(one, one, one + times.length) for one in takewhile(lambda one: one < until + CHECKED, later)]
    ahead += [
        (one.recurrence_at, one.starts_at, one.ends_at)
        for one in moved
        if one.recurrence_at is not None and one.recurrence_at >= until
    ]
    if not ahead and not any(one >= until for one in times.starts(until, row.over_at, without=gone)):
        return _stays(row, until)
    clashing = [(named, end) for named, start, end in ahead if not calendar.free(taker, start, end)]
    if clashing and len(clashing) == len(ahead):
        return _stays(row, until)
    stays = {named for named, _ in clashing}
    for named, start, end in ahead:
        if named not in stays:
            calendar.take(taker, start, end)
    near = [one + times.length for one in times.starts(at, until, without=gone)]
    near += [one.ends_at for one in moved if one.recurrence_at is not None and one.recurrence_at < until]
    kept = max([*near, *(end for _, end in clashing)], default=None)
    return Promise(row, row.account_id, VisitFate.REASSIGNED, taker, until, kept, tuple(sorted(stays)))
