"""A first cut: centres spread over the accounts, each with a price that grows with its load (power diagram). Compiled."""

import numpy as np

from backend.kit.compiled import compiled
from backend.territories.balance.medians_state import Floats, Ints
from backend.territories.balance.random_bits import Stream, draw


@compiled
def spread_centres(x: Floats, y: Floats, work: Floats, centres: Floats, given: Ints, chance: Stream) -> None:
    """Draws the centres that are not `given`: likely where much work lies far from the centres there are."""
    count = x.size
    nearest = np.full(count, np.inf)
    drawn = 0
    for number in range(centres.shape[0]):
        if given[number]:
            drawn += 1
            for point in range(count):
                dx, dy = x[point] - centres[number, 0], y[point] - centres[number, 1]
                nearest[point] = min(nearest[point], dx * dx + dy * dy)
    for number in range(centres.shape[0]):
        if given[number]:
            continue
        reach = 0.0
        for point in range(count):
            reach += work[point] * (nearest[point] if drawn else 1.0)
        left = draw(chance) * reach
        at = count - 1
        for point in range(count):
            left -= work[point] * (nearest[point] if drawn else 1.0)
            if left <= 0.0:
                at = point
                break
        drawn += 1
        centres[number, 0], centres[number, 1] = x[at], y[at]
        for point in range(count):
            dx, dy = x[point] - x[at], y[point] - y[at]
            nearest[point] = min(nearest[point], dx * dx + dy * dy)


@compiled
def _choose(
    x: Floats,
    y: Floats,
    work: Floats,
    pinned: Ints,
    centres: Floats,
    prices: Floats,
    territory: Ints,
    load: Floats,
    sums: Floats,
) -> float:
    """Gives each account its territory and adds up what lies in each; returns the mean squared distance."""
    spread = 0.0
    for point in range(x.size):
        best, into = np.inf, 0
        for one in range(prices.size):
            dx, dy = x[point] - centres[one, 0], y[point] - centres[one, 1]
            cost = dx * dx + dy * dy - prices[one]
            if cost < best:
                best, into = cost, one
        if pinned[point] >= 0:
            into = pinned[point]
        territory[point] = into
        dx, dy = x[point] - centres[into, 0], y[point] - centres[into, 1]
        spread += dx * dx + dy * dy
        load[into] += work[point]
        sums[into, 0] += x[point]
        sums[into, 1] += y[point]
        sums[into, 2] += 1.0
    return spread / x.size


@compiled
def cut(
    x: Floats, y: Floats, work: Floats, pinned: Ints, centres: Floats, prices: Floats, territory: Ints, rounds: int
) -> None:
    """Moves centres and prices until loads are near equal, and writes the territory of each account.

    `pinned`: the territory an account must lie in, or -1. Squared distance minus price decides for all others."""
    count, k = x.size, centres.shape[0]
    load = np.zeros(k)
    sums = np.zeros((k, 3))
    mean = 0.0
    for point in range(count):
        mean += work[point] / k
    for turn in range(rounds):
        for one in range(k):
            load[one] = 0.0
            sums[one, 0] = sums[one, 1] = sums[one, 2] = 0.0
        area = _choose(x, y, work, pinned, centres, prices, territory, load, sums)
        if turn == rounds - 1:
            return
        pull = 0.5 if turn < rounds // 2 else 0.3
        for one in range(k):
            lack = max(-1.0, min(1.0, 1.0 - load[one] / mean))
            prices[one] += pull * area * lack
            if sums[one, 2] > 0.0 and turn < rounds * 3 // 4:
                centres[one, 0] = sums[one, 0] / sums[one, 2]
                centres[one, 1] = sums[one, 1] / sums[one, 2]
        for one in range(k):
            if sums[one, 2] == 0.0 and turn < rounds - 2:
                _found_anew(x, y, territory, centres, prices, load, one)


@compiled
def _found_anew(x: Floats, y: Floats, territory: Ints, centres: Floats, prices: Floats, load: Floats, one: int) -> None:
    """Moves the centre of a territory that nobody chose to the far side of the one with most work."""
    most = 0
    for other in range(load.size):
        if load[other] > load[most]:
            most = other
    at, far = -1, -1.0
    for point in range(x.size):
        dx, dy = x[point] - centres[most, 0], y[point] - centres[most, 1]
        if territory[point] == most and dx * dx + dy * dy > far:
            at, far = point, dx * dx + dy * dy
    if at >= 0:
        centres[one, 0], centres[one, 1] = x[at], y[at]
        prices[one] = prices[most]
        load[most] *= 0.5
