"""The search as planning calls it: a first plan soon, then better ones until its time is over or somebody says stop."""

from collections.abc import Callable

from backend.planning.solver.problem import Problem
from backend.planning.solver.solution import Solution
from backend.planning.solver.solve import Result, solve
from backend.planning.solver.stop import Stop


def search(problem: Problem, *, seed: int, stop: Stop, found: Callable[[Result], None]) -> Result:
    """Returns the best plan found; `found` is told of the first usable one as soon as it stands, and of every better one.

    What `found` is told has no reasons yet for who is left out: they are worked out once, in the end."""

    def told(better: Solution) -> None:
        found(Result(better, (), seed, 0))

    return solve(problem, seed=seed, stop=stop, progress=told)
