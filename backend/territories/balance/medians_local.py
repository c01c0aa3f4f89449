"""Local search for medians: points shift, swap and push one another on, and medians follow. Compiled; see `medians`."""

import numpy as np

from backend.kit.compiled import compiled
from backend.territories.balance.medians_state import (
    Floats,
    Ints,
    Points,
    State,
    distance,
    find_exit,
    find_near,
    over,
    put,
    settle_median,
    take,
    total,
)

GAIN = 1e-7
"""What counts as better: less is rounding."""
ROUNDS = 30
PATIENCE = 3.0
"""So many times the gain of the last round is thought possible in all rounds to come."""


@compiled
def wake(state: State, group: int, work: Floats) -> None:
    """Marks a group as changed now: its points, and those that would enter it, are asked again."""
    work[1] += 1.0
    state.changed[group] = work[1]
    state.awake[group] = 1


@compiled
def _pushed(points: Points, state: State, point: int, into: int, gain: float) -> tuple[float, int, int]:
    """Returns the best (change, point, group) when `point` enters `into` and one of those there goes on to a third group,
    or to the group that `point` leaves; `gain` is the change in distance of the point itself."""
    source = state.group[point]
    weight = points.demand[point]
    best, best_point, best_group = -GAIN, -1, -1
    relief = over(points, state.load[source] - weight) - over(points, state.load[source])
    here = over(points, state.load[into])
    member = state.first[into]
    while member >= 0:
        other = points.demand[member]
        fits = points.penalty * (over(points, state.load[into] + weight - other) - here)
        if member != state.median[into] and gain + state.exit[member] + fits + points.penalty * relief < best:
            stays = distance(points, member, state.median[into])
            back = over(points, state.load[source] - weight + other) - over(points, state.load[source])
            change = gain + fits + distance(points, member, state.median[source]) - stays + points.penalty * back
            if change < best:
                best, best_point, best_group = change, member, source
            for third in state.near[into]:
                if third == source:
                    continue
                burden = over(points, state.load[third] + other) - over(points, state.load[third])
                base = gain + fits - stays + points.penalty * (relief + burden)
                if base >= best:
                    continue
                change = base + distance(points, member, state.median[third])
                if change < best:
                    best, best_point, best_group = change, member, third
        member = state.after[member]
    return best, best_point, best_group


@compiled
def _better_place(points: Points, state: State, point: int, work: Floats) -> bool:
    """Makes the best change that begins with `point` leaving its group; says whether there was one."""
    source = state.group[point]
    weight = points.demand[point]
    stays = distance(points, point, state.median[source])
    relief = points.penalty * (over(points, state.load[source]) - over(points, state.load[source] - weight))
    best, best_into, best_point, best_group = -GAIN, -1, -1, -1
    work[0] += 1
    if state.exit[point] >= relief - GAIN:
        return False
    work[0] += state.near.shape[1]
    stirred = state.changed[source] > state.asked[point]
    for into in state.near[source]:
        if not stirred and state.changed[into] <= state.asked[point]:
            continue
        gain = distance(points, point, state.median[into]) - stays
        if gain >= relief:
            continue
        burden = points.penalty * (over(points, state.load[into] + weight) - over(points, state.load[into]))
        if gain + burden - relief < best:
            best, best_into, best_point = gain + burden - relief, into, -1
        if burden > 0.0:
            work[0] += state.size[into]
            change, member, third = _pushed(points, state, point, into, gain)
            if change < best:
                best, best_into, best_point, best_group = change, into, member, third
    if best_into < 0:
        state.asked[point] = work[1]
        return False
    if best_point >= 0:
        take(points, state, best_point)
        put(points, state, best_point, best_group)
        find_exit(points, state, best_point)
        wake(state, best_group, work)
    take(points, state, point)
    put(points, state, point, best_into)
    find_exit(points, state, point)
    wake(state, source, work)
    wake(state, best_into, work)
    return True


@compiled
def _settle_points(points: Points, state: State, work: Floats) -> None:
    """Goes through the groups that are awake until no point of theirs has a better place; leaves awake what changed."""
    groups = state.median.size
    changed = np.zeros(groups, np.int64)
    for _ in range(ROUNDS):
        quiet = True
        for group in range(groups):
            if not state.awake[group]:
                continue
            quiet = False
            changed[group] = 1
            state.awake[group] = 0
            point = state.first[group]
            while point >= 0:
                following = state.after[point]
                left = point != state.median[group] and _better_place(points, state, point, work)
                # The one that followed may have been pushed elsewhere, where the walk would go on: begin this group anew.
                if left and following >= 0 and state.group[following] != group:
                    following = -1
                    state.awake[group] = 1
                point = following
        if quiet:
            break
    for group in range(groups):
        state.awake[group] = changed[group]


@compiled
def settle(points: Points, state: State, work: Floats, wanted: float) -> None:
    """Brings the groups that are awake, and what they touch, to a local optimum; `work` counts elementary steps.

    Gives up where a cost of `wanted` is out of reach at the pace of the last round."""
    groups = state.median.size
    before = np.inf
    moved = np.zeros(groups, np.int64)
    for _ in range(ROUNDS):
        _settle_points(points, state, work)
        any_moved = False
        for group in range(groups):
            moved[group] = 0
            if state.awake[group]:
                state.awake[group] = 0
                work[0] += 16 * state.size[group]
                if settle_median(points, state, group):
                    moved[group] = 1
                    any_moved = True
        if not any_moved:
            return
        cost = total(points, state)
        if cost - PATIENCE * (before - cost) > wanted:
            return
        before = cost
        refresh(points, state, moved, work)


@compiled
def refresh(points: Points, state: State, moved: Ints, work: Floats) -> None:
    """Finds anew what is near the groups whose median `moved` and near their neighbours, and wakes both."""
    groups = state.median.size
    for group in range(groups):
        touched = moved[group]
        for other in state.near[group]:
            touched |= moved[other]
        state.awake[group] |= touched
    for group in range(groups):
        if moved[group]:
            wake(state, group, work)
            find_near(points, state, group)
            for other in state.near[group]:
                state.awake[other] = 1
    for group in range(groups):
        if state.awake[group]:
            find_near(points, state, group)
            work[0] += groups // 2 + 5 * state.size[group]
            point = state.first[group]
            while point >= 0:
                find_exit(points, state, point)
                point = state.after[point]
