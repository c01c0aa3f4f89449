"""How near the best known: 56 instances of team orienteering with 1 to 4 routes, and three other solvers beside ours."""

import argparse
import csv
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from backend.planning.solver import engine
from backend.planning.solver.problem import Problem
from backend.planning.solver.solution import Solution, judge
from backend.planning.solver.solve import Engine, solve
from backend.planning.solver.stop import Stop
from tests.benchmarks import rivals
from tests.planning import checker, toptw

DATA = Path(__file__).parent / "data" / "toptw"


@dataclass(frozen=True)
class Outcome:
    """What one solver made of one instance: the share of the best known prize it missed; None for a plan that is none."""

    gap: float | None
    cpu: float


def instances(every: int, first: int) -> list[tuple[str, int, float]]:
    """Returns every so many of the 224 instances: name, routes, best known prize."""
    with (DATA / "bks.csv").open() as rows:
        known = [(row["instance"], int(row["m"]), float(row["bks"])) for row in csv.DictReader(rows)]
    return known[first::every]


def outcome(problem: Problem, order: Mapping[str, Sequence[str]], best: float, cpu: float) -> Outcome:
    """Returns the gap of a plan that the independent checker lets through."""
    plan = judge(problem, order)
    if not isinstance(plan, Solution) or checker.faults(problem, plan):
        return Outcome(None, cpu)
    prize = sum(problem.client_by_id[name].prize for names in order.values() for name in names)
    return Outcome(1 - prize / best, cpu)


def of_ours(problem: Problem, best: float, seconds: float, kind: Engine) -> Outcome:
    """Solves by our own search, or by PyVRP with our plan to begin with and our polish at the end."""
    began = time.process_time()
    result = solve(problem, seed=1, stop=Stop(cpu_seconds=seconds), engine=kind)
    return outcome(problem, result.solution.order(), best, time.process_time() - began)


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints the table; raises when a plan of ours is none."""
    options = argparse.ArgumentParser(prog="toptw")
    options.add_argument("--seconds", type=float, default=1.0, help="CPU seconds for each instance")
    options.add_argument("--every", type=int, default=1, help="take every so many of the 224 instances")
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--alone", action="store_true", help="ours only")
    chosen = options.parse_args(arguments)
    engine.warm()
    known = instances(chosen.every, chosen.first)
    problems = [toptw.load(name, routes, DATA) for name, routes, _ in known]
    found: dict[str, list[Outcome]] = {}
    for name, kind in (("Fieldbeat", Engine.OWN), ("PyVRP", Engine.LIBRARY)):
        if chosen.alone and kind is Engine.LIBRARY:
            continue
        with console.status(f"{name}: {len(known)} instances of {chosen.seconds:g} CPU s"):
            found[name] = [
                of_ours(problem, best, chosen.seconds, kind)
                for problem, (_, _, best) in zip(problems, known, strict=True)
            ]
    for name, rival in (("VROOM", "vroom"), ("OR-Tools", "ortools")):
        if chosen.alone:
            continue
        with console.status(f"{name}: {len(known)} instances of {chosen.seconds:g} CPU s"):
            plans = rivals.run(rival, problems, chosen.seconds)
        found[name] = [
            outcome(problem, order, best, cpu)
            for problem, (order, cpu), (_, _, best) in zip(problems, plans, known, strict=True)
        ]
    table = Table(title=f"toptw: {len(known)} instances, {chosen.seconds:g} CPU s each", title_justify="left", box=None)
    for column in ("solver", "mean gap", "1 route", "2", "3", "4", "worst", "best met", "no plan", "CPU s"):
        table.add_column(column, justify="left" if column == "solver" else "right")
    for name, outcomes in found.items():
        table.add_row(name, *row(outcomes, [routes for _, routes, _ in known]))
    console.print(table)
    broken = [
        f"{name}-{routes}" for (name, routes, _), one in zip(known, found["Fieldbeat"], strict=True) if one.gap is None
    ]
    if broken:
        raise AssertionError(f"plans of ours that are none: {broken}")


def row(outcomes: Sequence[Outcome], routes: Sequence[int]) -> list[str]:
    """Returns one line of the table."""
    gaps = [(one.gap, m) for one, m in zip(outcomes, routes, strict=True) if one.gap is not None]

    def mean(of: Sequence[float]) -> str:
        return f"{100 * statistics.fmean(of):.2f} %" if of else "-"

    return [
        mean([gap for gap, _ in gaps]),
        *(mean([gap for gap, m in gaps if m == number]) for number in (1, 2, 3, 4)),
        f"{100 * max((gap for gap, _ in gaps), default=0.0):.1f} %",
        str(sum(gap < 1e-9 for gap, _ in gaps)),
        str(sum(one.gap is None for one in outcomes)),
        f"{statistics.fmean(one.cpu for one in outcomes):.2f}",
    ]
