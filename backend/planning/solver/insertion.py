"""A route under construction that can tell at once whether one more visit fits, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.planning.solver.clockwork import (
    Clocks,
    at_start,
    breaks_of,
    in_time,
    last_calls,
    leave_by,
    lone_visit,
    ride,
    serve,
    serve_by,
)
from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit fits: before stop number `position`, at the price of `added` time (detour, wait and service)."""

    position: int
    added: int


class Line:
    """The stops of one shift with, for each, when it is left and the latest it may be reached.

    Inserting between two stops is then one comparison: does the clock after the new visit still make the latest
    arrival of the next stop, and with it of everything after? A new line holds the clients locked on its shift.
    """

    def __init__(self, problem: Problem, shift: Shift, stops: Sequence[Client] | None = None) -> None:
        self.problem = problem
        self.rows = problem.rows
        self.shift = shift
        self.breaks = breaks_of(shift)
        self.locked = frozenset(one.client_id for one in shift.locked)
        if stops is None:
            stops = [problem.client_by_id[one.client_id] for one in shift.locked]
        self.stops: list[Client] = list(stops)
        self.leave: list[Clocks] = []
        self.latest: list[Clocks] = []
        self._time()

    def allows(self, client: Client) -> bool:
        """Says whether this shift may serve the client at all."""
        return self.problem.may_serve(self.shift, client)

    def best_place(self, client: Client) -> Place | None:
        """Returns the cheapest place where `client` fits with every present stop kept; None when there is none."""
        if not self.allows(client):
            return None
        best: Place | None = None
        for position in range(self.shift.settled, len(self.stops) + 1):
            before, clocks = self.left(position)
            over = self.visit(before, clocks, client)
            if over is None:
                continue
            after = self.place(position)
            home = ride(self.breaks, over, self.rows[client.location][after])
            if in_time(home, self.latest[position]):
                added = min(home) - min(clocks) - (self.rows[before][after] if self.stops else 0)
                if best is None or added < best.added:
                    best = Place(position, added)
        return best

    def left(self, position: int) -> tuple[int, Clocks]:
        """Returns the place before stop number `position` and the clocks on leaving it."""
        if position == 0:
            return self.shift.start, at_start(self.shift)
        return self.stops[position - 1].location, self.leave[position - 1]

    def place(self, position: int) -> int:
        """Returns where stop number `position` is; after the last one that is the end of the shift."""
        return self.stops[position].location if position < len(self.stops) else self.shift.end

    def visit(self, before: int, clocks: Clocks, client: Client) -> Clocks | None:
        """Returns when `client` is left if one goes there from `before`; None when it cannot be served."""
        there = ride(self.breaks, clocks, self.rows[before][client.location])
        left = serve(self.problem.windows_of(client), client.service, there)
        return None if min(left) >= UNREACHABLE else left

    def makes(self, client: Client, left: Clocks, position: int) -> bool:
        """Says whether stop number `position` and all after it can be kept when coming from `client`."""
        return in_time(ride(self.breaks, left, self.rows[client.location][self.place(position)]), self.latest[position])

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
        here, clocks = self.shift.start, at_start(self.shift)
        for stop in self.stops:
            left = self.visit(here, clocks, stop)
            if left is None:
                raise AssertionError(f"{stop.id} does not fit on {self.shift.id}")
            self.leave.append(left)
            here, clocks = stop.location, left
        self.latest = [last_calls(self.shift)] * (len(self.stops) + 1)
        there = self.shift.end
        for number in range(len(self.stops) - 1, -1, -1):
            stop = self.stops[number]
            by = leave_by(self.breaks, self.latest[number + 1], self.rows[stop.location][there])
            self.latest[number] = serve_by(self.problem.windows_of(stop), stop.service, by)
            there = stop.location


def fits_alone(problem: Problem, client: Client) -> bool:
    """Says whether some shift could serve this client if it had nothing else to do."""
    return any(lone_visit(problem, shift, client.id) for shift in problem.shifts)


def reachable(problem: Problem, client: Client) -> bool:
    """Says whether some shift has a way from its start to the client and on to its end."""
    rows = problem.rows
    return any(
        rows[shift.start][client.location] < UNREACHABLE and rows[client.location][shift.end] < UNREACHABLE
        for shift in problem.shifts
    )
