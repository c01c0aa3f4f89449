"""What it would cost to force one more visit into a full plan, and taking that trade wherever it pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeAlias

from backend.planning.solver.greedy import insert_all
from backend.planning.solver.insertion import Line
from backend.planning.solver.problem import Client

EPSILON = 1e-9

Cost: TypeAlias = tuple[int, float, int]
"""What is lost: required visits, then prize, then the number of visits."""

NOTHING: Cost = (0, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Trade:
    """A plan of one line that serves `client` at the cheapest price: `lost` go, the others keep their order."""

    cost: Cost
    line: int
    stops: tuple[Client, ...]
    lost: tuple[Client, ...]


def plus(cost: Cost, client: Client) -> Cost:
    """Returns the cost when `client` is lost as well."""
    return cost[0] + client.required, cost[1] + client.prize, cost[2] + 1


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
    stands at the same place no earlier than a cheaper one can never win, nor one that costs as much as giving up
    neighbours only, which is quickly found.
    """
    neighbours = cheapest_gap(line, number, client, below)
    ceiling = neighbours.cost if neighbours else below
    stops, rows, count = line.stops, line.rows, len(line.stops)
    earliest: dict[tuple[int, bool, int], int] = {}
    born = 0
    # cost, birth number (settles ties the same way every time), stops passed, client in, place, clock, kept, lost
    heap: list[tuple[Cost, int, int, bool, int, int, tuple[Client, ...], tuple[Client, ...]]] = []
    heappush(heap, (NOTHING, born, 0, False, line.shift.start, line.shift.window.start, (), ()))
    while heap:
        cost, _, passed, inside, here, clock, kept, lost = heappop(heap)
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
            dearer = plus(cost, stop)
            if ceiling is None or dearer < ceiling:
                born += 1
                heappush(heap, (dearer, born, passed + 1, inside, here, clock, kept, (*lost, stop)))
    return neighbours


def cheapest_gap(line: Line, number: int, client: Client, below: Cost | None) -> Trade | None:
    """Returns the cheapest trade that gives up stops next to each other and puts `client` in their place."""
    stops, rows = line.stops, line.rows
    found: tuple[int, int] | None = None
    before, clock = line.shift.start, line.shift.window.start
    for first in range(len(stops) + 1):
        left = line.visit(before, clock, client)
        cost = NOTHING
        for after in range(first, len(stops) + 1):
            if left is None or (below is not None and cost >= below):
                break
            there = stops[after].location if after < len(stops) else line.shift.end
            if left + rows[client.location][there] <= line.latest[after]:
                found, below = (first, after), cost
                break
            if after < len(stops):
                cost = plus(cost, stops[after])
        if first < len(stops):
            before, clock = stops[first].location, line.leave[first]
    if found is None or below is None:
        return None
    first, after = found
    return Trade(below, number, (*stops[:first], client, *stops[after:]), tuple(stops[first:after]))


def improve(lines: Sequence[Line], left_out: Sequence[Client]) -> list[Client]:
    """Fills `lines` with what still fits and makes every trade that pays, and returns who is left out for good.

    Afterwards no left-out client fits, and none is worth more than the cheapest set of stops that would have to go.
    """
    waiting = insert_all(list(lines), left_out)
    improved = True
    while improved:
        improved = False
        for client in sorted(waiting, key=lambda one: (-one.required, -one.prize, one.id)):
            ceiling = (0, float("inf"), 0) if client.required else (0, client.prize - EPSILON, 0)
            trade = cheapest(lines, client, ceiling)
            if trade is None:
                continue
            lines[trade.line].replace(trade.stops)
            waiting = insert_all(list(lines), [one for one in waiting if one.id != client.id] + list(trade.lost))
            improved = True
            break
    return waiting
