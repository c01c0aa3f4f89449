"""`make bench ARGS=cycle`: four weeks of a rep at once. Ours in 10 CPU seconds against ours in 60 and against the kept solvers in
three times as many, all judged alike; how the visits of one account are spread; what each tier gets.

The others know no distance between visits of one account. Each is asked twice, and the better plan counts: once freely, after
which the less worthy of two visits that are too near goes and whatever fits is filled in; once with days so cut that no two
visits can be too near."""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from backend.planning.rounds import DAY
from backend.planning.solver import engine
from backend.planning.solver.greedy import insert_all
from backend.planning.solver.library import searched
from backend.planning.solver.problem import Client, Problem
from backend.planning.solver.solution import Solution, judge
from backend.planning.solver.solve import Engine, approved, lines_of, solve
from backend.planning.solver.spacing import crowded
from backend.planning.solver.stop import Stop
from tests.benchmarks import cycles, rivals
from tests.benchmarks.cycles import INTERVAL, Cycle
from tests.planning import checker

TIMES = 3
"""How much more CPU the others are given."""

KINDS: dict[str, Callable[[int], Cycle]] = {
    "200": partial(cycles.town, 200),
    "400": partial(cycles.town, 400),
    "roads": partial(cycles.roads, 300),
}
LEVELS = (1, 2, 3, 4, 5)
Order = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Made:
    """A plan that the independent checker lets through, and what it took."""

    plan: Solution
    cpu: float


def made(problem: Problem, plan: Solution, cpu: float) -> Made:
    """Returns the plan; raises when it breaks a rule."""
    faults = checker.faults(problem, plan)
    if faults:
        raise AssertionError(f"a plan that is none: {faults[:3]}")
    return Made(plan, cpu)


def of_ours(problem: Problem, seconds: float, seed: int) -> Made:
    """Plans by our own search."""
    began = time.process_time()
    plan = solve(problem, seed=seed, stop=Stop(cpu_seconds=seconds), engine=Engine.OWN).solution
    return made(problem, plan, time.process_time() - began)


def loose(problem: Problem) -> Problem:
    """Returns the problem for whoever knows no distance between visits."""
    return replace(problem, clients=tuple(replace(client, account=None, gap=0) for client in problem.clients))


def tight(problem: Problem) -> Problem:
    """The same with the days of each visit cut so that those before and after it cannot be too near."""
    last: dict[str, int] = {}
    cut: list[Client] = []
    for client in problem.clients:
        assert client.account is not None
        assert client.windows is not None
        free = last.get(client.account, -client.gap) + client.gap
        windows = tuple(window for window in client.windows if window.start >= free)
        if windows:
            last[client.account] = windows[-1].end
            cut.append(replace(client, windows=windows))
    return loose(replace(problem, clients=tuple(cut)))


def repaired(problem: Problem, order: Order) -> Solution:
    """Returns the plan without the less worthy of two visits that are too near, and with whatever still fits."""
    names = {name for some in order.values() for name in some}
    of_worth = sorted((problem.client_by_id[name] for name in names), key=lambda one: (-one.prize, one.id))
    shift_of = {name: problem.shift_by_id[shift] for shift, some in order.items() for name in some}
    kept: list[Client] = []
    for client in of_worth:
        if not crowded(problem, shift_of[client.id], client, [(shift_of[one.id], one) for one in kept]):
            kept.append(client)
    there = {client.id for client in kept}
    lines = lines_of(problem, {shift: [name for name in some if name in there] for shift, some in order.items()})
    insert_all(lines, [client for client in problem.clients if client.id not in there])
    return approved(problem, {line.shift.id: [stop.id for stop in line.stops] for line in lines})


def of_pyvrp(problem: Problem, seconds: float) -> tuple[Order, float]:
    """PyVRP, with our first plan to begin with; only its search counts."""
    first = solve(problem, seed=1, stop=Stop(iterations=0), engine=Engine.OWN).solution
    began = time.process_time()
    found = searched(problem, problem.clients, first, 1, Stop(cpu_seconds=seconds).clock())
    return found or first.order(), time.process_time() - began


def of_vroom(problem: Problem, seconds: float) -> tuple[Order, float]:
    """VROOM, each time more thorough, as long as there is time; the best of its plans."""
    best: tuple[float, Order] | None = None
    spent = 0.0
    for level in LEVELS:
        ((order, cpu),) = rivals.run(f"vroom{level}", [problem], seconds)
        spent += cpu
        prize = sum(problem.client_by_id[name].prize for some in order.values() for name in some)
        if best is None or prize > best[0]:
            best = prize, order
        if spent + 2 * cpu > seconds:
            break
    assert best is not None
    return best[1], spent


