"""What it would cost to force one more visit into a full plan, and taking that trade wherever it pays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from backend.planning.solver.greedy import groups_of, insert_all
from backend.planning.solver.insertion import Line
from backend.planning.solver.problem import Client
from backend.planning.solver.solution import Broken, drive
from backend.planning.solver.spacing import too_near

EPSILON = 1e-9

Cost: TypeAlias = tuple[int, float, int]
"""What is lost: required and locked visits, then prize, then the number of visits."""

Stays: TypeAlias = tuple[tuple[int, tuple[Client, ...]], ...]
"""Number of a line, and the stops it then holds."""

NOTHING: Cost = (0, 0.0, 0)
ANYTHING: Cost = (1 << 40, 0.0, 0)


@dataclass(frozen=True, slots=True)
class Trade:
    """A plan of one line that serves `client`: the neighbouring stops `lost` go, the others stay as they are. From the lines
    in `elsewhere`, which then hold these stops, visits of the same account go that would be too near; `lost` has them too."""

    cost: Cost
    line: int
    stops: tuple[Client, ...]
    lost: tuple[Client, ...]
    elsewhere: Stays = ()


def plus(cost: Cost, line: Line, client: Client) -> Cost:
    """Returns the cost when `client` is lost as well."""
    return cost[0] + (client.required or client.id in line.locked), cost[1] + client.prize, cost[2] + 1


def cheapest(lines: Sequence[Line], client: Client, below: Cost = ANYTHING) -> Trade | None:
    """Returns the trade over all lines that serves `client` at the least cost, if there is one cheaper than `below`.

    Only stops next to each other are given up for it: all such stretches are tried, and the client in their place; besides,
    visits of the same account wherever they stand too near.
    """
    best: Trade | None = None
    for number in range(len(lines)):
        found = cheapest_in(lines, number, client, below)
        if found is not None:
            best, below = found, found.cost
    return best


def cheapest_in(lines: Sequence[Line], number: int, client: Client, below: Cost) -> Trade | None:
    """Returns the cheapest trade in one line, if there is one that costs less than `below`."""
    line = lines[number]
    if not line.allows(client):
        return None
    near = kin_in_the_way(lines, number, client)
    stops, settled = line.stops, line.shift.settled
    here = [place for place, stop in enumerate(stops) if stop.id in near.get(number, ())]
    low, high = (here[0], here[-1]) if here else (len(stops), -1)
    others = without(lines, {other: names for other, names in near.items() if other != number})
    if others is None:
        return None
    base, gone, elsewhere = others
    found: tuple[int, int] | None = None
    for first in range(min(len(stops), low) + 1):
        before, clocks = line.left(first)
        left = line.visit(before, clocks, client)
        cost = base
        for after in range(first, len(stops) + 1):
            if left is None or cost >= below:
                break
            if max(first, after) >= settled and after > high and line.makes(client, left, after):
                found, below = (first, after), cost
                break
            if after < len(stops):
                cost = plus(cost, line, stops[after])
    if found is None:
        return None
    first, after = found
    whole = (*stops[:first], client, *stops[after:])
    return Trade(below, number, whole, (*stops[first:after], *gone), elsewhere)


def without(lines: Sequence[Line], names: Mapping[int, set[str]]) -> tuple[Cost, list[Client], Stays] | None:
    """Returns what it costs to leave these stops out of the lines named, them, and what stays; None where a line cannot be
    driven without them."""
    cost, gone, elsewhere = NOTHING, list[Client](), list[tuple[int, tuple[Client, ...]]]()
    for other, some in names.items():
        line = lines[other]
        stays = tuple(stop for stop in line.stops if stop.id not in some)
        if isinstance(drive(line.problem, line.shift, stays), Broken):
            return None
        elsewhere.append((other, stays))
        for stop in line.stops:
            if stop.id in some:
                cost = plus(cost, line, stop)
                gone.append(stop)
    return cost, gone, tuple(elsewhere)


def kin_in_the_way(lines: Sequence[Line], number: int, client: Client) -> dict[int, set[str]]:
    """Returns, by line, the visits of the same account that stand too near to a visit of `client` on line `number`."""
    line = lines[number]
    kin = line.problem.kin.get(client.id)
    if kin is None:
        return {}
    found: dict[int, set[str]] = {}
    for other, one in enumerate(lines):
        for stop in one.stops:
            if stop.id in kin and too_near(line.problem, line.shift, client, one.shift, stop):
                found.setdefault(other, set()).add(stop.id)
    return found


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
            for other, stays in trade.elsewhere:
                lines[other].replace(stays)
            lines[trade.line].replace(trade.stops)
            waiting = insert_all(list(lines), [one for one in waiting if one.id != client.id] + list(trade.lost))
            improved = True
            break
    return waiting
