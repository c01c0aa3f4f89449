"""The referee: says what a plan is worth and whether it can be driven, without knowing how it was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import fsum
from typing import TypeAlias

from backend.planning.solver.clockwork import NEVER, breaks_of, last_calls, next_start
from backend.planning.solver.problem import UNREACHABLE, Break, Client, Problem, Shift, TimeWindow
from backend.planning.solver.spacing import crowded


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of a route: reached at `arrival`, served from `start`, left at `leave`."""

    client_id: str
    arrival: int
    start: int
    leave: int

    @property
    def wait(self) -> int:
        return self.start - self.arrival


@dataclass(frozen=True, slots=True)
class Pause:
    """A break as it is taken. One that begins before the next arrival interrupts the ride."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Route:
    """The day of one shift: out at `leave`, back at `back`, `travel` on the road in between."""

    shift_id: str
    leave: int
    stops: tuple[Stop, ...]
    back: int
    travel: int
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """What is wrong with a route and where; `client_id` is empty when the way home is too long."""

    shift_id: str
    client_id: str
    code: str


@dataclass(frozen=True, order=True, slots=True)
class Score:
    """Compares two plans of one problem: required visits first, then prize, then less travel."""

    required: int
    prize: float
    minus_travel: int


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan found good: one route for every shift, in the problem's order of shifts."""

    routes: tuple[Route, ...]
    score: Score

    @property
    def prize(self) -> float:
        return self.score.prize

    @property
    def travel(self) -> int:
        return -self.score.minus_travel

    def order(self) -> dict[str, list[str]]:
        """Returns shift id -> client ids in the order of the visits."""
        return {route.shift_id: [stop.client_id for stop in route.stops] for route in self.routes}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the way: when it was reached, served from, left, which breaks were had since the one before."""

    arrival: int
    start: int
    left: int
    pauses: tuple[Pause, ...]
    before: "Mark | None"


Marks: TypeAlias = dict[int, Mark]
"""Number of breaks taken -> the earliest way to be here with so many."""


def drive(problem: Problem, shift: Shift, clients: Sequence[Client]) -> Route | Broken:
    """Returns the earliest possible schedule of `clients` in this order, or what first makes it impossible."""
    breaks, here, begin = breaks_of(shift), shift.start, shift.window.start
    marks: Marks = {0: Mark(begin, begin, begin, (), None)}
    travel = 0
    for client in clients:
        step = int(problem.matrix[here, client.location])
        if step >= UNREACHABLE:
            return Broken(shift.id, client.id, "NO_WAY")
        marks = visited(onward(breaks, marks, step), problem.windows_of(client), client.service)
        if not marks:
            return Broken(shift.id, client.id, "WINDOW_MISSED")
        here, travel = client.location, travel + step
    step = int(problem.matrix[here, shift.end])
    if step >= UNREACHABLE:
        return Broken(shift.id, "", "NO_WAY")
    home = onward(breaks, marks, step)
    calls = last_calls(shift)
    good = {taken: mark for taken, mark in home.items() if mark.start <= calls[taken]}
    if not good:
        late = min(mark.start for mark in home.values()) > shift.window.end
        return Broken(shift.id, "", "SHIFT_OVERRUN" if late else "BREAK_MISSED")
    return timetable(shift, clients, min(good.items(), key=lambda pair: (pair[1].start, pair[0]))[1], travel + step)


def onward(breaks: Sequence[Break], marks: Marks, travel: int) -> Marks:
    """Returns the earliest ways to be ready at the next place (`start` and `left` say when, `arrival` when it is reached)."""
    found: Marks = {}
    for taken, mark in marks.items():
        begin, arrival, ready = mark.left, mark.left + travel, mark.left + travel
        had: tuple[Pause, ...] = ()
        for number in range(taken, len(breaks) + 1):
            if number not in found or ready < found[number].start:
                found[number] = Mark(arrival, ready, ready, had, mark)
            if number == len(breaks):
                break
            one = breaks[number]
            begin = max(begin, one.window.start)
            if begin > one.window.end:
                break
            if begin < arrival:
                arrival += one.duration
            had = (*had, Pause(begin, begin + one.duration))
            begin += one.duration
            ready = max(ready, one.window.start) + one.duration
    return found


def visited(ready: Marks, windows: tuple[TimeWindow, ...] | None, service: int) -> Marks:
    """Returns the marks after a visit that begins as soon as the windows allow."""
    found: Marks = {}
    for taken, mark in ready.items():
        start = next_start(windows, mark.start)
        if start < NEVER:
            found[taken] = replace(mark, start=start, left=start + service)
    return found


def timetable(shift: Shift, clients: Sequence[Client], last: Mark, travel: int) -> Route:
    """Returns the route that ends with `last`."""
    stops: list[Stop] = []
    pauses = list(last.pauses)
    mark = last.before
    for client in reversed(clients):
        assert mark is not None
        stops.append(Stop(client.id, mark.arrival, mark.start, mark.left))
        pauses[:0] = mark.pauses
        mark = mark.before
    route = Route(shift.id, shift.window.start, tuple(reversed(stops)), last.start, travel, tuple(pauses))
    return leave_late(route)


def leave_late(route: Route) -> Route:
    """Returns the same route with the wait before the first visit spent at home instead of at a closed door."""
    if not route.stops:
        return route
    first = route.stops[0]
    if any(pause.start < first.start for pause in route.pauses):
        return route
    return replace(route, leave=route.leave + first.wait, stops=(replace(first, arrival=first.start), *route.stops[1:]))


def judge(problem: Problem, order: Mapping[str, Sequence[str]]) -> Solution | tuple[Broken, ...]:
    """Returns the plan `order` (shift id -> client ids) timed and scored, or everything that is wrong with it."""
    broken: list[Broken] = [Broken(name, "", "UNKNOWN_SHIFT") for name in order if name not in problem.shift_by_id]
    routes: list[Route] = []
    seen: set[str] = set()
    groups: set[str] = set()
    served: list[tuple[Shift, Client]] = []
    for shift in problem.shifts:
        clients: list[Client] = []
        for client_id in order.get(shift.id, ()):
            client = problem.client_by_id.get(client_id)
            if client is None or client_id in seen:
                broken.append(Broken(shift.id, client_id, "UNKNOWN_CLIENT" if client is None else "VISITED_TWICE"))
                continue
            seen.add(client_id)
            if not problem.may_serve(shift, client):
                broken.append(Broken(shift.id, client_id, "NOT_ALLOWED"))
            if client.group is not None and client.group in groups:
                broken.append(Broken(shift.id, client_id, "GROUP_TWICE"))
            if crowded(problem, shift, client, served):
                broken.append(Broken(shift.id, client_id, "TOO_SOON"))
            if client.id in problem.kin:
                served.append((shift, client))
            groups |= {client.group} if client.group is not None else set()
            clients.append(client)
        broken += unlocked(shift, [client.id for client in clients])
        if not clients:
            routes.append(Route(shift.id, shift.window.start, (), shift.window.start, 0))
            continue
        route = drive(problem, shift, clients)
        if isinstance(route, Broken):
            broken.append(route)
        else:
            routes.append(route)
    return tuple(broken) if broken else Solution(tuple(routes), score(problem, routes))


def unlocked(shift: Shift, visits: Sequence[str]) -> list[Broken]:
    """Returns which locked clients are missing or out of order, and what was put before a settled one."""
    locked = [one.client_id for one in shift.locked]
    settled = locked[: shift.settled]
    if list(visits[: len(settled)]) != settled:
        wrong = next((a for a, b in zip_longest(settled, visits) if a is not None and a != b), "")
        return [Broken(shift.id, wrong, "LOCK_BROKEN")]
    kept = [name for name in visits if name in set(locked)]
    return [Broken(shift.id, a, "LOCK_BROKEN") for a, b in zip_longest(locked, kept) if a is not None and a != b][:1]


def score(problem: Problem, routes: Sequence[Route]) -> Score:
    """Returns what these routes are worth; they are taken to be possible."""
    served = [problem.client_by_id[stop.client_id] for route in routes for stop in route.stops]
    return Score(
        required=sum(client.required for client in served),
        prize=fsum(client.prize for client in served),
        minus_travel=-sum(route.travel for route in routes),
    )
