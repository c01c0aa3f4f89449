"""Putting stops in, taking them out, and copying routes from one plan to another."""

from backend.kit.compiled import kernel
from backend.planning.solver.kernel.data import (
    BREAKS,
    FIXED,
    GONE,
    GROUP,
    PLACE,
    ROUTE,
    STOPS,
    TRAVEL,
    Data,
    Desk,
    Plan,
)
from backend.planning.solver.kernel.timing import time_route


@kernel
def insert(d: Data, p: Plan, r: int, i: int, k: int, w: Desk) -> None:
    """Puts `k` at position `i` of a route that is known to bear it."""
    for j in range(p.tally[r, STOPS] + 1, i - 1, -1):
        p.nodes[r, j + 1] = p.nodes[r, j]
    p.nodes[r, i] = k
    p.tally[r, STOPS] += 1
    p.at[k, ROUTE] = r
    p.taken[d.client[k, GROUP]] += 1
    time_route(d, p, r, w.box[0])


@kernel
def take_out(d: Data, p: Plan, r: int, w: Desk) -> None:
    """Takes the clients marked as gone out of the route, and leaves it untimed."""
    length, kept = p.tally[r, STOPS], 0
    for i in range(1, length + 1):
        k = p.nodes[r, i]
        if w.note[GONE, k]:
            p.at[k, ROUTE] = -1
            p.taken[d.client[k, GROUP]] -= 1
        else:
            kept += 1
            p.nodes[r, kept] = k
    p.nodes[r, kept + 1] = p.nodes[r, length + 1]
    p.tally[r, STOPS] = kept


@kernel
def mend(d: Data, p: Plan, r: int, w: Desk) -> bool:
    """Times the route; where roads are odd, leaving a stop out can make it too long: then more go. False: hopeless."""
    while True:
        i = time_route(d, p, r, w.box[0])
        if i == 0:
            return True
        i = min(i, p.tally[r, STOPS])
        while i > 0 and d.client[p.nodes[r, i], FIXED]:
            i -= 1
        if i == 0:
            return False
        k = p.nodes[r, i]
        w.note[GONE, k] = 1
        take_out(d, p, r, w)
        w.note[GONE, k] = 0


@kernel
def copy_route(d: Data, source: Plan, target: Plan, r: int) -> None:
    """Makes route `r` of `target` that of `source`; what either serves must be served nowhere else."""
    for i in range(1, target.tally[r, STOPS] + 1):
        k = target.nodes[r, i]
        if target.at[k, ROUTE] == r:
            target.at[k, ROUTE] = -1
    length = source.tally[r, STOPS]
    target.tally[r, STOPS] = length
    target.prize[r] = source.prize[r]
    target.tally[r, TRAVEL] = source.tally[r, TRAVEL]
    states = d.shift[r, BREAKS] + 1
    for i in range(length + 2):
        k = source.nodes[r, i]
        target.nodes[r, i] = k
        for s in range(states):
            target.leave[r, i, s] = source.leave[r, i, s]
            target.latest[r, i, s] = source.latest[r, i, s]


@kernel
def settle_route(source: Plan, target: Plan, r: int) -> None:
    """The second half of copying: says of the clients of route `r` that they are on it (after all routes were copied)."""
    for i in range(1, target.tally[r, STOPS] + 1):
        k = target.nodes[r, i]
        target.at[k, ROUTE] = r
        target.at[k, PLACE] = i


@kernel
def copy_groups(source: Plan, target: Plan) -> None:
    """Copies which groups are served."""
    for g in range(len(source.taken)):
        target.taken[g] = source.taken[g]
