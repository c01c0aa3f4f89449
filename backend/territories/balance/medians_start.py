"""A first solution: medians spread by chance and settled without capacities, prices where too much would meet, then room.

Compiled; see `medians`."""

import numpy as np

from backend.kit.compiled import compiled
from backend.territories.balance.medians_search import place
from backend.territories.balance.medians_state import (
    Floats,
    Ints,
    Points,
    State,
    distance,
    find_exit,
    find_near,
    order,
    put,
    settle_median,
    take,
)
from backend.territories.balance.random_bits import Stream, draw


@compiled
def _spread_medians(points: Points, medians: Ints, chance: Stream) -> None:
    """Draws medians one by one, far points more likely than near ones."""
    count = points.x.size
    nearest = np.full(count, np.inf)
    at = int(draw(chance) * count)
    for number in range(medians.size):
        medians[number] = at
        reach = 0.0
        for point in range(count):
            dx, dy = points.x[point] - points.x[at], points.y[point] - points.y[at]
            nearest[point] = min(nearest[point], dx * dx + dy * dy)
            reach += nearest[point]
        left = draw(chance) * reach
        at = 0
        for point in range(count):
            left -= nearest[point]
            if left <= 0.0 and nearest[point] > 0.0:
                at = point
                break
        taken = False
        for earlier in range(number + 1):
            taken = taken or medians[earlier] == at
        if taken:
            # All that is left lies on a median already: any point that is none will do.
            at = _untaken(medians, number + 1)


@compiled
def _untaken(medians: Ints, count: int) -> int:
    """Returns the first point that is none of the first `count` medians."""
    point = 0
    while True:
        free = True
        for number in range(count):
            free = free and medians[number] != point
        if free:
            return point
        point += 1


@compiled
def _empty(points: Points, state: State) -> None:
    for point in range(points.x.size):
        if state.group[point] >= 0:
            take(points, state, point)


@compiled
def _flow(points: Points, state: State, prices: Floats) -> None:
    """Puts each point where distance and price are least; capacities are not asked."""
    _empty(points, state)
    for group in range(state.median.size):
        state.cost[group] = 0.0
        put(points, state, state.median[group], group)
    for point in range(points.x.size):
        if state.group[point] >= 0:
            continue
        best, into = np.inf, 0
        for group in range(state.median.size):
            cost = distance(points, point, state.median[group]) + points.demand[point] * prices[group]
            if cost < best:
                best, into = cost, group
        put(points, state, point, into)


@compiled
def start(points: Points, state: State, chance: Stream, rounds: int) -> None:
    """Fills a state: every point in a group, capacities kept as far as a single pass can."""
    groups = state.median.size
    _spread_medians(points, state.median, chance)
    prices = np.zeros(groups)
    step = 0.0
    for turn in range(rounds):
        _flow(points, state, prices)
        if turn == 0:
            cost = demand = 0.0
            for group in range(groups):
                cost += state.cost[group]
                demand += state.load[group]
            step = 0.5 * cost / max(demand, 1e-9)
        for group in range(groups):
            if turn % 2 == 0 or turn < rounds // 3:
                settle_median(points, state, group)
            if turn >= rounds // 4:
                excess = (state.load[group] - points.capacity) / points.capacity
                prices[group] = max(0.0, prices[group] + step * excess)
        step *= 0.93
    _flow(points, state, prices)
    _make_room(points, state)
    for group in range(groups):
        settle_median(points, state, group)
        find_near(points, state, group)
    for point in range(points.x.size):
        find_exit(points, state, point)
    for group in range(groups):
        state.awake[group] = 1


@compiled
def _make_room(points: Points, state: State) -> None:
    """Takes out what lies above a capacity, the cheapest to lose first, and puts it where there is room, the largest first."""
    groups = state.median.size
    out = np.zeros(points.x.size, np.int64)
    count = 0
    for group in range(groups):
        while state.load[group] > points.capacity + 1e-9 and state.size[group] > 1:
            worst, far = -1, -1.0
            member = state.first[group]
            while member >= 0:
                away = distance(points, member, state.median[group])
                if member != state.median[group] and away >= far:
                    worst, far = member, away
                member = state.after[member]
            take(points, state, worst)
            out[count] = worst
            count += 1
    keys = np.empty(count)
    for number in range(count):
        keys[number] = -points.demand[out[number]]
    everywhere = np.empty(groups, np.int64)
    for group in range(groups):
        everywhere[group] = group
    for number in order(keys):
        place(points, state, out[number], everywhere)
