"""A second opinion on plans, written without any of the solver's code: clear and slow."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift


def finish(problem: Problem, shift: Shift, visits: Sequence[Client]) -> int | None:
    """Returns when the shift is over if these visits are made in this order; None when that cannot be."""
    where, now = shift.start, shift.window.start
    for visit in visits:
        road = int(problem.matrix[where][visit.location])
        if road >= UNREACHABLE:
            return None
        now += road
        if visit.windows is not None:
            waits = [max(0, w.start - now) for w in visit.windows if w.end >= now]
            if not waits:
                return None
            now += min(waits)
        now += visit.service
        where = visit.location
    road = int(problem.matrix[where][shift.end])
    return now + road if road < UNREACHABLE and now + road <= shift.window.end else None


def possible(problem: Problem, shift: Shift, visits: Sequence[Client]) -> bool:
    return finish(problem, shift, visits) is not None


def fits_somewhere(problem: Problem, shift: Shift, visits: Sequence[Client], more: Client) -> bool:
    """Says whether `more` can be put between these visits with all of them kept in their order."""
    return any(possible(problem, shift, [*visits[:n], more, *visits[n:]]) for n in range(len(visits) + 1))


def cheapest_loss(problem: Problem, shift: Shift, visits: Sequence[Client], more: Client) -> tuple[int, float] | None:
    """Returns (required visits, prize) of the cheapest visits to give up so that `more` fits; None when nothing helps."""
    losses = []
    for kept in subsets(visits):
        if fits_somewhere(problem, shift, kept, more):
            lost = [visit for visit in visits if visit not in kept]
            losses.append((sum(visit.required for visit in lost), sum(visit.prize for visit in lost)))
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
