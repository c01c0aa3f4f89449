"""What to do with time that came free: due accounts that fit before what is fixed next, ways there and on included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.field.agenda import agenda
from backend.field.lifecycle import VisitState
from backend.field.models import Visit
from backend.field.queries import DueAccount, day_of
from backend.field.shifts import free_days
from backend.field.spans import Span
from backend.field.walltime import instant_of
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Invalid
from backend.kit.geo import LatLng, distance_m
from backend.planning import rules, weights
from backend.planning.candidates import Candidate, Wishes, account_points, most_worth
from backend.planning.solver.problem import UNREACHABLE
from backend.planning.travel.choose import provider_for

LOOKED_AT = 60
"""The due accounts nearest to where the time begins; further ones are no way to fill a gap."""
SHOWN = 10
LONGEST = 12 * 60
AHEAD = (VisitState.PLANNED, VisitState.EN_ROUTE, VisitState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Gap:
    """Free time: from where and when, until when a visit must be over, and where one has to be then (None: anywhere)."""

    start: datetime
    begins_at: LatLng
    end: datetime
    goes_on_at: LatLng | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A visit that fits: its times, the minutes of way it costs beyond those that are driven anyhow, and why."""

    account_id: UUID
    name: str
    prize: int
    start: datetime
    end: datetime
    way_minutes: int
    detour_minutes: int
    why: str


def suggestions(
    *, actor: Actor, rep: User, instead_of: Visit | None, here: LatLng | None, minutes: int | None = None
) -> list[Suggestion]:
    """Returns up to SHOWN visits for the time of a visit that was called off, or for the time from now on; the most worth
    for their time first. `here`: where the rep is; else where the stop before is, or the day begins. As many queries for
    many due accounts as for one."""
    rules.check_may_plan(actor, rep)
    if minutes is not None and not 1 <= minutes <= LONGEST:
        raise Invalid("OUT_OF_RANGE", f"minutes is from 1 to {LONGEST}.", fields={"minutes": "out of range"})
    gap = _gap(rep, instead_of, here, minutes)
    if gap is None:
        return []
    zone = ZoneInfo(rep.timezone)
    day = gap.start.astimezone(zone).date()
    assert rep.org_id is not None
    _, weigh = weights.current(rep.org_id)
    worth, _ = most_worth(rep, [day], [day], weigh, Wishes(), {})
    skipped = None if instead_of is None else instead_of.account_id
    near = sorted(
        (
            (distance_m(gap.begins_at, account.point), account, candidate, account.point)
            for account, candidate in ((one.account, one.candidate) for one in worth)
            if account.point is not None and account.account_id != skipped
        ),
        key=lambda found: (found[0], found[1].account_id),
    )[:LOOKED_AT]
    places = [gap.begins_at, gap.goes_on_at or gap.begins_at, *(point for *_, point in near)]
    seconds = provider_for(rep).matrix(places).seconds
    found: list[Suggestion] = []
    for row, (_, account, candidate, _) in enumerate(near, start=2):
        there = int(seconds[0, row])
        on = int(seconds[row, 1]) if gap.goes_on_at is not None else 0
        direct = int(seconds[0, 1]) if gap.goes_on_at is not None else 0
        if max(there, on) < UNREACHABLE:
            fitting = _fitting(gap, account, candidate, there, on, max(0, there + on - direct), zone)
            found += [] if fitting is None else [fitting]
    return sorted(found, key=lambda one: (-_worth(one), one.account_id))[:SHOWN]


def _worth(one: Suggestion) -> float:
    """Returns points for each minute that it takes."""
    return one.prize / max(1.0, one.detour_minutes + (one.end - one.start).total_seconds() / 60)


def _fitting(
    gap: Gap, account: DueAccount, candidate: Candidate, there: int, on: int, detour: int, zone: ZoneInfo
) -> Suggestion | None:
    service = timedelta(minutes=max(1, account.service_minutes))
    begins = _opens(account, gap.start + timedelta(seconds=there), service, zone)
    if begins is None or begins + service + timedelta(seconds=on) > gap.end:
        return None
    words = [candidate.why, f"{_minutes(detour)} min detour"]
    if gap.goes_on_at is not None:
        words.append(f"in time for what is fixed at {gap.end.astimezone(zone):%H:%M}")
    return Suggestion(
        account_id=account.account_id,
        name=account.name,
        prize=candidate.prize,
        start=begins,
        end=begins + service,
        way_minutes=_minutes(there + on),
        detour_minutes=_minutes(detour),
        why=", ".join(word for word in words if word),
    )


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)


def _opens(account: DueAccount, earliest: datetime, service: timedelta, zone: ZoneInfo) -> datetime | None:
    """Returns when the visit can begin so that it is over before the doors close."""
    if account.open_all_week:
        return earliest
    day = earliest.astimezone(zone).date()

    def at(hour: time) -> datetime:
        return instant_of(day, hour, zone)

    fitting = [max(earliest, at(a)) for a, b in account.windows if max(earliest, at(a)) + service <= at(b)]
    return min(fitting, default=None)


def _gap(rep: User, instead_of: Visit | None, here: LatLng | None, minutes: int | None) -> Gap | None:
    """Returns the free time, None when there is none; raises Conflict when nobody knows where it begins."""
    now = clock.now()
    zone = ZoneInfo(rep.timezone)
    wanted = now if instead_of is None else max(now, instead_of.planned_start)
    day = wanted.astimezone(zone).date()
    stops = [one for one in day_of(rep, day) if instead_of is None or one.pk != instead_of.pk]
    visits = [one for one in stops if one.state in AHEAD]
    before = [one for one in visits if one.planned_start < wanted]
    spans = free_days(rep, [day])[day]
    # With a visit that is gone, the time from the end of the one before it is free.
    start = wanted
    if instead_of is not None:
        ends = [one.planned_end for one in before] or [span.start for span in spans if span.start <= wanted]
        start = max(now, *ends) if ends else wanted
    span = next((one for one in spans if one.end > start), None)
    if span is None:
        return None
    start = max(start, span.start)
    points = account_points([one.account_id for one in visits])
    home = None if rep.start_lat is None or rep.start_lng is None else LatLng(rep.start_lat, rep.start_lng)
    stood = [points[one.account_id] for one in before if one.account_id in points and one.planned_end >= span.start]
    begins_at = here or (stood[-1] if stood else None) or span.start_place or home
    if begins_at is None:
        raise rules.start_unknown()
    end, goes_on_at = _next(rep, span, start, visits, points, home)
    if minutes is not None and start + timedelta(minutes=minutes) < end:
        end = start + timedelta(minutes=minutes)
    return Gap(start.astimezone(UTC), begins_at, end, goes_on_at) if end > start else None


def _next(
    rep: User,
    span: Span,
    start: datetime,
    visits: Sequence[Visit],
    points: dict[UUID, LatLng],
    home: LatLng | None,
) -> tuple[datetime, LatLng | None]:
    """Returns what is fixed next, and where: a visit, an appointment, or the end of the stretch."""
    fixed = [(span.end, span.end_place or home)]
    fixed += [(one.planned_start, points.get(one.account_id)) for one in visits if one.planned_start >= start]
    fixed += [(one.start, one.point) for one in agenda(rep, start, span.end) if one.start >= start]
    return min(fixed, key=lambda one: one[0])
