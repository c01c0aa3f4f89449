"""From the database to a problem: a rep's free time over some days, and who could be visited in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from backend.field.lifecycle import VisitState
from backend.field.models import Visit, VisitSource
from backend.field.queries import DueAccount, day_bounds
from backend.field.shifts import free_days
from backend.field.spans import Span as Stretch
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Conflict
from backend.kit.geo import LatLng
from backend.planning import rules
from backend.planning.call_cycle import coming_round
from backend.planning.candidates import Asked, Candidate, Wishes, account_points, most_worth, opening, seconds_after
from backend.planning.hours import free_time, why_free
from backend.planning.priority import Weights
from backend.planning.solver.problem import Break, Client, Problem, Shift, TimeWindow
from backend.planning.travel import Matrix, Provider

MINUTE = 60
HOME = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A rep's days as a problem, in whole minutes written as seconds after the first day's midnight.

    `candidates` are keyed by client id; `unlocated` have no point; `removed` were due, and taken out by hand;
    `passed_over` counts the least worth of more than MOST_CANDIDATES due accounts, which are not looked at; `day_of` says
    on which day each shift lies, in order; `travel` is what the times of the ways rest on; `start_point` is where the first
    day goes on, when not at home.
    """

    problem: Problem
    origin: datetime
    day_of: dict[str, date]
    candidates: dict[str, Candidate]
    unlocated: tuple[Candidate, ...]
    removed: tuple[Candidate, ...]
    passed_over: int
    travel: Matrix
    start_point: LatLng | None = None

    def at(self, seconds: int) -> datetime:
        """Returns the instant that many seconds into the span."""
        return self.origin + timedelta(seconds=seconds)

    @property
    def days(self) -> list[date]:
        """The days on which the rep works."""
        return list(dict.fromkeys(self.day_of.values()))

    @property
    def due(self) -> list[Candidate]:
        """Everybody whose visit is due, wherever they are."""
        return [one for one in (*self.candidates.values(), *self.unlocated, *self.removed) if not one.fixed]


class _Builder:
    """Collects places and clients of one span."""

    def __init__(self, home: LatLng, origin: datetime) -> None:
        self.places = [home]
        self.clients: list[Client] = []
        self.candidates: dict[str, Candidate] = {}
        self.rows: dict[UUID, int] = {}
        self.origin = origin

    def place(self, point: LatLng | None) -> int:
        """Returns the row of a place; home for None."""
        if point is None:
            return HOME
        self.places.append(point)
        return len(self.places) - 1

    def seconds(self, moment: datetime) -> int:
        """Returns the moment on the span's axis."""
        return seconds_after(self.origin, moment)

    def appointment(self, visit: Visit, point: LatLng | None) -> None:
        """Adds a visit that stays where it is."""
        begins = self.seconds(visit.planned_start)
        # Somebody whose place is unknown still takes the rep's time: not to be visited twice at once.
        why = "appointment" if point else "appointment, at a place nobody knows"
        self.candidates[str(visit.pk)] = Candidate(visit.account_id, visit.account.name, 0, why, visit=visit)
        self.clients.append(
            Client(
                id=str(visit.pk),
                location=self.place(point),
                required=True,
                service=up_to_minute(self.seconds(visit.planned_end) - begins),
                windows=(TimeWindow(begins, begins),),
                account=str(visit.account_id),
            )
        )

    def asked(self, one: Asked, days: Sequence[date], zone: ZoneInfo, *, keeps: bool) -> None:
        """Adds a visit that is due, or was wished for."""
        account, candidate = one.account, one.candidate
        service = max(1, account.service_minutes) * MINUTE
        if candidate.visit is not None:
            service = up_to_minute(int((candidate.visit.planned_end - candidate.visit.planned_start).total_seconds()))
        windows: tuple[TimeWindow, ...] | None = None
        if one.at is not None:
            moment = self.seconds(one.at)
            windows = (TimeWindow(moment, moment),)
        elif not account.open_all_week or len(one.days) < len(days):
            windows = opening(account, one.days, zone, self.origin, service)
        self.candidates[one.name] = candidate
        self.clients.append(
            Client(
                id=one.name,
                location=self._of_account(account),
                prize=candidate.prize,
                required=candidate.locked or candidate.day_locked or candidate.pinned or (candidate.movable and keeps),
                service=service,
                windows=windows,
                account=str(account.account_id),
                gap=one.gap,
            )
        )

    def _of_account(self, account: DueAccount) -> int:
        """Returns the row of an account's place, one for all of its visits: ways are asked for by place."""
        if account.account_id not in self.rows:
            self.rows[account.account_id] = self.place(account.point)
        return self.rows[account.account_id]

    def shift(self, name: str, work: Stretch) -> Shift:
        """Returns a stretch of work as a shift."""
        return Shift(
            id=name,
            start=self.place(work.start_place),
            end=self.place(work.end_place),
            window=TimeWindow(self.seconds(work.start), self.seconds(work.end)),
            breaks=tuple(
                Break(
                    TimeWindow(self.seconds(pause.first), self.seconds(pause.last)),
                    up_to_minute(int(pause.length.total_seconds())),
                )
                for pause in work.breaks
            ),
        )


