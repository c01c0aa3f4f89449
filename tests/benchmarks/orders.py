"""Only the order is to be found: fixed stops, all of them required, one round trip on the real roads of Liechtenstein."""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from backend.planning.solver import engine
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Solution, judge
from backend.planning.solver.solve import Engine, solve
from backend.planning.solver.stop import Stop
from tests.benchmarks import rivals
from tests.planning.travel.places import country

SIZES = (20, 50, 100)
HORIZON = 10**6


def rounds(size: int, count: int) -> list[Problem]:
    """Returns round trips over `size` places drawn at random."""
    _, matrix = country("liechtenstein")
    chance = np.random.default_rng(size)
    found = []
    for _ in range(count):
        places = chance.choice(len(matrix), size + 1, replace=False)
        clients = tuple(Client(f"{k:03}", k, required=True) for k in range(1, size + 1))
        found.append(Problem(clients, (Shift("day", 0, 0, TimeWindow(0, HORIZON)),), matrix[np.ix_(places, places)]))
    return found


def ours(kind: Engine, seconds: float) -> Callable[[Sequence[Problem]], list[tuple[dict[str, list[str]], float]]]:
    """Returns a way to solve problems with one of our engines."""

    def run(problems: Sequence[Problem]) -> list[tuple[dict[str, list[str]], float]]:
        found = []
        for problem in problems:
            began = time.process_time()
            plan = solve(problem, seed=1, stop=Stop(cpu_seconds=seconds), engine=kind).solution
            found.append((plan.order(), time.process_time() - began))
        return found

    return run


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints the table: travel above the best that any of them found, and CPU seconds."""
    options = argparse.ArgumentParser(prog="orders")
    options.add_argument("--seconds", type=float, default=0.5)
    options.add_argument("--count", type=int, default=5, help="round trips of each size")
    chosen = options.parse_args(arguments)
    engine.warm()
    ways: dict[str, Callable[[Sequence[Problem]], list[tuple[dict[str, list[str]], float]]]] = {
        "Fieldbeat": ours(Engine.OWN, chosen.seconds),
        "Fieldbeat, 10 times as long": ours(Engine.OWN, 10 * chosen.seconds),
        "PyVRP": ours(Engine.LIBRARY, chosen.seconds),
        "VROOM": lambda problems: rivals.run("vroom", problems, chosen.seconds),
    }
    table = Table(title=f"orders: {chosen.count} round trips each", title_justify="left", box=None)
    for column in ("solver", *(f"{size} stops" for size in SIZES), "CPU s"):
        table.add_column(column, justify="left" if column == "solver" else "right")
    travel: dict[str, list[list[int]]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for size in SIZES:
        problems = rounds(size, chosen.count)
        for name, way in ways.items():
            with console.status(f"{name}: {size} stops"):
                plans = way(problems)
            judged = [judge(problem, order) for problem, (order, _) in zip(problems, plans, strict=True)]
            assert all(isinstance(one, Solution) and one.score.required == size for one in judged)
            travel[name].append([one.travel for one in judged if isinstance(one, Solution)])
            cpu[name] += [took for _, took in plans]
    for name in ways:
        gaps = []
        for number in range(len(SIZES)):
            best = [min(column) for column in zip(*(travel[other][number] for other in ways), strict=True)]
            gaps.append(
                statistics.fmean(mine / least - 1 for mine, least in zip(travel[name][number], best, strict=True))
            )
        table.add_row(name, *(f"{100 * gap:.2f} %" for gap in gaps), f"{statistics.fmean(cpu[name]):.2f}")
    console.print(table)
