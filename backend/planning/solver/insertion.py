"""A route under construction that can tell at once whether one more visit fits, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift
from backend.planning.solver.solution import next_start


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit fits: before stop number `position`, at the price of `added` time (detour, wait and service)."""

    position: int
    added: int


class Line:
    """The stops of one shift with, for each, when it is left and the latest it may be reached.

    Inserting between two stops is then one comparison: does the clock after the new visit still make the latest
    arrival of the next stop, and with it of everything after?
    """

    def __init__(self, problem: Problem, shift: Shift, stops: Sequence[Client] = ()) -> None:
        self.rows = problem.rows
        self.shift = shift
        self.stops: list[Client] = list(stops)
        self.leave: list[int] = []
        self.latest: list[int] = []
        self._time()

    def best_place(self, client: Client) -> Place | None:
        """Returns the cheapest place where `client` fits with every present stop kept; None when there is none."""
        best: Place | None = None
        before, clock = self.shift.start, self.shift.window.start
        for position in range(len(self.stops) + 1):
            after = self.stops[position].location if position < len(self.stops) else self.shift.end
            left = self.visit(before, clock, client)
            if left is not None and left + self.rows[client.location][after] <= self.latest[position]:
                added = left - clock + self.rows[client.location][after] - self.rows[before][after]
                if best is None or added < best.added:
                    best = Place(position, added)
            before, clock = after, self.leave[position] if position < len(self.stops) else 0
        return best

    def visit(self, before: int, clock: int, client: Client) -> int | None:
        """Returns when `client` is left if one goes there from `before` at `clock`; None when it cannot be served."""
        travel = self.rows[before][client.location]
        if travel >= UNREACHABLE:
            return None
        start = next_start(client, clock + travel)
        return None if start is None else start + client.service

    def insert(self, position: int, client: Client) -> None:
        """Puts `client` before stop number `position`."""
        self.stops.insert(position, client)
        self._time()

    def replace(self, stops: Sequence[Client]) -> None:
        """Makes `stops` the whole route."""
        self.stops = list(stops)
        self._time()

    def _time(self) -> None:
        # The caller only ever builds routes that can be driven, so a missed window here is a broken promise.
        self.leave = []
        here, clock = self.shift.start, self.shift.window.start
        for stop in self.stops:
            left = self.visit(here, clock, stop)
            if left is None:
                raise AssertionError(f"{stop.id} does not fit on {self.shift.id}")
            self.leave.append(left)
            here, clock = stop.location, left
        self.latest = [self.shift.window.end] * (len(self.stops) + 1)
        there = self.shift.end
        for number in range(len(self.stops) - 1, -1, -1):
            stop = self.stops[number]
            by = self.latest[number + 1] - self.rows[stop.location][there] - stop.service
            self.latest[number] = latest_start(stop, by)
            there = stop.location


def latest_start(client: Client, by: int) -> int:
    """Returns the latest allowed start of service no later than `by`; -1 when there is none."""
    if client.windows is None:
        return by
    return max((min(by, window.end) for window in client.windows if window.start <= by), default=-1)


def fits_alone(problem: Problem, client: Client) -> bool:
    """Says whether some shift could serve this client if it had nothing else to do."""
    return any(Line(problem, shift).best_place(client) is not None for shift in problem.shifts)


def reachable(problem: Problem, client: Client) -> bool:
    """Says whether some shift has a way from its start to the client and on to its end."""
    rows = problem.rows
    return any(
        rows[shift.start][client.location] < UNREACHABLE and rows[client.location][shift.end] < UNREACHABLE
        for shift in problem.shifts
    )