def load_span(
    rep: User,
    days: Sequence[date],
    provider: Provider,
    weights: Weights | None = None,
    wishes: Wishes | None = None,
) -> Span:
    """Returns the problem of consecutive days; raises Conflict when the rep works on none, or nobody knows from where."""
    wish = wishes or Wishes()
    zone = ZoneInfo(rep.timezone)
    for day in (days[0], days[-1]):
        rules.check_day(day, clock.now().astimezone(zone).date())
    if rep.start_lat is None or rep.start_lng is None:
        raise rules.start_unknown()
    visits = visits_between(rep, days[0], days[-1])
    points = account_points([visit.account_id for visit in visits])
    work = _work(rep, days, visits, points, wish)
    movable = movable_visits(visits) if wish.replaces else {}
    if not wish.again:
        # Of several at one account the first moves, and the others stay.
        movable = {account_id: some[:1] for account_id, some in movable.items()}
    origin = day_bounds(rep, days[0])[0].astimezone(UTC)

    builder = _Builder(LatLng(rep.start_lat, rep.start_lng), origin)
    names = _named(work)
    shifts = tuple(builder.shift(name, one) for name, one in names.items())
    may_move = {visit.pk for some in movable.values() for visit in some}
    staying = [visit for visit in _appointments(visits, work) if visit.pk not in may_move]
    for visit in staying:
        builder.appointment(visit, points.get(visit.account_id))
    worked = list(dict.fromkeys(one.day for one in work))
    if wish.again:
        due, passed_over = coming_round(rep, days, worked, weights, wish, movable, staying)
    else:
        due, passed_over = most_worth(rep, days, worked, weights, wish, movable)
    unlocated: list[Candidate] = []
    removed: list[Candidate] = []
    for one in due:
        if one.candidate.removed:
            removed.append(one.candidate)
        elif one.account.point is None:
            unlocated.append(one.candidate)
        else:
            builder.asked(one, days, zone, keeps=wish.keeps)

    travel = provider.matrix(builder.places)
    matrix = -(-travel.seconds // MINUTE) * MINUTE
    np.fill_diagonal(matrix, 0)
    return Span(
        problem=Problem(tuple(builder.clients), shifts, matrix),
        origin=origin,
        day_of={name: one.day for name, one in names.items()},
        candidates=builder.candidates,
        unlocated=tuple(unlocated),
        removed=tuple(removed),
        passed_over=passed_over,
        travel=travel,
        start_point=wish.here,
    )


def visits_between(rep: User, first: date, last: date) -> list[Visit]:
    """Returns the rep's visits planned from the one day to the other, in order."""
    start, end = day_bounds(rep, first)[0], day_bounds(rep, last)[1]
    found = Visit.objects.filter(rep=rep, deleted_at=None, planned_start__gte=start, planned_start__lt=end)
    return list(found.select_related("account").order_by("planned_start", "id"))


def movable_visits(visits: Sequence[Visit]) -> dict[UUID, list[Visit]]:
    """Returns, by account, the visits that a plan made and nobody began, in order."""
    found: dict[UUID, list[Visit]] = {}
    for visit in visits:
        if visit.state == VisitState.PLANNED and visit.source == VisitSource.PLAN:
            found.setdefault(visit.account_id, []).append(visit)
    return found


def _work(
    rep: User, days: Sequence[date], visits: Sequence[Visit], points: dict[UUID, LatLng], wishes: Wishes
) -> list[Stretch]:
    """Returns the free time of all days; a day without any is left out, unless it is the only one."""
    zone = ZoneInfo(rep.timezone)
    work: list[Stretch] = []
    refused: list[Conflict | date] = []
    worked = free_days(rep, days)
    for day in days:
        if not worked[day]:
            refused.append(day)
            continue
        of_day = [visit for visit in visits if visit.planned_start.astimezone(zone).date() == day]
        here = wishes.here if day == days[0] else None
        try:
            work += free_time(rep, day, worked[day], of_day, points, here)
        except Conflict as refusal:
            refused.append(refusal)
    if not work:
        # Why a day is off is asked only where it matters.
        raise why_free(rep, refused[0]) if isinstance(refused[0], date) else refused[0]
    return work


def _named(work: Sequence[Stretch]) -> dict[str, Stretch]:
    """Returns the stretches by the id of their shift: the day, and from the second of a day on its number."""
    named: dict[str, Stretch] = {}
    for one in work:
        number = sum(other.day == one.day for other in named.values()) + 1
        named[f"{one.day}" if number == 1 else f"{one.day}/{number}"] = one
    return named


def _appointments(visits: Sequence[Visit], work: Sequence[Stretch]) -> list[Visit]:
    """Returns the planned visits that claim some of the free time; one that was missed claims none."""
    return [
        visit
        for visit in visits
        if visit.state == VisitState.PLANNED and any(one.start <= visit.planned_start < one.end for one in work)
    ]


def up_to_minute(seconds: int) -> int:
    """Returns the seconds rounded up to whole minutes."""
    return -(-seconds // MINUTE) * MINUTE
