"""A second opinion on plans, written without any of the solver's code: clear and slow."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, permutations, product

from backend.planning.solver.problem import UNREACHABLE, Break, Client, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Route, Solution


def doors(shift: Shift, visit: Client) -> Sequence[TimeWindow] | None:
    """When the visit may begin: a settled one at its moment only."""
    for lock in shift.locked:
        if lock.client_id == visit.id and lock.start is not None:
            return [TimeWindow(lock.start, lock.start)]
    return visit.windows


def welcome(shift: Shift, visit: Client) -> bool:
    """Says whether the shift may make the visit at all, its hours aside."""
    if any(lock.client_id == visit.id for lock in shift.locked):
        return True
    return all(skill in shift.skills for skill in visit.skills) and (visit.shifts is None or shift.id in visit.shifts)


def begins(shift: Shift, visit: Client) -> list[int]:
    """First and last moment, of each of its windows, at which the visit could begin on the shift, ways aside."""
    first, last = shift.window.start, shift.window.end - visit.service
    spans = doors(shift, visit)
    cut = [(first, last)] if spans is None else [(max(first, w.start), min(last, w.end)) for w in spans]
    return [moment for start, end in cut if start <= end for moment in (start, end)]


def apart(problem: Problem, one: tuple[Shift, Client], other: tuple[Shift, Client]) -> bool:
    """Says whether two visits keep the distance that their account wants, whenever on their shifts they begin."""
    locked = {lock.client_id for shift in problem.shifts for lock in shift.locked}
    mine, yours = one[1], other[1]
    if mine.account is None or mine.account != yours.account or {mine.id, yours.id} <= locked:
        return True
    gap = max(mine.gap, yours.gap)
    if gap == 0:
        return True
    ours, theirs = begins(*one), begins(*other)
    return not ours or not theirs or min(theirs) - max(ours) >= gap or min(ours) - max(theirs) >= gap


Placed = Sequence[tuple[Shift, Client]]


def ready_times(clock: int, road: int, breaks: Sequence[Break]) -> list[int]:
    """All the moments at which one can be there and ready, every one of `breaks` had on the way, tried minute by minute."""
    if not breaks:
        return [clock + road]
    one, *rest = breaks
    found = []
    for begin in range(max(clock, one.window.start), one.window.end + 1):
        found += ready_times(begin + one.duration, max(0, road - (begin - clock)), rest)
    return found


def finish(problem: Problem, shift: Shift, visits: Sequence[Client]) -> int | None:
    """Returns when the shift is over if these visits are made in this order; None when that cannot be."""
    due = [one for one in shift.breaks if one.window.end >= shift.window.start]
    ends = []
    # Which break is had on which ride; len(visits) + 1 says that it is not had at all.
    for had in product(range(len(visits) + 2), repeat=len(due)):
        if list(had) == sorted(had):
            end = finish_so(problem, shift, visits, due, had)
            if end is not None:
                ends.append(end)
    return min(ends, default=None)


def finish_so(
    problem: Problem, shift: Shift, visits: Sequence[Client], due: Sequence[Break], had: Sequence[int]
) -> int | None:
    where, now = shift.start, shift.window.start
    for number in range(len(visits) + 1):
        visit = visits[number] if number < len(visits) else None
        road = int(problem.matrix[where][visit.location if visit else shift.end])
        if road >= UNREACHABLE:
            return None
        times = ready_times(now, road, [one for one, ride in zip(due, had, strict=True) if ride == number])
        if not times:
            return None
        now = min(times)
        if visit is None:
            break
        spans = doors(shift, visit)
        if spans is not None:
            waits = [max(0, w.start - now) for w in spans if w.end >= now]
            if not waits:
                return None
            now += min(waits)
        now += visit.service
        where = visit.location
    missed = [one for one, ride in zip(due, had, strict=True) if ride > len(visits)]
    return now if now <= shift.window.end and all(now <= one.window.end for one in missed) else None


def possible(problem: Problem, shift: Shift, visits: Sequence[Client]) -> bool:
    groups = [visit.group for visit in visits if visit.group is not None]
    return (
        all(welcome(shift, visit) for visit in visits)
        and all(apart(problem, (shift, one), (shift, other)) for one, other in combinations(visits, 2))
        and len(groups) == len(set(groups))
        and finish(problem, shift, visits) is not None
    )


def fits_somewhere(
    problem: Problem, shift: Shift, visits: Sequence[Client], more: Client, elsewhere: Placed = ()
) -> bool:
    """Says whether `more` can be put between these visits with all of them kept in their order, after the settled ones.

    `elsewhere`: the visits of the other shifts."""
    if not all(apart(problem, (shift, more), other) for other in elsewhere):
        return False
    settled = {lock.client_id for lock in shift.locked if lock.start is not None}
    first = sum(visit.id in settled for visit in visits)
    return any(possible(problem, shift, [*visits[:n], more, *visits[n:]]) for n in range(first, len(visits) + 1))


def cheapest_loss(
    problem: Problem, shift: Shift, routes: Mapping[str, Sequence[Client]], more: Client
) -> tuple[int, float] | None:
    """Returns (required or locked visits, prize) of the cheapest visits next to each other to give up so that `more` fits
    in their place, with those of other shifts that are too near; None when nothing helps."""
    visits = routes[shift.id]
    locked = {lock.client_id for one in problem.shifts for lock in one.locked}
    gone: list[Client] = []
    for other in problem.shifts:
        near = [v for v in routes[other.id] if other is not shift and not apart(problem, (shift, more), (other, v))]
        stays = [v for v in routes[other.id] if v not in near]
        if near and stays and finish(problem, other, stays) is None:
            return None
        gone += near
    settled = sum(lock.start is not None for lock in shift.locked)
    losses = []
    for first in range(len(visits) + 1):
        for after in range(first, len(visits) + 1):
            lost = visits[first:after]
            if after >= settled and possible(problem, shift, [*visits[:first], more, *visits[after:]]):
                whole = [*lost, *gone]
                losses.append((sum(one.required or one.id in locked for one in whole), sum(one.prize for one in whole)))
    return min(losses, default=None)


def subsets(visits: Sequence[Client]) -> Iterator[list[Client]]:
    for size in range(len(visits) + 1):
        for chosen in combinations(visits, size):
            yield list(chosen)


def best_value(problem: Problem) -> tuple[int, float]:
    """Returns (required visits, prize) of the best plan there is, by trying everything; for one shift and few clients."""
    (shift,) = problem.shifts
    return max(
        (sum(client.required for client in chosen), sum(client.prize for client in chosen))
        for chosen in subsets(problem.clients)
        if any(possible(problem, shift, order) for order in permutations(chosen))
    )


def faults(problem: Problem, plan: Solution) -> list[str]:
    """Returns everything that is wrong with a timetable."""
    clients: Mapping[str, Client] = {client.id: client for client in problem.clients}
    served = [stop.client_id for route in plan.routes for stop in route.stops]
    found = [f"{name} is visited twice" for name in set(served) if served.count(name) > 1]
    groups = [clients[name].group for name in served if clients[name].group is not None]
    found += [f"two of group {name}" for name in set(groups) if groups.count(name) > 1]
    found += gap_faults(problem, plan)
    for shift, route in zip(problem.shifts, plan.routes, strict=True):
        visits = [clients[stop.client_id] for stop in route.stops]
        found += [f"{shift.id} may not serve {visit.id}" for visit in visits if not welcome(shift, visit)]
        found += lock_faults(shift, [visit.id for visit in visits])
        if visits:
            found += break_faults(shift, route)
            found += time_faults(problem, shift, route, visits)
    return found


def gap_faults(problem: Problem, plan: Solution) -> list[str]:
    """Visits of one account begin as far apart as it wants, now and whatever is moved within their days."""
    clients = {client.id: client for client in problem.clients}
    locked = {lock.client_id for shift in problem.shifts for lock in shift.locked}
    served = [
        (shift, clients[stop.client_id], stop.start)
        for shift, route in zip(problem.shifts, plan.routes, strict=True)
        for stop in route.stops
    ]
    found = []
    for (shift, one, start), (other_shift, other, other_start) in combinations(served, 2):
        if one.account is None or one.account != other.account or {one.id, other.id} <= locked:
            continue
        if abs(start - other_start) < max(one.gap, other.gap):
            found.append(f"{one.id} and {other.id} begin too near")
        elif not apart(problem, (shift, one), (other_shift, other)):
            found.append(f"{one.id} and {other.id} could come too near")
    return found


def lock_faults(shift: Shift, visits: Sequence[str]) -> list[str]:
    locked = [lock.client_id for lock in shift.locked]
    settled = [lock.client_id for lock in shift.locked if lock.start is not None]
    found = []
    if [name for name in visits if name in locked] != locked:
        found.append(f"locks of {shift.id}")
    if list(visits[: len(settled)]) != settled:
        found.append(f"something before a settled stop of {shift.id}")
    return found


def break_faults(shift: Shift, route: Route) -> list[str]:
    """Every break that is due is had in its window and long enough, and no visit goes on meanwhile."""
    found = []
    due = [one for one in shift.breaks if one.window.end >= shift.window.start]
    for number, one in enumerate(due):
        if number >= len(route.pauses):
            if route.back > one.window.end:
                found.append(f"break {number} of {shift.id} is missing")
            continue
        pause = route.pauses[number]
        if not (one.window.start <= pause.start <= one.window.end and pause.end - pause.start == one.duration):
            found.append(f"break {number} of {shift.id}")
    found += [
        f"a break of {shift.id} during a visit"
        for pause in route.pauses
        if any(max(pause.start, stop.start) < min(pause.end, stop.leave) for stop in route.stops)
    ]
    return found


def time_faults(problem: Problem, shift: Shift, route: Route, visits: Sequence[Client]) -> list[str]:
    """Between leaving one place and serving the next there is time for the ride and for every break that falls into it."""
    found = []
    if route.leave < shift.window.start or route.back > shift.window.end:
        found.append(f"hours of {shift.id}")
    where, left = shift.start, route.leave
    for visit, stop in zip([*visits, None], [*route.stops, None], strict=True):
        start = stop.start if stop else route.back
        road = int(problem.matrix[where][visit.location if visit else shift.end])
        rest = sum(max(0, min(pause.end, start) - max(pause.start, left)) for pause in route.pauses)
        if start - left < road + rest:
            found.append(f"too late for {visit.id if visit else 'home'}")
        if visit is not None and stop is not None:
            spans = doors(shift, visit)
            if spans is not None and not any(w.start <= stop.start <= w.end for w in spans):
                found.append(f"{visit.id} outside its windows")
            if stop.leave != stop.start + visit.service or stop.arrival > stop.start:
                found.append(f"service of {visit.id}")
            where, left = visit.location, stop.leave
    return found
