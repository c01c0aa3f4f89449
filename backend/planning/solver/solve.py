"""The door of the solver: a problem in, a judged plan out, and one true reason for every client left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.kit.errors import Invalid
from backend.planning.solver import engine as engines
from backend.planning.solver.displace import cheapest, improve
from backend.planning.solver.engine import Engine
from backend.planning.solver.greedy import construct
from backend.planning.solver.insertion import Line, fits_alone
from backend.planning.solver.problem import Client, Problem, Shift, is_whole
from backend.planning.solver.reasons import Drop, Reason, reasons
from backend.planning.solver.solution import Broken, Solution, drive, judge
from backend.planning.solver.stop import Clock, Stop

__all__ = ["Drop", "Engine", "Reason", "Result", "solve"]

Progress = Callable[[Solution], None]


@dataclass(frozen=True, slots=True)
class Result:
    """The plan, who is left out and why, and what it took: every client is in exactly one of the two."""

    solution: Solution
    dropped: tuple[Drop, ...]
    seed: int
    iterations: int
    engine: Engine = Engine.LIBRARY


def solve(
    problem: Problem,
    *,
    seed: int = 1,
    stop: Stop | None = None,
    start: Solution | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Result:
    """Returns a good plan: as many required visits as found possible, then the most prize, then the least travel.

    The same problem, seed and engine give the same plan under a limit on iterations (the default), in whatever order
    clients, shifts and places are listed. The plan has passed the referee, nothing left out still fits, and no left-out
    client is worth more than the stops next to each other that would have to go for it. `start` is a plan to begin
    with, `progress` is told the first plan and every better one. `engine` None takes our own search where it is ready.
    Raises Invalid for a seed below zero, locked stops that cannot be kept (LOCKS_IMPOSSIBLE), and a start that is no plan.
    """
    if not is_whole(seed) or not 0 <= seed < 2**31:
        raise Invalid("SEED_INVALID", "a seed is a whole number from 0 to 2**31 - 1", fields={"seed": repr(seed)})
    if engine is None:
        engine = Engine.OWN if engines.is_ready() else Engine.LIBRARY
    given = problem
    problem = problem.in_order_of_id()
    if start is not None and not isinstance(judge(problem, start.order()), Solution):
        raise Invalid("START_INVALID", "the plan to begin with is none", fields={"start": "the referee refuses it"})
    check_locks(problem)
    told = telling(given, progress)
    locked = problem.locked_on
    alone = [client for client in problem.clients if client.id in locked or fits_alone(problem, client)]
    clock = (stop or Stop()).clock(engine is Engine.OWN)
    if engine is Engine.OWN and alone:
        return own(given, problem, alone, seed, clock, start, told)
    return others(given, problem, alone, seed, clock, start, told, engine)


def own(
    given: Problem,
    problem: Problem,
    alone: Sequence[Client],
    seed: int,
    clock: Clock,
    start: Solution | None,
    told: Callable[[Mapping[str, Sequence[str]]], None],
) -> Result:
    """Plans by our own search."""
    from backend.planning.solver.search import Search

    search = Search(problem, alone, seed)
    locks = {shift.id: [one.client_id for one in shift.locked] for shift in problem.shifts}
    search.begin(start.order() if start is not None else locks)
    told(search.order())
    search.run(clock, lambda: told(search.order()))
    search.end()
    final = approved(given, search.order())
    stretches = search.stretches()

    def stretch(client: Client) -> tuple[Shift, tuple[str, ...], float]:
        found = stretches[client.id]
        return found.shift, found.lost, found.cost

    return Result(final, reasons(problem, final, alone, stretch), seed, clock.iterations, Engine.OWN)


def others(
    given: Problem,
    problem: Problem,
    alone: Sequence[Client],
    seed: int,
    clock: Clock,
    start: Solution | None,
    told: Callable[[Mapping[str, Sequence[str]]], None],
    engine: Engine,
) -> Result:
    """Plans by insertion and trades, and by the library where it can say all that the problem says."""
    from backend.planning.solver.library import can_say, searched

    lines = lines_of(problem, start.order()) if start is not None else construct(problem, alone)
    best = judged(problem, finished(lines, alone))
    told(best.order())
    used = Engine.PLAIN
    if engine is not Engine.PLAIN and len(alone) > 1 and can_say(problem):
        used = Engine.LIBRARY
        found = searched(problem, alone, best, seed, clock)
        if found is not None:
            best = max(best, judged(problem, finished(lines_of(problem, found), alone)), key=lambda plan: plan.score)
            told(best.order())
    final = approved(given, best.order())
    lines = lines_of(problem, best.order())

    def stretch(client: Client) -> tuple[Shift, tuple[str, ...], float]:
        trade = cheapest(lines, client)
        if trade is None:
            raise AssertionError(f"{client.id} fits an empty shift and yet not an emptied one")
        return lines[trade.line].shift, tuple(stop.id for stop in trade.lost), trade.cost[1]

    return Result(final, reasons(problem, best, alone, stretch), seed, clock.iterations, used)


def check_locks(problem: Problem) -> None:
    """Raises Invalid, with shift and stop, unless every shift can make its locked stops."""
    for shift in problem.shifts:
        locked = [problem.client_by_id[lock.client_id] for lock in shift.locked]
        route = drive(problem, shift, locked) if locked else None
        if isinstance(route, Broken):
            fields = {shift.id: route.client_id or route.code}
            raise Invalid("LOCKS_IMPOSSIBLE", f"the locked stops of {shift.id} cannot be kept", fields=fields)


def telling(problem: Problem, progress: Progress | None) -> Callable[[Mapping[str, Sequence[str]]], None]:
    """Returns what hands plans to `progress`, judged and each better than the one before."""
    if progress is None:
        return lambda order: None
    last: list[Solution] = []

    def tell(order: Mapping[str, Sequence[str]]) -> None:
        plan = approved(problem, order)
        if not last or plan.score > last[-1].score:
            last[:] = [plan]
            progress(plan)

    return tell


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
