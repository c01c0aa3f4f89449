"""Filling a plan: again and again the visit that looks best, by a rule that changes from round to round."""

from backend.kit.compiled import kernel
from backend.planning.solver.kernel.data import (
    BREAKS,
    CLOSES,
    GOES_TO,
    GROUP,
    MUST,
    NEVER,
    OPENS,
    SCORE,
    SERVICE,
    SETTLED,
    STOPS,
    TOUCHED,
    WAITING,
    WORTH,
    Data,
    Desk,
    Plan,
)
from backend.planning.solver.kernel.edit import insert
from backend.planning.solver.kernel.random import Chance, fraction
from backend.planning.solver.kernel.spacing import close_to_kin, crowded
from backend.planning.solver.kernel.timing import ride, start_at

NOWHERE = 1e300


@kernel
def look(d: Data, p: Plan, w: Desk, r: int, count: int, wait: float) -> None:
    """Writes where on route `r` each of the waiting costs least, `wait` being the share of time spent in it, else of the
    detour. Who had no place there is passed over: what is inserted makes none."""
    length = p.tally[r, STOPS]
    for j in range(count):
        k = w.note[WAITING, j]
        if w.place[k, r] == 0:
            continue
        if d.shift[r, BREAKS] > 0:
            best_place_with_breaks(d, p, w, r, k, wait)
            continue
        first, last = d.window[r, k, 0], d.window[r, k, 1]
        opens, closes, final = d.door[first, OPENS], d.door[first, CLOSES], d.door[last - 1, CLOSES]
        service = d.client[k, SERVICE]
        best, place = NOWHERE, 0
        for i in range(d.shift[r, SETTLED] + 1, length + 2):
            left = p.leave[r, i - 1, 0]
            if left > final:
                break
            latest = p.latest[r, i, 0]
            if opens + service > latest:
                continue
            before = p.nodes[r, i - 1]
            after = p.nodes[r, i]
            out = d.back[k, before]
            time = left + out
            if time > closes:
                if last - first == 1:
                    continue
                time = start_at(d, r, k, time)
            elif time < opens:
                time = opens
            on = d.to[k, after]
            there = time + service + on
            if there <= latest:
                direct = d.to[before, after] if length > 0 else 0
                cost = (1.0 - wait) * (out + on - direct) + wait * (there - left - direct)
                if cost < best:
                    best, place = cost, i
        w.cost[k, r] = best
        w.place[k, r] = place


@kernel
def best_place_with_breaks(d: Data, p: Plan, w: Desk, r: int, k: int, wait: float) -> None:
    """The same where breaks have to be had."""
    count, length = d.shift[r, BREAKS], p.tally[r, STOPS]
    best, place = NOWHERE, 0
    for i in range(d.shift[r, SETTLED] + 1, length + 2):
        before, after = p.nodes[r, i - 1], p.nodes[r, i]
        ride(d, r, p.leave[r, i - 1], d.to[before, k], w.box[0])
        for s in range(count + 1):
            start = start_at(d, r, k, w.box[0, s])
            w.box[1, s] = start + d.client[k, SERVICE] if start < NEVER else NEVER
        ride(d, r, w.box[1], d.to[k, after], w.box[0])
        for s in range(count + 1):
            if w.box[0, s] <= p.latest[r, i, s]:
                direct = d.to[before, after] if length > 0 else 0
                left = p.leave[r, i - 1, s] if p.leave[r, i - 1, s] < NEVER else w.box[0, s] - direct
                detour = d.to[before, k] + d.to[k, after] - direct
                cost = (1.0 - wait) * detour + wait * (w.box[0, s] - left - direct)
                if cost < best:
                    best, place = cost, i
                break
    w.cost[k, r] = best
    w.place[k, r] = place


@kernel
def rate(d: Data, w: Desk, k: int, r: int, by_order: bool) -> float:
    """Returns the score of the best place on one route, more is better."""
    cost = w.cost[k, r]
    if by_order:
        return w.real[WORTH, k] * 1e9 - cost
    return w.real[WORTH, k] / (max(cost, 0.0) + 0.02 * d.unit)


@kernel
def give_worth(d: Data, w: Desk, count: int, rule: int, noise: float, state: Chance) -> None:
    """Writes what each of the waiting is worth in this round: a power of its prize, shaken, or a place in a queue."""
    for j in range(count):
        k = w.note[WAITING, j]
        if rule == 4:
            w.real[WORTH, k] = fraction(state)
        elif rule == 5:
            w.real[WORTH, k] = d.prize[0, k] * (0.8 + 0.4 * fraction(state))
        else:
            w.real[WORTH, k] = d.prize[rule, k]
            if noise > 0.0:
                w.real[WORTH, k] *= 1.0 - noise * fraction(state)
        if d.client[k, MUST]:
            w.real[WORTH, k] = (w.real[WORTH, k] + 1e-3) * 1e6


@kernel
def recreate(
    d: Data, p: Plan, w: Desk, count: int, touched: int, rule: int, noise: float, wait: float, state: Chance
) -> None:
    """Inserts of the first `count` waiting clients what fits on the first `touched` routes in hand."""
    by_order = rule >= 4
    give_worth(d, w, count, rule, noise, state)
    left = 0
    for j in range(count):
        k = w.note[WAITING, j]
        if d.client[k, GROUP] < 0 or p.taken[d.client[k, GROUP]] == 0:
            w.note[WAITING, left] = k
            left += 1
            for t in range(touched):
                r = w.note[TOUCHED, t]
                w.place[k, r] = 1 if d.window[r, k, 0] < d.window[r, k, 1] and not crowded(d, p, k, r) else 0
    for t in range(touched):
        look(d, p, w, w.note[TOUCHED, t], left, wait)
    left = rank(d, p, w, left, touched, -1, by_order)
    while left > 0:
        chosen = 0
        for j in range(1, left):
            if w.real[SCORE, w.note[WAITING, j]] > w.real[SCORE, w.note[WAITING, chosen]]:
                chosen = j
        k = w.note[WAITING, chosen]
        r = w.note[GOES_TO, k]
        insert(d, p, r, w.place[k, r], k, w)
        close_to_kin(d, w, k, r, touched)
        left -= 1
        w.note[WAITING, chosen] = w.note[WAITING, left]
        look(d, p, w, r, left, wait)
        left = rank(d, p, w, left, touched, r, by_order)


@kernel
def rank(d: Data, p: Plan, w: Desk, count: int, touched: int, changed: int, by_order: bool) -> int:
    """Finds the best route for each of the waiting whose places changed, drops who fits nowhere, and returns how many still wait.

    `changed` is the route that changed, -1 for all.
    """
    kept = 0
    for j in range(count):
        k = w.note[WAITING, j]
        if d.client[k, GROUP] >= 0 and p.taken[d.client[k, GROUP]] > 0:
            continue
        score, route = w.real[SCORE, k], w.note[GOES_TO, k]
        if changed < 0 or route == changed or w.place[k, route] == 0:
            score, route = -NOWHERE, -1
            for t in range(touched):
                r = w.note[TOUCHED, t]
                if w.place[k, r] > 0:
                    found = rate(d, w, k, r, by_order)
                    if found > score:
                        score, route = found, r
        elif w.place[k, changed] > 0:
            found = rate(d, w, k, changed, by_order)
            if found > score:
                score, route = found, changed
        w.real[SCORE, k] = score
        w.note[GOES_TO, k] = route
        if route >= 0:
            w.note[WAITING, kept] = k
            kept += 1
    return kept
