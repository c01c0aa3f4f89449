"""Iterated local search for medians: a median is closed and another opened, what lies around settles, and the better stays.

Compiled; see `medians`."""

import numpy as np

from backend.kit.compiled import compiled
from backend.territories.balance.medians_local import refresh, settle, wake
from backend.territories.balance.medians_state import (
    Floats,
    Ints,
    Points,
    State,
    copy_state,
    distance,
    order,
    over,
    put,
    take,
    total,
)
from backend.territories.balance.random_bits import Stream, draw


@compiled
def _member(state: State, group: int, chance: Stream) -> int:
    """Returns a random member of a group, or -1."""
    steps = int(draw(chance) * state.size[group])
    member = state.first[group]
    for _ in range(steps):
        member = state.after[member]
    return int(member)


@compiled
def place(points: Points, state: State, point: int, groups: Ints) -> None:
    """Puts a point that lies nowhere into the cheapest of some groups, counting what it would lift above the capacity."""
    best, best_group = np.inf, groups[0]
    for group in groups:
        burden = over(points, state.load[group] + points.demand[point]) - over(points, state.load[group])
        cost = distance(points, point, state.median[group]) + points.penalty * burden
        if cost < best:
            best, best_group = cost, group
    put(points, state, point, best_group)


@compiled
def _reopen(
    points: Points,
    state: State,
    group: int,
    at: int,
    chance: Stream,
    work: Floats,
) -> None:
    """Closes a group and opens it again at a point of another; its members go to the groups around them."""
    left = np.empty(state.size[group], np.int64)
    keys = np.empty(state.size[group])
    for number in range(left.size):
        left[number] = state.first[group]
        keys[number] = -points.demand[left[number]] * (0.5 + draw(chance))
        take(points, state, left[number])
    around = np.empty(state.near.shape[1], np.int64)
    for number in range(around.size):
        around[number] = state.near[group, number]
    for number in order(keys):
        place(points, state, left[number], around)
    if state.group[at] >= 0:
        take(points, state, at)
    state.median[group] = at
    state.cost[group] = 0.0
    put(points, state, at, group)
    moved = np.zeros(state.median.size, np.int64)
    for number in range(around.size):
        wake(state, int(around[number]), work)
    moved[group] = 1
    refresh(points, state, moved, work)


@compiled
def _shake(points: Points, state: State, chance: Stream, work: Floats) -> None:
    """Changes something at random: mostly one median closes and one opens near it, else a median wanders."""
    groups = state.median.size
    group = int(draw(chance) * groups)
    if groups > 1 and draw(chance) < 0.8:
        best, best_cost = -1, -1.0
        for _ in range(1 + int(draw(chance) * 3)):
            other = state.near[group, int(draw(chance) * state.near.shape[1])]
            if draw(chance) < 0.25:
                other = int(draw(chance) * groups)
            if other != group and state.size[other] > 1 and state.cost[other] > best_cost:
                best, best_cost = other, state.cost[other]
        if best >= 0:
            at = _member(state, best, chance)
            if at != state.median[best]:
                _reopen(points, state, group, at, chance, work)
                return
    if state.size[group] > 0:
        moved = np.zeros(groups, np.int64)
        moved[group] = 1
        state.median[group] = _member(state, group, chance)
        state.cost[group] = 0.0
        member = state.first[group]
        while member >= 0:
            state.cost[group] += distance(points, member, state.median[group])
            member = state.after[member]
        refresh(points, state, moved, work)


@compiled
def improve(
    points: Points,
    now: State,
    trial: State,
    best: State,
    chance: Stream,
    heat: float,
    work: Floats,
    until: float,
) -> int:
    """Searches until `work` passes `until`; `heat` is how much worse (in distance) a step may be, on average.

    `now` and `best` are kept whole; returns how many changes were tried."""
    tried = 0
    cost, least = total(points, now), total(points, best)
    while work[0] < until:
        copy_state(now, trial)
        for group in range(trial.awake.size):
            trial.awake[group] = 0
        work[0] += now.group.size // 8 + 50
        _shake(points, trial, chance, work)
        wanted = cost - heat * np.log(max(draw(chance), 1e-12))
        settle(points, trial, work, wanted)
        tried += 1
        found = total(points, trial)
        if found < wanted:
            copy_state(trial, now)
            cost = found
            if found < least - 1e-7:
                copy_state(trial, best)
                least = found
    return tried
