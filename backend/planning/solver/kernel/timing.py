"""When a route gets where: forwards as early, backwards as late as its windows and breaks allow."""

from backend.kit.compiled import kernel
from backend.planning.solver.kernel.data import (
    BREAKS,
    CLOSES,
    HOME,
    LENGTH,
    NEVER,
    OPENS,
    OUT,
    PLACE,
    SERVICE,
    STOPS,
    TRAVEL,
    Data,
    Plan,
    Whole,
)


@kernel
def start_at(d: Data, r: int, k: int, time: int) -> int:
    """Returns the first moment from `time` on at which `k` may be served on `r`; NEVER when there is none."""
    for w in range(d.window[r, k, 0], d.window[r, k, 1]):
        if time <= d.door[w, CLOSES]:
            return max(time, d.door[w, OPENS])
    return NEVER


@kernel
def start_by(d: Data, r: int, k: int, time: int) -> int:
    """Returns the last moment up to `time` at which `k` may be served on `r`; -1 when there is none."""
    for w in range(d.window[r, k, 1] - 1, d.window[r, k, 0] - 1, -1):
        if time >= d.door[w, OPENS]:
            return min(time, d.door[w, CLOSES])
    return -1


@kernel
def ride(d: Data, r: int, leave: Whole, travel: int, ready: Whole) -> None:
    """Writes to `ready[s]` when one is at the next place with s breaks taken, having left this one at `leave[s]`.

    A break may be had before, during or after the ride: it only has to begin in its window and not before leaving.
    """
    count = d.shift[r, BREAKS]
    for s in range(count + 1):
        ready[s] = leave[s] + travel if leave[s] < NEVER else NEVER
    for s in range(count):
        if leave[s] >= NEVER:
            continue
        begin, there = leave[s], leave[s] + travel
        for b in range(s, count):
            begin = max(begin, d.pause[r, b, OPENS])
            if begin > d.pause[r, b, CLOSES]:
                break
            begin += d.pause[r, b, LENGTH]
            there = max(there, d.pause[r, b, OPENS]) + d.pause[r, b, LENGTH]
            ready[b + 1] = min(ready[b + 1], there)


@kernel
def ride_by(d: Data, r: int, latest: Whole, travel: int, leave: Whole) -> None:
    """Writes to `leave[s]` the last moment to leave with s breaks taken so as to be there by `latest`; -1 for none."""
    count = d.shift[r, BREAKS]
    for s in range(count + 1):
        leave[s] = latest[s] - travel if latest[s] >= 0 else -1
        for e in range(s + 1, count + 1):
            if latest[e] < 0:
                continue
            there, begin = latest[e], NEVER
            for b in range(e - 1, s - 1, -1):
                there -= d.pause[r, b, LENGTH]
                begin = min(d.pause[r, b, CLOSES], begin - d.pause[r, b, LENGTH])
                if there < d.pause[r, b, OPENS] or begin < d.pause[r, b, OPENS]:
                    begin = -1
                    break
            if begin >= 0:
                leave[s] = max(leave[s], min(there - travel, begin))


@kernel
def time_route(d: Data, p: Plan, r: int, box: Whole) -> int:
    """Times route `r` anew and returns 0, or the first position that cannot be reached in time (length+1: home)."""
    failed = forwards(d, p, r, box)
    if failed == 0:
        backwards(d, p, r, box)
    return failed


@kernel
def forwards(d: Data, p: Plan, r: int, box: Whole) -> int:
    """Writes the earliest times to leave; returns like `time_route`."""
    length, count = p.tally[r, STOPS], d.shift[r, BREAKS]
    prize, travel = 0.0, 0
    for s in range(count + 1):
        p.leave[r, 0, s] = NEVER
    p.leave[r, 0, 0] = d.shift[r, OUT]
    before = p.nodes[r, 0]
    for i in range(1, length + 1):
        k = p.nodes[r, i]
        leg = d.to[before, k]
        travel += leg
        prize += d.prize[0, k]
        possible = False
        if count == 0:
            start = start_at(d, r, k, p.leave[r, i - 1, 0] + leg)
            p.leave[r, i, 0] = start + d.client[k, SERVICE]
            possible = start < NEVER
        else:
            ride(d, r, p.leave[r, i - 1], leg, box)
            for s in range(count + 1):
                start = start_at(d, r, k, box[s])
                p.leave[r, i, s] = start + d.client[k, SERVICE] if start < NEVER else NEVER
                possible = possible or start < NEVER
        if not possible:
            return i
        p.at[k, PLACE] = i
        before = k
    leg = d.to[before, p.nodes[r, length + 1]]
    last_call(d, p, r)
    p.prize[r] = prize
    p.tally[r, TRAVEL] = travel + leg if length > 0 else 0
    if length == 0:
        return 0
    ride(d, r, p.leave[r, length], leg, box)
    for s in range(count + 1):
        if box[s] <= p.latest[r, length + 1, s]:
            return 0
    return length + 1


@kernel
def last_call(d: Data, p: Plan, r: int) -> None:
    """Writes when one has to be home: with a break not taken, by the end of its window."""
    i = p.tally[r, STOPS] + 1
    by = d.shift[r, HOME]
    for s in range(d.shift[r, BREAKS], -1, -1):
        if s < d.shift[r, BREAKS]:
            by = min(by, d.pause[r, s, CLOSES])
        p.latest[r, i, s] = by


@kernel
def backwards(d: Data, p: Plan, r: int, box: Whole) -> None:
    """Writes the latest arrivals."""
    length, count = p.tally[r, STOPS], d.shift[r, BREAKS]
    for i in range(length, 0, -1):
        k = p.nodes[r, i]
        leg = d.to[k, p.nodes[r, i + 1]]
        if count == 0:
            p.latest[r, i, 0] = start_by(d, r, k, p.latest[r, i + 1, 0] - leg - d.client[k, SERVICE])
        else:
            ride_by(d, r, p.latest[r, i + 1], leg, box)
            for s in range(count + 1):
                by = box[s] - d.client[k, SERVICE]
                p.latest[r, i, s] = start_by(d, r, k, by) if by >= 0 else -1
