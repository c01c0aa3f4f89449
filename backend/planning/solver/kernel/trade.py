"""What it costs to force a client in, for many clients at once, and making the trades that pay."""

from backend.kit.compiled import kernel
from backend.planning.solver.kernel.data import (
    BREAKS,
    FIXED,
    GONE,
    GROUP,
    IN_THE_WAY,
    MUST,
    NEVER,
    PLACE,
    ROUTE,
    SERVICE,
    SETTLED,
    STOPS,
    TOUCHED,
    WAITING,
    WHO,
    Data,
    Desk,
    Plan,
    Real,
    Whole,
)
from backend.planning.solver.kernel.edit import insert, take_out
from backend.planning.solver.kernel.random import Chance
from backend.planning.solver.kernel.recreate import recreate
from backend.planning.solver.kernel.spacing import too_near
from backend.planning.solver.kernel.timing import ride, start_at, time_route

EPSILON = 1e-9


@kernel
def fits_between(d: Data, p: Plan, w: Desk, r: int, k: int, first: int, after: int) -> bool:
    """Says whether `k` can be served after position `first` with position `after` next."""
    ride(d, r, p.leave[r, first], d.to[p.nodes[r, first], k], w.box[0])
    for s in range(d.shift[r, BREAKS] + 1):
        start = start_at(d, r, k, w.box[0, s])
        w.box[1, s] = start + d.client[k, SERVICE] if start < NEVER else NEVER
    ride(d, r, w.box[1], d.to[k, p.nodes[r, after]], w.box[0])
    fits = False
    for s in range(d.shift[r, BREAKS] + 1):
        fits = fits or w.box[0, s] <= p.latest[r, after, s]
    return fits


@kernel
def kin_in_the_way(d: Data, p: Plan, w: Desk, k: int, r: int) -> int:
    """Lists the served kin of `k` that stand too near to a visit on `r`, and returns how many there are."""
    count = 0
    for s in range(d.kin.shape[1]):
        j = d.kin[k, s, WHO]
        if j < 0:
            break
        q = p.at[j, ROUTE]
        if q >= 0 and too_near(d, k, r, s, q):
            w.note[IN_THE_WAY, count] = j
            count += 1
    return count


@kernel
def bears_loss(d: Data, p: Plan, w: Desk, q: int, count: int) -> bool:
    """Says whether the first `count` in the way can be left out of route `q`: where roads are odd that can make it too long."""
    length, states = p.tally[q, STOPS], d.shift[q, BREAKS] + 1
    for s in range(states):
        w.box[1, s] = p.leave[q, 0, s]
    before, kept = p.nodes[q, 0], 0
    for i in range(1, length + 1):
        k = p.nodes[q, i]
        stays = True
        for j in range(count):
            stays = stays and w.note[IN_THE_WAY, j] != k
        if not stays:
            continue
        ride(d, q, w.box[1], d.to[before, k], w.box[0])
        possible = False
        for s in range(states):
            start = start_at(d, q, k, w.box[0, s])
            w.box[1, s] = start + d.client[k, SERVICE] if start < NEVER else NEVER
            possible = possible or start < NEVER
        if not possible:
            return False
        before = k
        kept += 1
    if kept == 0:
        return True
    ride(d, q, w.box[1], d.to[before, p.nodes[q, length + 1]], w.box[0])
    home = False
    for s in range(states):
        home = home or w.box[0, s] <= p.latest[q, length + 1, s]
    return home