def of_rival(problem: Problem, ask: Callable[[Problem, float], tuple[Order, float]], seconds: float) -> Made:
    """Returns the better of the rival's two plans, made good."""
    plans: list[Made] = []
    for asked in (loose(problem), tight(problem)):
        order, cpu = ask(asked, seconds)
        if isinstance(judge(asked, order), Solution):
            plans.append(made(problem, repaired(problem, order), cpu))
    return max(plans, key=lambda one: one.plan.score)


def visits(cycle: Cycle, plan: Solution) -> dict[str, list[int]]:
    """Returns account -> the days it is visited on, in order."""
    days: dict[str, list[int]] = {}
    for route in plan.routes:
        for stop in route.stops:
            days.setdefault(cycle.account[stop.client_id], []).append(stop.start // DAY)
    return {name: sorted(some) for name, some in days.items()}


def too_near(cycle: Cycle, plan: Solution) -> str:
    """Returns how many of the repeat visits come within half their interval."""
    tier = {cycle.account[name]: tier for name, tier in cycle.tier.items()}
    pairs = [
        (later - day) / INTERVAL[tier[name]]
        for name, days in visits(cycle, plan).items()
        for day, later in pairwise(days)
    ]
    return f"{100 * sum(one < 0.5 for one in pairs) / max(1, len(pairs)):.1f} % of {len(pairs)}"


def weekdays(plan: Solution) -> str:
    """Returns the visits of each weekday, Monday first."""
    count = Counter(stop.start // DAY % 7 for route in plan.routes for stop in route.stops)
    return " ".join(str(count[day]) for day in range(5))


def coverage(cycle: Cycle, plan: Solution) -> str:
    """Returns for each tier the share of its visits due that are made."""
    due = Counter(cycle.tier.values())
    served = Counter(cycle.tier[stop.client_id] for route in plan.routes for stop in route.stops)
    return " ".join(f"{tier} {100 * served[tier] / due[tier]:.0f} %" for tier in sorted(due))


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints a table; raises when a plan breaks a rule."""
    options = argparse.ArgumentParser(prog="cycle")
    options.add_argument("--seconds", type=float, default=10.0, help="CPU seconds of ours")
    options.add_argument("--long", type=float, default=60.0, help="CPU seconds of ours to be held against")
    options.add_argument("--seeds", type=int, default=3, help="how many instances of each kind")
    options.add_argument("--first", type=int, default=1, help="the seed of the first")
    options.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    options.add_argument("--alone", action="store_true", help="ours only")
    chosen = options.parse_args(arguments)
    engine.warm()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    for kind in chosen.kinds:
        _measure_kind([KINDS[kind](seed) for seed in seeds], chosen, console)


def _measure_kind(some: Sequence[Cycle], chosen: argparse.Namespace, console: Console) -> None:
    ways: dict[str, Callable[[Problem], Made]] = {
        "Fieldbeat": lambda problem: of_ours(problem, chosen.seconds, 1),
        "Fieldbeat, long": lambda problem: of_ours(problem, chosen.long, 2),
    }
    if not chosen.alone:
        ways["VROOM"] = lambda problem: of_rival(problem, of_vroom, TIMES * chosen.seconds)
        ways["PyVRP"] = lambda problem: of_rival(problem, of_pyvrp, TIMES * chosen.seconds)
    table = Table(title=f"cycle: {some[0].name}, {len(some)} times four weeks", title_justify="left", box=None)
    for column in ("solver", "prize", "ours is", "worst", "too near", "Mon to Fri", "due visits made", "CPU s"):
        table.add_column(column, justify="right" if column in ("prize", "ours is", "worst", "CPU s") else "left")
    ours: list[float] = []
    for name, way in ways.items():
        with console.status(f"{name}: {some[0].name}"):
            plans = [way(cycle.problem) for cycle in some]
        prizes = [one.plan.prize for one in plans]
        ours = ours or prizes
        held = [100 * mine / prize for mine, prize in zip(ours, prizes, strict=True)]
        table.add_row(
            name,
            f"{statistics.fmean(prizes):.0f}",
            f"{statistics.fmean(held):.2f} %",
            f"{min(held):.2f} %",
            too_near(some[0], plans[0].plan),
            weekdays(plans[0].plan),
            coverage(some[0], plans[0].plan),
            f"{statistics.fmean(one.cpu for one in plans):.1f}",
        )
    console.print(table)
