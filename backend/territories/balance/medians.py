"""Capacitated p-median: k groups, each around one of its points and within a capacity, with the least sum of distances."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backend.territories.balance.medians_local import settle
from backend.territories.balance.medians_search import improve
from backend.territories.balance.medians_start import start
from backend.territories.balance.medians_state import Floats, Ints, Points, State, copy_state, empty_state, total
from backend.territories.balance.random_bits import Stream, stream

NEAR = 10
"""So many nearest other groups a point may move to in one step."""
STARTS = 4
SLICE = 400_000.0
EFFORT, LARGE = 2.2e8, 20_000
"""Elementary steps of a proposal, about three seconds of one processor; up to four times that for more than LARGE pairs of
points and medians. Counted and not timed: the same result on every machine."""
HEAT = 0.08
"""How much worse a change may be at first, on average, as a share of what one group costs."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """`group`: of each point, 0..k-1; `median`: the point in the middle of each group; `cost`: the sum of distances;
    `over`: the demand above capacities in all, 0 when every capacity is kept; `tried`: how many changes were tried."""

    group: Ints
    median: Ints
    cost: float
    over: float
    tried: int


def find_medians(
    x: Floats,
    y: Floats,
    demand: Floats,
    *,
    k: int,
    capacity: float,
    seed: int = 1,
    whole: bool = False,
    spent: Callable[[float], float],
) -> Grouping:
    """Groups points of a plane around `k` of them; `whole` rounds each distance down.

    `spent` is told the elementary steps done and answers the share of the budget that is used; the search cools as it grows
    and ends at 1. A share that comes of the steps alone gives the same result on every machine."""
    points = _points(x, y, demand, capacity, whole=whole)
    near = min(NEAR, k - 1)
    chance = stream(seed)
    work = np.zeros(2)
    states = [empty_state(len(x), k, near) for _ in range(3)]
    now, trial, best = states
    _first(points, now, trial, best, chance, work)
    copy_state(best, now)
    tried = 0
    typical = total(points, best) / k
    while (share := spent(float(work[0]))) < 1.0:
        heat = HEAT * typical * (1.0 - share) ** 2
        tried += improve(points, now, trial, best, chance, heat, work, work[0] + SLICE)
    above = float(np.maximum(best.load - capacity, 0.0).sum())
    return Grouping(
        group=best.group.copy(),
        median=best.median.copy(),
        cost=float(best.cost.sum()),
        over=above if above > 1e-6 else 0.0,
        tried=tried,
    )


def effort(points: int, k: int) -> float:
    """Returns the elementary steps that an instance is worth."""
    return EFFORT * min(4.0, max(1.0, points * k / LARGE))


def warm() -> None:
    """Compiles what is not compiled yet, so that a clock started afterwards measures the search alone."""
    three = np.arange(3.0)
    find_medians(three, three, three + 1.0, k=2, capacity=4.0, spent=lambda work: work / 1e3)


def _points(x: Floats, y: Floats, demand: Floats, capacity: float, *, whole: bool) -> Points:
    reach = float(np.hypot(np.ptp(x), np.ptp(y)))
    # One unit above a capacity costs more than any detour could save.
    least = float(demand[demand > 0].min()) if (demand > 0).any() else 1.0
    return Points(x=x, y=y, demand=demand, capacity=capacity, whole=whole, penalty=3.0 * reach / least)


def _first(points: Points, now: State, trial: State, best: State, chance: Stream, work: Floats) -> None:
    least = np.inf
    for _ in range(STARTS):
        start(points, now, chance, 40)
        settle(points, now, work, np.inf)
        cost = total(points, now)
        if cost < least:
            least = cost
            copy_state(now, best)
        work[0] += 40 * points.x.size * now.median.size
