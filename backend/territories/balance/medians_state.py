"""What the search for medians knows at one moment, and the elementary changes to it. Compiled; see `medians`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.kit.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT_BELOW = 64
"""A group of fewer points tries each of them as its median; a larger one those around its geometric median."""


class Points(NamedTuple):
    """The instance: plane coordinates, demands, capacity of one group; `whole`: distances are rounded down."""

    x: Floats
    y: Floats
    demand: Floats
    capacity: float
    whole: bool
    penalty: float


class State(NamedTuple):
    """Groups as chains (`first`, `after`, `before`), their median points, loads, costs and nearest other groups.

    `exit`: what each point would lose at least by going to one of the groups near its own; below 0 it would gain.
    `changed`, `asked`: at which tick a group last changed, and a point was last found to have no better place."""

    group: Ints
    after: Ints
    before: Ints
    first: Ints
    size: Ints
    median: Ints
    load: Floats
    cost: Floats
    near: Ints
    exit: Floats
    changed: Floats
    asked: Floats
    awake: Ints


def empty_state(points: int, groups: int, near: int) -> State:
    """Returns a state in which no point lies in a group."""
    return State(
        group=np.full(points, -1, np.int64),
        after=np.full(points, -1, np.int64),
        before=np.full(points, -1, np.int64),
        first=np.full(groups, -1, np.int64),
        size=np.zeros(groups, np.int64),
        median=np.zeros(groups, np.int64),
        load=np.zeros(groups),
        cost=np.zeros(groups),
        near=np.zeros((groups, near), np.int64),
        exit=np.zeros(points),
        changed=np.zeros(groups),
        asked=np.zeros(points),
        awake=np.zeros(groups, np.int64),
    )


@compiled
def copy_state(source: State, target: State) -> None:
    """Makes `target` equal to `source`."""
    # Loops and no slices: numba would spend seconds on the messages of slices that do not fit.
    for point in range(source.group.size):
        target.group[point] = source.group[point]
        target.after[point] = source.after[point]
        target.before[point] = source.before[point]
        target.exit[point] = source.exit[point]
        target.asked[point] = source.asked[point]
    for group in range(source.median.size):
        target.first[group] = source.first[group]
        target.size[group] = source.size[group]
        target.median[group] = source.median[group]
        target.load[group] = source.load[group]
        target.cost[group] = source.cost[group]
        target.changed[group] = source.changed[group]
        for number in range(source.near.shape[1]):
            target.near[group, number] = source.near[group, number]


@compiled
def order(keys: Floats) -> Ints:
    """Returns the order that sorts some keys (shell sort: compiling numpy's would take seconds)."""
    result = np.empty(keys.size, np.int64)
    for number in range(keys.size):
        result[number] = number
    gap = keys.size // 2
    while gap > 0:
        for number in range(gap, keys.size):
            held = result[number]
            at = number
            while at >= gap and keys[result[at - gap]] > keys[held]:
                result[at] = result[at - gap]
                at -= gap
            result[at] = held
        gap //= 2
    return result


@compiled
def distance(points: Points, a: int, b: int) -> float:
    """Returns the distance of two points."""
    dx = points.x[a] - points.x[b]
    dy = points.y[a] - points.y[b]
    away = np.sqrt(dx * dx + dy * dy)
    if points.whole:
        return float(np.floor(away + 1e-9))
    return float(away)


@compiled
def over(points: Points, load: float) -> float:
    """Returns how far a load lies above the capacity."""
    return max(0.0, load - points.capacity - 1e-9)


@compiled
def total(points: Points, state: State) -> float:
    """Returns the sum of distances, and the penalty of what lies above the capacity."""
    result = 0.0
    for group in range(state.median.size):
        result += state.cost[group] + points.penalty * over(points, state.load[group])
    return result


@compiled
def put(points: Points, state: State, point: int, group: int) -> None:
    """Adds a point that lies nowhere to a group."""
    head = state.first[group]
    state.after[point] = head
    state.before[point] = -1
    if head >= 0:
        state.before[head] = point
    state.first[group] = point
    state.group[point] = group
    state.size[group] += 1
    state.load[group] += points.demand[point]
    state.cost[group] += distance(points, point, state.median[group])


@compiled
def take(points: Points, state: State, point: int) -> None:
    """Takes a point out of its group."""
    group = state.group[point]
    before, after = state.before[point], state.after[point]
    if before >= 0:
        state.after[before] = after
    else:
        state.first[group] = after
    if after >= 0:
        state.before[after] = before
    state.group[point] = -1
    state.size[group] -= 1
    state.load[group] -= points.demand[point]
    state.cost[group] -= distance(points, point, state.median[group])


@compiled
def find_exit(points: Points, state: State, point: int) -> None:
    """Writes what a point would lose at least by leaving its group."""
    group = state.group[point]
    least = np.inf
    for other in state.near[group]:
        least = min(least, distance(points, point, state.median[other]))
    state.exit[point] = least - distance(points, point, state.median[group])


@compiled
def spread(points: Points, state: State, group: int, candidate: int) -> float:
    """Returns what a group would cost around another median."""
    result = 0.0
    member = state.first[group]
    while member >= 0:
        result += distance(points, member, candidate)
        member = state.after[member]
    return result


@compiled
def find_near(points: Points, state: State, group: int) -> None:
    """Writes the nearest other groups of one, nearest first."""
    count = state.near.shape[1]
    found = 0
    best = np.empty(count)
    for other in range(state.median.size):
        if other == group:
            continue
        dx = points.x[state.median[group]] - points.x[state.median[other]]
        dy = points.y[state.median[group]] - points.y[state.median[other]]
        away = dx * dx + dy * dy
        if found == count and away >= best[count - 1]:
            continue
        at = found if found < count else count - 1
        while at > 0 and best[at - 1] > away:
            best[at] = best[at - 1]
            state.near[group, at] = state.near[group, at - 1]
            at -= 1
        best[at] = away
        state.near[group, at] = other
        found = min(found + 1, count)


@compiled
def settle_median(points: Points, state: State, group: int) -> bool:
    """Moves the median of a group to its best point; says whether it moved."""
    size = state.size[group]
    if size == 0:
        return False
    best, best_cost = state.median[group], spread(points, state, group, state.median[group])
    if state.group[best] != group:
        best_cost = np.inf
    started = best
    if size <= EXACT_BELOW:
        member = state.first[group]
        while member >= 0:
            cost = 0.0
            other = state.first[group]
            while other >= 0 and cost < best_cost:
                cost += distance(points, other, member)
                other = state.after[other]
            if cost < best_cost - 1e-9:
                best, best_cost = member, cost
            member = state.after[member]
    else:
        for candidate in _middle(points, state, group):
            if candidate >= 0:
                cost = spread(points, state, group, candidate)
                if cost < best_cost - 1e-9:
                    best, best_cost = candidate, cost
    state.median[group] = best
    state.cost[group] = best_cost
    return bool(best != started)


@compiled
def _middle(points: Points, state: State, group: int) -> Ints:
    """Returns the members closest to the geometric median of a group (Weiszfeld, from the mean)."""
    x = y = 0.0
    member = state.first[group]
    while member >= 0:
        x += points.x[member] / state.size[group]
        y += points.y[member] / state.size[group]
        member = state.after[member]
    for _ in range(8):
        sx = sy = weights = 0.0
        member = state.first[group]
        while member >= 0:
            dx, dy = points.x[member] - x, points.y[member] - y
            weight = 1.0 / max(np.sqrt(dx * dx + dy * dy), 1e-6)
            sx += weight * points.x[member]
            sy += weight * points.y[member]
            weights += weight
            member = state.after[member]
        x, y = sx / weights, sy / weights
    count = 10
    chosen = np.full(count, -1, np.int64)
    best = np.full(count, np.inf)
    member = state.first[group]
    while member >= 0:
        dx, dy = points.x[member] - x, points.y[member] - y
        away = dx * dx + dy * dy
        if away < best[count - 1]:
            at = count - 1
            while at > 0 and best[at - 1] > away:
                best[at], chosen[at] = best[at - 1], chosen[at - 1]
                at -= 1
            best[at], chosen[at] = away, member
        member = state.after[member]
    return chosen
