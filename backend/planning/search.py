"""The search as planning calls it: a first plan soon, then better ones until its time is over or somebody says stop."""

from collections.abc import Callable
from dataclasses import replace

from backend.planning.solver.problem import Problem
from backend.planning.solver.solve import Result, solve
from backend.planning.solver.stop import Stop

FIRST = Stop(iterations=0)


def search(problem: Problem, *, seed: int, stop: Stop, found: Callable[[Result], None]) -> Result:
    """Returns the best plan found; `found` is told of the first usable one as soon as it stands.

    The first plan is what the solver makes before it begins to search; `stop` counts from after it."""
    first = solve(problem, seed=seed, stop=FIRST)
    found(first)
    if stop.signal is not None and stop.signal():
        return first
    better = solve(problem, seed=seed, stop=stop)
    best = max((first, better), key=lambda one: one.solution.score)
    return replace(best, iterations=better.iterations)
