"""What becomes of the appointments about accounts which go to somebody else.

Such a one is a promise to the customer: it is neither called off nor kept by two. It is treated as a visit that somebody made
by hand. Of the coming days it stays with its rep, who is shown the account until a day after; later it goes to the new rep at
its time, or stays where it is when that rep has something else then. Of a series the times of the coming days stay, and the
others go, whatever else the new rep has at some of them. What is private, or about no account, is the person's own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.field.agenda import called_off, series_of
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


@dataclass(frozen=True, slots=True)
class Promise:
    """What becomes of an appointment; `taker`: who has it from `since` on. `stays_until`: when the last of it that its rep
    keeps ends; None where they keep nothing."""

    appointment: Appointment
    account: UUID
    fate: VisitFate
    taker: UUID
    since: datetime
    stays_until: datetime | None


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
    calendar = Calendar(people, at, max(row.ends_at for row in found))
    for visit in of_visits(alignment):
        if visit.fate == VisitFate.REASSIGNED:
            calendar.take(visit.rep, visit.visit.start, visit.visit.end)
    until = at + timedelta(days=alignment.keep_days)
    keeps = LaterVisits(alignment.later_visits) == LaterVisits.KEEP
    return [_decide(row, None if keeps else takers[row.pk], at, until, calendar) for row in found]


def _decide(row: Appointment, taker: UUID | None, at: datetime, until: datetime, calendar: Calendar) -> Promise:
    assert row.account_id is not None
    stays = Promise(row, row.account_id, VisitFate.KEPT, row.user_id, until, row.over_at)
    if taker is None:
        return stays
    if row.rrule:
        times = series_of(row)
        if not any(one >= until for one in times.starts(until, row.over_at, without=called_off(row))):
            return stays
        near = [one + times.length for one in times.starts(at, until, without=called_off(row))]
        return Promise(row, row.account_id, VisitFate.REASSIGNED, taker, until, max(near, default=None))
    if row.starts_at < until or not calendar.free(taker, row.starts_at, row.ends_at):
        return stays
    calendar.take(taker, row.starts_at, row.ends_at)
    return Promise(row, row.account_id, VisitFate.REASSIGNED, taker, until, None)
