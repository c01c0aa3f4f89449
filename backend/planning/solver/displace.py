"""What it would cost to force one more visit into a full plan, and taking that trade wherever it pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from backend.planning.solver.greedy import groups_of, insert_all
from backend.planning.solver.insertion import Line
from backend.planning.solver.problem import Client

EPSILON = 1e-9

Cost: TypeAlias = tuple[int, float, int]
"""What is lost: required and locked visits, then prize, then the number of visits."""

NOTHING: Cost = (0, 0.0, 0)
ANYTHING: Cost = (1 << 40, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Trade:
    """A plan of one line that serves `client`: the neighbouring stops `lost` go, the others stay as they are."""

    cost: Cost
    line: int
    stops: tuple[Client, ...]
    lost: tuple[Client, ...]


def plus(cost: Cost, line: Line, client: Client) -> Cost:
    """Returns the cost when `client` is lost as well."""
    return cost[0] + (client.required or client.id in line.locked), cost[1] + client.prize, cost[2] + 1


def cheapest(lines: Sequence[Line], client: Client, below: Cost = ANYTHING) -> Trade | None:
    """Returns the trade over all lines that serves `client` at the least cost, if there is one cheaper than `below`.

    Only stops next to each other are given up for it: all such stretches are tried, and the client in their place.
    """
    best: Trade | None = None
    for number, line in enumerate(lines):
        found = cheapest_in(line, number, client, below)
        if found is not None:
            best, below = found, found.cost
    return best


def cheapest_in(line: Line, number: int, client: Client, below: Cost) -> Trade | None:
    """Returns the cheapest trade in one line, if there is one that costs less than `below`."""
    if not line.allows(client):
        return None
    stops, settled = line.stops, line.shift.settled
    found: tuple[int, int] | None = None
    for first in range(len(stops) + 1):
        before, clocks = line.left(first)
        left = line.visit(before, clocks, client)
        cost = NOTHING
        for after in range(first, len(stops) + 1):
            if left is None or cost >= below:
                break
            if max(first, after) >= settled and line.makes(client, left, after):
                found, below = (first, after), cost
                break
            if after < len(stops):
                cost = plus(cost, line, stops[after])
    if found is None:
        return None
    first, after = found
    return Trade(below, number, (*stops[:first], client, *stops[after:]), tuple(stops[first:after]))


def improve(lines: Sequence[Line], left_out: Sequence[Client]) -> list[Client]:
    """Fills `lines` with what still fits and makes every trade that pays, and returns who is left out for good.

    Afterwards no left-out client fits, and none is worth more than the cheapest stretch that would have to go, save
    clients of whose group another is served.
    """
    waiting = insert_all(list(lines), left_out)
    improved = True
    while improved:
        improved = False
        taken = groups_of(lines)
        for client in sorted(waiting, key=lambda one: (-one.required, -one.prize, one.id)):
            if client.group in taken:
                continue
            ceiling = (0, float("inf"), 0) if client.required else (0, client.prize - EPSILON, 0)
            trade = cheapest(lines, client, ceiling)
            if trade is None:
                continue
            lines[trade.line].replace(trade.stops)
            waiting = insert_all(list(lines), [one for one in waiting if one.id != client.id] + list(trade.lost))
            improved = True
            break
    return waiting
