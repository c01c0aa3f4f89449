"""Accounts at a border change sides: annealing towards even loads, short ways and few moves; territories stay in one piece.

Compiled; see `balance`."""

from typing import NamedTuple

import numpy as np

from backend.kit.compiled import compiled
from backend.territories.balance.graph import Graph
from backend.territories.balance.medians_state import Floats, Ints
from backend.territories.balance.random_bits import Stream, draw


class Field(NamedTuple):
    """What does not change: places (in units of the typical distance to a centre), work, pins, and where accounts lay.

    `fixed`: 1 where an account must stay; `before`: its territory so far or -1."""

    x: Floats
    y: Floats
    work: Floats
    fixed: Ints
    before: Ints


class Cut(NamedTuple):
    """Territory of each account, and of each territory: work, number of accounts, sums of their x and y."""

    territory: Ints
    load: Floats
    size: Ints
    sum_x: Floats
    sum_y: Floats


class Aim(NamedTuple):
    """Mean load, what deviation from it is free (share), and the prices of deviation, of way and of a moved account."""

    mean: float
    free: float
    uneven: float
    way: float
    moved: float


@compiled
def fill(field: Field, cut: Cut) -> None:
    """Works out the figures of all territories anew."""
    for one in range(cut.load.size):
        cut.load[one] = cut.sum_x[one] = cut.sum_y[one] = 0.0
        cut.size[one] = 0
    for point in range(field.x.size):
        one = cut.territory[point]
        cut.load[one] += field.work[point]
        cut.size[one] += 1
        cut.sum_x[one] += field.x[point]
        cut.sum_y[one] += field.y[point]


@compiled
def uneven(aim: Aim, load: float) -> float:
    """Returns the price of a load: nothing while it is near the mean, then growing with distance and its square."""
    beyond = abs(load / aim.mean - 1.0) - aim.free
    if beyond <= 0.0:
        return 0.0
    return aim.uneven * (beyond + 25.0 * beyond * beyond)


@compiled
def change(field: Field, cut: Cut, aim: Aim, point: int, into: int) -> float:
    """Returns what moving an account would change in all prices."""
    source = cut.territory[point]
    weight = field.work[point]
    result = uneven(aim, cut.load[source] - weight) - uneven(aim, cut.load[source])
    result += uneven(aim, cut.load[into] + weight) - uneven(aim, cut.load[into])
    if field.before[point] >= 0:
        if source == field.before[point]:
            result += aim.moved
        elif into == field.before[point]:
            result -= aim.moved
    n, m = cut.size[source], cut.size[into]
    if n > 1:
        dx, dy = field.x[point] - cut.sum_x[source] / n, field.y[point] - cut.sum_y[source] / n
        result -= aim.way * (dx * dx + dy * dy) * n / (n - 1)
    if m > 0:
        dx, dy = field.x[point] - cut.sum_x[into] / m, field.y[point] - cut.sum_y[into] / m
        result += aim.way * (dx * dx + dy * dy) * m / (m + 1)
    return result


@compiled
def move(field: Field, cut: Cut, point: int, into: int) -> None:
    """Moves an account."""
    source = cut.territory[point]
    for one, sign in ((source, -1), (into, 1)):
        cut.load[one] += sign * field.work[point]
        cut.size[one] += sign
        cut.sum_x[one] += sign * field.x[point]
        cut.sum_y[one] += sign * field.y[point]
    cut.territory[point] = into


@compiled
def leaves_whole(graph: Graph, territory: Ints, point: int, seen: Ints, queue: Ints) -> bool:
    """Says whether the neighbours of an account in its own territory still reach one another without it.

    `seen` and `queue` are scratch; `seen[-1]` counts the calls, so that nothing need be cleaned."""
    own = territory[point]
    seen[-1] += 1
    stamp = seen[-1]
    wanted = 0
    first = -1
    for at in range(graph.starts[point], graph.starts[point + 1]):
        if territory[graph.ends[at]] == own:
            wanted += 1
            first = graph.ends[at]
            seen[graph.ends[at]] = -stamp
    if wanted < 2:
        return True
    found, head, tail = 1, 0, 1
    queue[0] = first
    seen[first] = stamp
    seen[point] = stamp
    while head < tail:
        here = queue[head]
        head += 1
        for at in range(graph.starts[here], graph.starts[here + 1]):
            other = graph.ends[at]
            if territory[other] != own or seen[other] == stamp:
                continue
            if seen[other] == -stamp:
                found += 1
                if found == wanted:
                    return True
            seen[other] = stamp
            queue[tail] = other
            tail += 1
    return False


@compiled
def anneal(
    field: Field, graph: Graph, cut: Cut, aim: Aim, chance: Stream, seen: Ints, queue: Ints, steps: int, heat: Floats
) -> int:
    """Tries `steps` moves while the heat falls from `heat[0]` to `heat[1]`; returns how many were made."""
    count = field.x.size
    made = 0
    cooling = (heat[1] / heat[0]) ** (1.0 / max(steps, 1))
    warm = heat[0]
    for _ in range(steps):
        warm *= cooling
        point = int(draw(chance) * count)
        if field.fixed[point]:
            continue
        first, last = graph.starts[point], graph.starts[point + 1]
        if first == last:
            continue
        into = cut.territory[graph.ends[first + int(draw(chance) * (last - first))]]
        if into == cut.territory[point] or cut.size[cut.territory[point]] < 2:
            continue
        price = change(field, cut, aim, point, into)
        if price > 0.0 and draw(chance) >= np.exp(-price / warm):
            continue
        if leaves_whole(graph, cut.territory, point, seen, queue):
            move(field, cut, point, into)
            made += 1
    return made


@compiled
def bring_back(field: Field, graph: Graph, cut: Cut, aim: Aim, seen: Ints, queue: Ints) -> int:
    """Takes moved accounts back to where they lay, wherever that costs nothing in balance; returns how many."""
    back = 0
    for point in range(field.x.size):
        home = field.before[point]
        if home < 0 or cut.territory[point] == home or field.fixed[point]:
            continue
        touches = False
        for at in range(graph.starts[point], graph.starts[point + 1]):
            touches = touches or cut.territory[graph.ends[at]] == home
        better = touches and change(field, cut, aim, point, home) < 0.0
        if better and leaves_whole(graph, cut.territory, point, seen, queue):
            move(field, cut, point, home)
            back += 1
    return back
