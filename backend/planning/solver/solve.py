"""The door of the solver: a problem in, a judged plan out, and one true reason for every client left out."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pyvrp import IteratedLocalSearchParams, SolveParams
from pyvrp import solve as search
from pyvrp.exceptions import PenaltyBoundWarning

from backend.kit.errors import Invalid
from backend.planning.solver.displace import cheapest, improve
from backend.planning.solver.greedy import construct
from backend.planning.solver.insertion import Line, fits_alone, reachable
from backend.planning.solver.model import build
from backend.planning.solver.problem import Client, Problem, is_whole
from backend.planning.solver.solution import Solution, judge
from backend.planning.solver.stop import Clock, Stop

HISTORY = 100
"""Length of the library's late-acceptance history; a third of its default left a smaller gap at our sizes."""


class Reason(StrEnum):
    """Why a client is left out."""

    NO_COORDINATES = "NO_COORDINATES"
    """Nobody knows where it is, so it never became part of the problem."""

    NOT_REACHABLE = "NOT_REACHABLE"
    """No shift has a way there and back."""

    NO_WINDOW_FITS = "NO_WINDOW_FITS"
    """Even an otherwise empty shift could not serve it within its windows and the shift's hours."""

    DAY_FULL = "DAY_FULL"
    """It fits an empty shift, but not beside what is planned; `displaced_by` says what would have to go."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A client left out. `displaced_by` are the cheapest stops whose removal would make room, the others keeping
    their order on shift `shift_id`; `cost` is their prize."""

    client_id: str
    reason: Reason
    displaced_by: tuple[str, ...] = ()
    shift_id: str = ""
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """The plan, who is left out and why, and what it took: every client is in exactly one of the two."""

    solution: Solution
    dropped: tuple[Drop, ...]
    seed: int
    iterations: int


def solve(problem: Problem, *, seed: int, stop: Stop | None = None) -> Result:
    """Returns a good plan: as many required visits as found possible, then the most prize, then the least travel.

    The same problem and seed give the same plan under a limit on iterations (the default), in whatever order clients,
    shifts and places are listed. The plan has passed the referee, nothing left out still fits, and no left-out client
    is worth more than what would have to go for it. Raises Invalid for a seed below zero.
    """
    if not is_whole(seed) or not 0 <= seed < 2**31:
        raise Invalid("SEED_INVALID", "a seed is a whole number from 0 to 2**31 - 1", fields={"seed": repr(seed)})
    clock = (stop or Stop()).clock()
    given = problem
    problem = in_order_of_id(problem)
    alone = [client for client in problem.clients if fits_alone(problem, client)]
    best = judged(problem, finished(construct(problem, alone), alone))
    if len(alone) > 1:
        best = max(best, searched(problem, alone, best, seed, clock), key=lambda plan: plan.score)
    final = approved(given, best.order())
    return Result(final, reasons(problem, best, alone), seed, clock.iterations)


def in_order_of_id(problem: Problem) -> Problem:
    """Returns the problem with clients and shifts sorted by id, so that the order they came in decides nothing."""
    return Problem(
        clients=tuple(sorted(problem.clients, key=lambda client: client.id)),
        shifts=tuple(sorted(problem.shifts, key=lambda shift: shift.id)),
        matrix=problem.matrix,
    )


def finished(lines: list[Line], clients: Sequence[Client]) -> list[Line]:
    """Returns `lines` with everything filled in that still fits or pays."""
    served = {stop.id for line in lines for stop in line.stops}
    improve(lines, [client for client in clients if client.id not in served])
    return lines


def judged(problem: Problem, lines: Sequence[Line]) -> Solution:
    """Returns what the referee makes of `lines`."""
    return approved(problem, {line.shift.id: [stop.id for stop in line.stops] for line in lines})


def approved(problem: Problem, order: Mapping[str, Sequence[str]]) -> Solution:
    """Returns the plan timed and scored; one of our own that the referee refuses is a bug, never a result."""
    match judge(problem, order):
        case Solution() as solution:
            return solution
        case broken:
            raise AssertionError(f"the plan did not pass the referee: {broken}")


def lines_of(problem: Problem, order: Mapping[str, Sequence[str]]) -> list[Line]:
    """Returns the plan as lines that can be added to; it must be one that the referee let through."""
    return [
        Line(problem, shift, [problem.client_by_id[name] for name in order.get(shift.id, ())])
        for shift in problem.shifts
    ]


def searched(problem: Problem, clients: Sequence[Client], start: Solution, seed: int, clock: Clock) -> Solution:
    """Returns the library's plan after the search, polished; `start` is where it begins, so it is never worse."""
    served = {stop.client_id for route in start.routes for stop in route.stops}
    must = {client.id: client.required and client.id in served for client in clients}
    model = build(problem, clients, must)
    params = SolveParams(ils=IteratedLocalSearchParams(history_length=HISTORY))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        found = search(
            model.data, clock, seed=seed, collect_stats=False, params=params, initial_solution=model.start_from(start)
        ).best
    verdict = judge(problem, model.order(found))
    if not isinstance(verdict, Solution):
        return start
    return judged(problem, finished(lines_of(problem, verdict.order()), clients))


def reasons(problem: Problem, plan: Solution, alone: Sequence[Client]) -> tuple[Drop, ...]:
    """Returns one reason for every client that `plan` leaves out, in the order of the problem."""
    served = {stop.client_id for route in plan.routes for stop in route.stops}
    could = {client.id for client in alone}
    lines = lines_of(problem, plan.order())
    return tuple(reason(problem, lines, client, could) for client in problem.clients if client.id not in served)


def reason(problem: Problem, lines: Sequence[Line], client: Client, could: set[str]) -> Drop:
    """Returns the true reason for one client left out; `could` are the ids that fit an empty shift."""
    if client.id not in could:
        return Drop(client.id, Reason.NO_WINDOW_FITS if reachable(problem, client) else Reason.NOT_REACHABLE)
    trade = cheapest(lines, client)
    if trade is None:
        raise AssertionError(f"{client.id} fits an empty shift and yet not an emptied one")
    lost = tuple(stop.id for stop in trade.lost)
    return Drop(client.id, Reason.DAY_FULL, lost, lines[trade.line].shift.id, trade.cost[1])
