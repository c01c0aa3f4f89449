"""How time passes along a route: rides, waits, visits and breaks.

A `Clocks` holds, for every number of breaks taken so far, the earliest time at which that can be; NEVER where it cannot.
Without breaks it is one number. Both the referee and the plain planner reckon with it.
"""

from typing import TypeAlias

from backend.planning.solver.problem import UNREACHABLE, Break, Problem, Shift, TimeWindow

NEVER = 1 << 40
"""Later than every time."""

Clocks: TypeAlias = tuple[int, ...]
Windows: TypeAlias = tuple[TimeWindow, ...] | None


def breaks_of(shift: Shift) -> tuple[Break, ...]:
    """Returns the breaks that can come due on the shift: those that may begin once it has."""
    return tuple(one for one in shift.breaks if one.window.end >= shift.window.start)


def at_start(shift: Shift) -> Clocks:
    """Returns the clocks of somebody who has not left yet."""
    return (shift.window.start, *(NEVER for _ in breaks_of(shift)))


def ride(breaks: tuple[Break, ...], leave: Clocks, travel: int) -> Clocks:
    """Returns when one is at the next place and ready; breaks are taken before, during or after the ride."""
    if travel >= UNREACHABLE:
        return tuple(NEVER for _ in leave)
    ready = [time + travel if time < NEVER else NEVER for time in leave]
    for taken, time in enumerate(leave):
        if time >= NEVER:
            continue
        begin, there = time, time + travel
        for number in range(taken, len(breaks)):
            one = breaks[number]
            begin = max(begin, one.window.start)
            if begin > one.window.end:
                break
            begin += one.duration
            there = max(there, one.window.start) + one.duration
            ready[number + 1] = min(ready[number + 1], there)
    return tuple(ready)


def serve(windows: Windows, service: int, ready: Clocks) -> Clocks:
    """Returns when the visit is over that begins as soon as its windows allow."""
    starts = (next_start(windows, time) for time in ready)
    return tuple(start + service if start < NEVER else NEVER for start in starts)


def next_start(windows: Windows, time: int) -> int:
    """Returns the earliest time, `time` or later, inside the windows; NEVER when there is none."""
    if time >= NEVER or windows is None:
        return time
    return min((max(time, window.start) for window in windows if time <= window.end), default=NEVER)


def last_calls(shift: Shift) -> Clocks:
    """Returns by when one has to be back: with a break not taken, by the end of its window."""
    calls = [shift.window.end]
    for one in reversed(breaks_of(shift)):
        calls.append(min(calls[-1], one.window.end))
    return tuple(reversed(calls))


def leave_by(breaks: tuple[Break, ...], latest: Clocks, travel: int) -> Clocks:
    """Returns the last moments to leave so as to be at the next place by `latest`; -1 where that is impossible."""
    if travel >= UNREACHABLE:
        return tuple(-1 for _ in latest)
    found: list[int] = []
    for taken, by in enumerate(latest):
        best = by - travel if by >= 0 else -1
        for after in range(taken + 1, len(latest)):
            if latest[after] >= 0:
                best = max(best, with_breaks(breaks[taken:after], latest[after], travel))
        found.append(best)
    return tuple(found)


def with_breaks(breaks: tuple[Break, ...], there: int, travel: int) -> int:
    """Returns the last moment to leave so as to have all of `breaks` and be there by `there`; -1 for none."""
    begin = NEVER
    for one in reversed(breaks):
        there -= one.duration
        begin = min(one.window.end, begin - one.duration)
        if min(there, begin) < one.window.start:
            return -1
    return min(there - travel, begin)


def serve_by(windows: Windows, service: int, latest_leave: Clocks) -> Clocks:
    """Returns the last moments at which one may be ready so that the visit is over by `latest_leave`; -1 for none."""
    return tuple(last_start(windows, by - service) for by in latest_leave)


def last_start(windows: Windows, by: int) -> int:
    """Returns the latest time up to `by` inside the windows; -1 when there is none."""
    if by < 0 or windows is None:
        return max(by, -1)
    return max((min(by, window.end) for window in windows if window.start <= by), default=-1)


def in_time(ready: Clocks, latest: Clocks) -> bool:
    """Says whether the rest of the route can be made."""
    return any(time <= by for time, by in zip(ready, latest, strict=True))


def lone_visit(problem: Problem, shift: Shift, client_id: str) -> bool:
    """Says whether a shift with nothing else to do could make this visit."""
    client, breaks = problem.client_by_id[client_id], breaks_of(shift)
    if not problem.may_serve(shift, client):
        return False
    out, home = (
        int(problem.matrix[shift.start, client.location]),
        int(problem.matrix[client.location, shift.end]),
    )
    left = serve(problem.windows_of(client), client.service, ride(breaks, at_start(shift), out))
    return in_time(ride(breaks, left, home), last_calls(shift))
