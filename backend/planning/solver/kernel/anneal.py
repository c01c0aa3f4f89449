"""Large-neighbourhood search: take a part away, fill the gap, keep what is better and sometimes what is worse."""

from math import exp

from backend.kit.compiled import kernel
from backend.planning.solver.kernel.data import (
    GONE,
    IN_HAND,
    MARK,
    MUST,
    REMOVED,
    ROUTE,
    STOPS,
    TOUCHED,
    TRAVEL,
    WAITING,
    Data,
    Desk,
    Plan,
    Whole,
)
from backend.planning.solver.kernel.edit import copy_groups, copy_route, mend, settle_route, take_out
from backend.planning.solver.kernel.random import Chance, below, fraction
from backend.planning.solver.kernel.recreate import recreate
from backend.planning.solver.kernel.ruin import WAYS, ruin


@kernel
def worth_of(d: Data, p: Plan) -> tuple[int, float, float]:
    """Returns required visits, prize and travel."""
    must, prize, travel = 0, 0.0, 0
    for r in range(d.routes):
        prize += p.prize[r]
        travel += p.tally[r, TRAVEL]
        for i in range(1, p.tally[r, STOPS] + 1):
            must += d.client[p.nodes[r, i], MUST]
    return must, prize, float(travel)


@kernel
def copy_plan(d: Data, source: Plan, target: Plan) -> None:
    """Makes `target` the same as `source`."""
    for r in range(d.routes):
        copy_route(d, source, target, r)
    for r in range(d.routes):
        settle_route(source, target, r)
    copy_groups(source, target)


@kernel
def copy_touched(d: Data, source: Plan, target: Plan, w: Desk, touched: int) -> None:
    """The same for the routes in hand."""
    for t in range(touched):
        copy_route(d, source, target, w.note[TOUCHED, t])
    for t in range(touched):
        settle_route(source, target, w.note[TOUCHED, t])
    copy_groups(source, target)


@kernel
def in_hand(d: Data, p: Plan, w: Desk, removed: int) -> int:
    """Lists the routes that lose something."""
    for r in range(d.routes):
        w.note[IN_HAND, r] = 0
    touched = 0
    for j in range(removed):
        r = p.at[w.note[REMOVED, j], ROUTE]
        if not w.note[IN_HAND, r]:
            w.note[IN_HAND, r] = 1
            w.note[TOUCHED, touched] = r
            touched += 1
    return touched


@kernel
def gather(d: Data, p: Plan, w: Desk, removed: int, stamp: int) -> int:
    """Lists who waits to be inserted."""
    count = 0
    if d.offered == 0:
        for k in range(d.n):
            if p.at[k, ROUTE] < 0:
                w.note[WAITING, count] = k
                count += 1
        return count
    for j in range(removed):
        k = w.note[REMOVED, j]
        if w.note[MARK, k] != stamp:
            w.note[MARK, k] = stamp
            w.note[WAITING, count] = k
            count += 1
        offered = 0
        for q in range(d.near.shape[1]):
            o = d.near[k, q]
            if p.at[o, ROUTE] >= 0:
                continue
            if w.note[MARK, o] != stamp:
                w.note[MARK, o] = stamp
                w.note[WAITING, count] = o
                count += 1
            offered += 1
            if offered >= d.offered:
                break
    return count


@kernel
def once(d: Data, p: Plan, w: Desk, most: int, stamp: int, state: Chance) -> int:
    """Ruins and recreates once, and returns how many routes changed; -1 when the plan could not be mended."""
    for r in range(d.routes):
        w.note[IN_HAND, r] = 0
    size = 1 + below(state, most)
    removed = ruin(d, p, w, below(state, WAYS), size, state)
    touched = in_hand(d, p, w, removed)
    sound = True
    for t in range(touched):
        take_out(d, p, w.note[TOUCHED, t], w)
        sound = mend(d, p, w.note[TOUCHED, t], w) and sound
    for j in range(removed):
        w.note[GONE, w.note[REMOVED, j]] = 0
    if not sound:
        return -1 - touched
    count = gather(d, p, w, removed, stamp)
    rule = below(state, 6)
    noise = 0.5 * fraction(state) if fraction(state) < 0.6 else 0.0
    wait = fraction(state) if fraction(state) < 0.5 else 0.0
    if d.kin.shape[1] > 0:
        # Weeks of visits of all lengths: what counts is the time that a visit takes, not the way alone.
        wait = 1.0
        rule = below(state, 2) if fraction(state) < 0.5 else rule
    recreate(d, p, w, count, touched, rule, noise, wait, state)
    return touched


@kernel
def anneal(
    d: Data,
    now: Plan,
    work: Plan,
    best: Plan,
    w: Desk,
    state: Chance,
    rounds: int,
    warm: float,
    cool: float,
    per_travel: float,
    most: int,
    at: Whole,
) -> int:
    """Runs `rounds` rounds while the temperature falls from `warm` to `cool`; `best` is the best plan met.

    Returns how often `best` became better. `now` and `work` are the same plan before and after. `at[0]` counts rounds.
    """
    found = 0
    must, prize, travel = worth_of(d, now)
    best_must, best_prize, best_travel = worth_of(d, best)
    temperature = warm
    factor = exp(0.0)
    if rounds > 1 and warm > 0.0:
        factor = (cool / warm) ** (1.0 / rounds)
    for _ in range(rounds):
        at[0] += 1
        temperature *= factor
        touched = once(d, work, w, most, at[0], state)
        if touched == 0:
            continue
        keep = touched > 0
        new_must, new_prize, new_travel = must, prize, travel
        if keep:
            new_must, new_prize, new_travel = worth_of(d, work)
            change = new_prize - prize - per_travel * (new_travel - travel)
            keep = new_must > must or (
                new_must == must and (change >= 0.0 or fraction(state) < exp(change / temperature))
            )
        count = touched if touched > 0 else -1 - touched
        if not keep:
            copy_touched(d, now, work, w, count)
            continue
        copy_touched(d, work, now, w, count)
        must, prize, travel = new_must, new_prize, new_travel
        if better(must, prize, travel, best_must, best_prize, best_travel):
            copy_plan(d, now, best)
            best_must, best_prize, best_travel = must, prize, travel
            found += 1
    return found


@kernel
def better(must: int, prize: float, travel: float, best_must: int, best_prize: float, best_travel: float) -> bool:
    """Says whether the first is worth more than the second."""
    if must != best_must:
        return must > best_must
    if abs(prize - best_prize) > 1e-9:
        return prize > best_prize
    return travel < best_travel
