"""What it would cost to force one more visit into a full plan, and taking that trade wherever it pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from backend.planning.solver.greedy import insert_all
from backend.planning.solver.insertion import Line
from backend.planning.solver.problem import Client

EPSILON = 1e-9


@dataclass(frozen=True, order=True, slots=True)
class Cost:
    """What would be lost: required visits before prize before the number of visits."""

    required: int = 0
    prize: float = 0.0
    visits: int = 0

    def with_lost(self, client: Client) -> "Cost":
        return Cost(self.required + client.required, self.prize + client.prize, self.visits + 1)


@dataclass(frozen=True, slots=True)
class Trade:
    """A plan of one line that serves `client` at the cheapest price: `lost` go, the others keep their order."""

    cost: Cost
    line: int
    stops: tuple[Client, ...]
    lost: tuple[Client, ...]


def cheapest(lines: Sequence[Line], client: Client, below: Cost | None = None) -> Trade | None:
    """Returns the trade over all lines that serves `client` at the least cost, if there is one cheaper than `below`."""
    best: Trade | None = None
    for number, line in enumerate(lines):
        found = cheapest_in(line, number, client, best.cost if best else below)
        best = found or best
    return best


def cheapest_in(line: Line, number: int, client: Client, below: Cost | None) -> Trade | None:
    """Returns the cheapest trade in one line, if there is one that costs less than `below`.

    Walks the route stop by stop, a label being how far it got, whether the client is in already, the place and the
    clock. Labels are taken cheapest first, so the first one whose remaining stops all fit is the answer; one that
    stands at the same place no earlier than a cheaper one can never win.
    """
    stops, rows, count = line.stops, line.rows, len(line.stops)
    earliest: dict[tuple[int, bool, int], int] = {}
    born = 0
    # cost, birth number (settles ties the same way every time), stops passed, client in, place, clock, kept, lost
    heap: list[tuple[Cost, int, int, bool, int, int, tuple[Client, ...], tuple[Client, ...]]] = []
    heappush(heap, (Cost(), born, 0, False, line.shift.start, line.shift.window.start, (), ()))
    while heap:
        cost, _, passed, inside, here, clock, kept, lost = heappop(heap)
        if below is not None and cost >= below:
            return None
        if clock >= earliest.get((passed, inside, here), clock + 1):
            continue
        earliest[passed, inside, here] = clock
        if inside:
            there = stops[passed].location if passed < count else line.shift.end
            if clock + rows[here][there] <= line.latest[passed]:
                return Trade(cost, number, kept + tuple(stops[passed:]), lost)
        else:
            left = line.visit(here, clock, client)
            if left is not None:
                born += 1
                heappush(heap, (cost, born, passed, True, client.location, left, (*kept, client), lost))
        if passed < count:
            stop = stops[passed]
            left = line.visit(here, clock, stop)
            if left is not None:
                born += 1
                heappush(heap, (cost, born, passed + 1, inside, stop.location, left, (*kept, stop), lost))
            born += 1
            heappush(heap, (cost.with_lost(stop), born, passed + 1, inside, here, clock, kept, (*lost, stop)))
    return None


def improve(lines: Sequence[Line], left_out: Sequence[Client]) -> list[Client]:
    """Fills `lines` with what still fits and makes every trade that pays, and returns who is left out for good.

    Afterwards no left-out client fits, and none is worth more than the cheapest set of stops that would have to go.
    """
    waiting = insert_all(list(lines), left_out)
    improved = True
    while improved:
        improved = False
        for client in sorted(waiting, key=lambda one: (-one.required, -one.prize, one.id)):
            ceiling = Cost(0, float("inf")) if client.required else Cost(0, client.prize - EPSILON)
            trade = cheapest(lines, client, ceiling)
            if trade is None:
                continue
            lines[trade.line].replace(trade.stops)
            waiting = insert_all(list(lines), [one for one in waiting if one.id != client.id] + list(trade.lost))
            improved = True
            break
    return waiting