@kernel
def cheapest_stretch(d: Data, p: Plan, w: Desk, k: int, may_settled: bool, best: Real, found: Whole) -> None:
    """Writes the cheapest stretch of stops whose going makes room for `k`, if it costs less than `best` says.

    `best` is required or fixed visits, prize and number lost; `found` the route, the position before and the one after.
    Kin that stand too near go as well: those on the same route have to lie in the stretch.
    """
    for r in range(d.routes):
        if d.window[r, k, 0] >= d.window[r, k, 1]:
            continue
        length, settled = p.tally[r, STOPS], d.shift[r, SETTLED]
        more, more_must, more_prize, low, high, open_to = 0, 0.0, 0.0, length + 1, 0, True
        count = kin_in_the_way(d, p, w, k, r)
        for j in range(count):
            o = w.note[IN_THE_WAY, j]
            if p.at[o, ROUTE] == r:
                low, high = min(low, p.at[o, PLACE]), max(high, p.at[o, PLACE])
            else:
                more += 1
                more_must += max(d.client[o, MUST], d.client[o, FIXED])
                more_prize += d.prize[0, o]
                open_to = open_to and bears_loss(d, p, w, p.at[o, ROUTE], count)
        if not open_to:
            continue
        for first in range(0 if may_settled else settled, min(length, low - 1) + 1):
            if p.leave[r, first, 0] >= NEVER and d.shift[r, BREAKS] == 0:
                break
            must, prize = more_must, more_prize
            for after in range(first + 1, length + 2):
                lost = after - first - 1 + more
                if not (
                    must < best[0] or (must == best[0] and (prize < best[1] or (prize == best[1] and lost < best[2])))
                ):
                    break
                if after > settled and after > high and fits_between(d, p, w, r, k, first, after):
                    best[0], best[1], best[2] = must, prize, lost
                    found[0], found[1], found[2] = r, first, after
                    break
                if after <= length:
                    o = p.nodes[r, after]
                    must += max(d.client[o, MUST], d.client[o, FIXED])
                    prize += d.prize[0, o]


@kernel
def all_stretches(d: Data, p: Plan, w: Desk, best: Real, found: Whole) -> None:
    """Writes the cheapest stretch for every client that is not served."""
    for k in range(d.n):
        if p.at[k, ROUTE] < 0:
            best[k, 0], best[k, 1], best[k, 2], found[k, 0] = 1e18, 0.0, 0.0, -1
            cheapest_stretch(d, p, w, k, True, best[k], found[k])


@kernel
def swap(d: Data, p: Plan, w: Desk, k: int, found: Whole) -> bool:
    """Puts `k` in the place of a stretch."""
    r, first, after = found[0], found[1], found[2]
    for i in range(first + 1, after):
        w.note[GONE, p.nodes[r, i]] = 1
    gone = after - first - 1
    for i in range(gone):
        w.note[WAITING, i] = p.nodes[r, first + 1 + i]
    count = kin_in_the_way(d, p, w, k, r)
    take_out(d, p, r, w)
    sound = True
    for j in range(count):
        o = w.note[IN_THE_WAY, j]
        q = p.at[o, ROUTE]
        if q >= 0:
            w.note[GONE, o] = 1
            take_out(d, p, q, w)
            sound = time_route(d, p, q, w.box[0]) == 0 and sound
            w.note[GONE, o] = 0
    for i in range(gone):
        w.note[GONE, w.note[WAITING, i]] = 0
    insert(d, p, r, first + 1, k, w)
    return time_route(d, p, r, w.box[0]) == 0 and sound


@kernel
def fill(d: Data, p: Plan, w: Desk, state: Chance) -> None:
    """Inserts whatever fits anywhere."""
    count = 0
    for k in range(d.n):
        if p.at[k, ROUTE] < 0:
            w.note[WAITING, count] = k
            count += 1
    for r in range(d.routes):
        w.note[TOUCHED, r] = r
    recreate(d, p, w, count, d.routes, 2, 0.0, 0.0, state)


@kernel
def finish(d: Data, p: Plan, w: Desk, best: Real, found: Whole, state: Chance, passes: int) -> int:
    """Fills the plan and makes trades that pay until none is left, or that often through all; returns how many were made.

    `best` and `found` are one row of room each.
    """
    made = 0
    fill(d, p, w, state)
    again = True
    while again and passes > 0:
        again = False
        passes -= 1
        for k in range(d.n):
            if p.at[k, ROUTE] >= 0 or (d.client[k, GROUP] >= 0 and p.taken[d.client[k, GROUP]] > 0):
                continue
            best[0], best[1], best[2], found[0] = 0.0, d.prize[0, k] - EPSILON, 0.0, -1
            if d.client[k, MUST]:
                best[1] = 1e18
            cheapest_stretch(d, p, w, k, False, best, found)
            if found[0] >= 0:
                swap(d, p, w, k, found)
                made += 1
                again = True
        if again:
            fill(d, p, w, state)
    return made
