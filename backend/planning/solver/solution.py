"""The referee: says what a plan is worth and whether it can be driven, without knowing how it was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift


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
class Route:
    """The day of one shift: out at `leave`, back at `back`, `travel` on the road in between."""

    shift_id: str
    leave: int
    stops: tuple[Stop, ...]
    back: int
    travel: int


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


def next_start(client: Client, arrival: int) -> int | None:
    """Returns the earliest time, `arrival` or later, at which the client may be served; None when it never may."""
    if client.windows is None:
        return arrival
    starts = [max(arrival, window.start) for window in client.windows if arrival <= window.end]
    return min(starts, default=None)


def drive(problem: Problem, shift: Shift, clients: Sequence[Client]) -> Route | Broken:
    """Returns the earliest possible schedule of `clients` in this order, or what first makes it impossible."""
    here, clock, travel = shift.start, shift.window.start, 0
    stops: list[Stop] = []
    for client in clients:
        step = int(problem.matrix[here, client.location])
        if step >= UNREACHABLE:
            return Broken(shift.id, client.id, "NO_WAY")
        arrival = clock + step
        start = next_start(client, arrival)
        if start is None:
            return Broken(shift.id, client.id, "WINDOW_MISSED")
        stops.append(Stop(client.id, arrival, start, start + client.service))
        here, clock, travel = client.location, start + client.service, travel + step
    step = int(problem.matrix[here, shift.end])
    if step >= UNREACHABLE:
        return Broken(shift.id, "", "NO_WAY")
    if clock + step > shift.window.end:
        return Broken(shift.id, "", "SHIFT_OVERRUN")
    return leave_late(Route(shift.id, shift.window.start, tuple(stops), clock + step, travel + step))


def leave_late(route: Route) -> Route:
    """Returns the same route with the wait before the first visit spent at home instead of at a closed door."""
    if not route.stops:
        return route
    first = route.stops[0]
    punctual = Stop(first.client_id, first.start, first.start, first.leave)
    return Route(route.shift_id, route.leave + first.wait, (punctual, *route.stops[1:]), route.back, route.travel)


def judge(problem: Problem, order: Mapping[str, Sequence[str]]) -> Solution | tuple[Broken, ...]:
    """Returns the plan `order` (shift id -> client ids) timed and scored, or everything that is wrong with it."""
    broken: list[Broken] = [Broken(name, "", "UNKNOWN_SHIFT") for name in order if name not in problem.shift_by_id]
    routes: list[Route] = []
    seen: set[str] = set()
    for shift in problem.shifts:
        clients: list[Client] = []
        for client_id in order.get(shift.id, ()):
            client = problem.client_by_id.get(client_id)
            if client is None or client_id in seen:
                broken.append(Broken(shift.id, client_id, "UNKNOWN_CLIENT" if client is None else "VISITED_TWICE"))
                continue
            seen.add(client_id)
            clients.append(client)
        if not clients:
            routes.append(Route(shift.id, shift.window.start, (), shift.window.start, 0))
            continue
        route = drive(problem, shift, clients)
        if isinstance(route, Broken):
            broken.append(route)
        else:
            routes.append(route)
    return tuple(broken) if broken else Solution(tuple(routes), score(problem, routes))


def score(problem: Problem, routes: Sequence[Route]) -> Score:
    """Returns what these routes are worth; they are taken to be possible."""
    served = [problem.client_by_id[stop.client_id] for route in routes for stop in route.stops]
    return Score(
        required=sum(client.required for client in served),
        prize=fsum(client.prize for client in served),
        minus_travel=-sum(route.travel for route in routes),
    )
