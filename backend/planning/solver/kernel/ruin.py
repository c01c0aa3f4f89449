"""Taking part of a plan away, each way aiming at another kind of mistake."""

from backend.kit.compiled import kernel
from backend.planning.solver.kernel.data import (
    FIXED,
    GONE,
    IN_HAND,
    PLACE,
    REMOVED,
    ROUTE,
    SERVICE,
    STOPS,
    Data,
    Desk,
    Plan,
)
from backend.planning.solver.kernel.random import Chance, below, fraction

WAYS = 6


@kernel
def mark(d: Data, p: Plan, w: Desk, k: int, count: int) -> int:
    """Marks `k` to be taken out unless it is fixed, and returns how many are."""
    if w.note[GONE, k] or d.client[k, FIXED] or p.at[k, ROUTE] < 0:
        return count
    w.note[GONE, k] = 1
    w.note[REMOVED, count] = k
    return count + 1


@kernel
def ruin(d: Data, p: Plan, w: Desk, way: int, size: int, state: Chance) -> int:
    """Marks about `size` clients to be taken out, and returns how many are marked."""
    if way == 0:
        return strings(d, p, w, size, state)
    if way == 1:
        return segments(d, p, w, size, state)
    if way == 2:
        return anywhere(d, p, w, size, state)
    if way == 3:
        return poorest(d, p, w, size, state)
    if way == 4:
        return around(d, p, w, size, state)
    return whole_route(d, p, w, state)


@kernel
def anywhere(d: Data, p: Plan, w: Desk, size: int, state: Chance) -> int:
    """Single stops, anywhere."""
    count = 0
    for _ in range(2 * size):
        r = below(state, d.routes)
        if p.tally[r, STOPS] > 0:
            count = mark(d, p, w, p.nodes[r, 1 + below(state, p.tally[r, STOPS])], count)
        if count >= size:
            break
    return count


@kernel
def strings(d: Data, p: Plan, w: Desk, size: int, state: Chance) -> int:
    """Stretches of neighbouring routes around one place, be it served or not."""
    seed = below(state, d.n)
    length = 1 + below(state, min(size, 10))
    count = stretch(d, p, w, seed, length, 0, state)
    for j in range(d.near.shape[1]):
        if count >= size:
            break
        k = d.near[seed, j]
        r = p.at[k, ROUTE]
        if r >= 0 and not w.note[IN_HAND, r]:
            count = stretch(d, p, w, k, length, count, state)
    return count


@kernel
def stretch(d: Data, p: Plan, w: Desk, k: int, length: int, count: int, state: Chance) -> int:
    """Marks a stretch of the route of `k` with `k` in it; the route counts as touched from then on."""
    r = p.at[k, ROUTE]
    if r < 0:
        return count
    w.note[IN_HAND, r] = 1
    length = min(length, p.tally[r, STOPS])
    first = max(1, p.at[k, PLACE] - below(state, length))
    first = min(first, p.tally[r, STOPS] - length + 1)
    for i in range(first, first + length):
        count = mark(d, p, w, p.nodes[r, i], count)
    return count


@kernel
def segments(d: Data, p: Plan, w: Desk, size: int, state: Chance) -> int:
    """One stretch of one route, or of several, wherever."""
    count = 0
    some = 1 + below(state, min(d.routes, 4))
    for _ in range(some):
        r = below(state, d.routes)
        if p.tally[r, STOPS] > 0:
            k = p.nodes[r, 1 + below(state, p.tally[r, STOPS])]
            count = stretch(d, p, w, k, max(1, size // some), count, state)
    return count


@kernel
def poorest(d: Data, p: Plan, w: Desk, size: int, state: Chance) -> int:
    """The stops that earn least for the way they cost, with some luck of the draw."""
    count = 0
    for _ in range(size):
        worst, poor = 1e300, -1
        for _ in range(6):
            r = below(state, d.routes)
            if p.tally[r, STOPS] == 0:
                continue
            i = 1 + below(state, p.tally[r, STOPS])
            k = p.nodes[r, i]
            if w.note[GONE, k]:
                continue
            before, after = p.nodes[r, i - 1], p.nodes[r, i + 1]
            saved = d.to[before, k] + d.to[k, after] - min(d.to[before, after], d.to[before, k] + d.to[k, after])
            if d.kin.shape[1] > 0:
                saved += d.client[k, SERVICE]
            rate = d.prize[0, k] / (saved + 0.05 * d.unit)
            if rate < worst:
                worst, poor = rate, k
        if poor >= 0:
            count = mark(d, p, w, poor, count)
    return count


@kernel
def around(d: Data, p: Plan, w: Desk, size: int, state: Chance) -> int:
    """The stops nearest to one place, most of them."""
    seed = below(state, d.n)
    count = mark(d, p, w, seed, 0)
    for j in range(d.near.shape[1]):
        if count >= size:
            break
        if fraction(state) < 0.75:
            count = mark(d, p, w, d.near[seed, j], count)
    return count


@kernel
def whole_route(d: Data, p: Plan, w: Desk, state: Chance) -> int:
    """A short route whole; of a long one most, from one end."""
    r = below(state, d.routes)
    length = p.tally[r, STOPS]
    if length == 0:
        return 0
    take = length if d.routes > 1 and length <= 15 else 1 + below(state, min(length, 20))
    first = 1 if fraction(state) < 0.5 else length - take + 1
    count = 0
    for i in range(first, first + take):
        count = mark(d, p, w, p.nodes[r, i], count)
    return count
