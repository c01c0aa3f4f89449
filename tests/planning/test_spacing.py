"""Visits of one account keep their distance: Ana calls on the deli again only when some days have gone by."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from backend.planning.solver.displace import improve
from backend.planning.solver.insertion import Line
from backend.planning.solver.problem import Client, Locked, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Broken, Solution, judge
from backend.planning.solver.solve import Engine, Reason, solve
from backend.planning.solver.stop import Stop
from tests.planning import checker

DAY = 100
ENGINES = pytest.mark.parametrize("kind", list(Engine))
SHORT = Stop(iterations=50)


def days(count: int, *visits: Client) -> Problem:
    """So many days of which the first 30 units are worked; one unit of way to the shops, which are in one place."""
    shifts = tuple(Shift(f"day {n}", 0, 0, TimeWindow(DAY * n, DAY * n + 30)) for n in range(count))
    return Problem(visits, shifts, np.array([[0, 1], [1, 0]]))


def deli(number: int, prize: float = 5, **more: object) -> Client:
    return Client(f"deli {number}", 1, prize, service=10, account="deli", gap=170, **more)  # type: ignore[arg-type]


def day_of(plan: Solution) -> dict[str, int]:
    return {stop.client_id: int(route.shift_id[4:]) for route in plan.routes for stop in route.stops}


@ENGINES
def test_visits_of_one_shop_are_spread_over_the_days(kind: Engine) -> None:
    problem = days(5, *(deli(n) for n in range(4)))
    result = solve(problem, seed=1, stop=SHORT, engine=kind)
    assert checker.faults(problem, result.solution) == []
    when = sorted(day_of(result.solution).values())
    assert len(when) >= 2
    assert min(later - day for day, later in pairwise(when)) >= 2
    assert {drop.reason for drop in result.dropped} == {Reason.TOO_SOON}


@ENGINES
def test_who_comes_too_soon_is_told_after_whom_and_would_fit_without(kind: Engine) -> None:
    problem = days(2, deli(0, 5), deli(1, 3))
    result = solve(problem, seed=1, stop=SHORT, engine=kind)
    (drop,) = result.dropped
    assert (drop.client_id, drop.reason, drop.displaced_by, drop.cost) == ("deli 1", Reason.TOO_SOON, ("deli 0",), 5)
    alone = replace(problem, clients=problem.clients[1:])
    assert day_of(solve(alone, seed=1, stop=SHORT, engine=kind).solution).keys() == {"deli 1"}


@ENGINES
def test_a_visit_that_must_be_sends_its_sibling_away(kind: Engine) -> None:
    thursday = frozenset({"day 1"})
    problem = days(2, deli(0, 9, shifts=frozenset({"day 0"})), deli(1, 0, required=True, shifts=thursday))
    plan = solve(problem, seed=1, stop=SHORT, engine=kind).solution
    assert day_of(plan) == {"deli 1": 1}


@ENGINES
def test_hands_may_lock_what_nobody_would_plan(kind: Engine) -> None:
    problem = days(2, deli(0), deli(1), deli(2))
    locks = (
        replace(problem.shifts[0], locked=(Locked("deli 0"),)),
        replace(problem.shifts[1], locked=(Locked("deli 1"),)),
    )
    result = solve(replace(problem, shifts=locks), seed=1, stop=SHORT, engine=kind)
    assert day_of(result.solution) == {"deli 0": 0, "deli 1": 1}
    assert [(drop.client_id, drop.reason) for drop in result.dropped] == [("deli 2", Reason.TOO_SOON)]


def test_the_referee_calls_it_when_two_could_come_too_near() -> None:
    problem = days(3, deli(0), deli(1))
    verdict = judge(problem, {"day 0": ["deli 0"], "day 1": ["deli 1"]})
    assert verdict == (Broken("day 1", "deli 1", "TOO_SOON"),)
    assert isinstance(judge(problem, {"day 0": ["deli 0"], "day 2": ["deli 1"]}), Solution)
    nearer = replace(problem, clients=tuple(replace(one, gap=100) for one in problem.clients))
    assert isinstance(verdict := judge(nearer, {"day 0": ["deli 0"], "day 1": ["deli 1"]}), tuple)
    assert verdict[0].code == "TOO_SOON", "a day apart they are only as long as nothing moves within the days"


def test_fixed_hours_tell_two_visits_of_a_day_apart() -> None:
    morning, evening = (TimeWindow(1, 3),), (TimeWindow(18, 20),)
    problem = days(1, replace(deli(0), gap=15, windows=morning), replace(deli(1), gap=15, windows=evening))
    assert day_of(solve(problem, seed=1, stop=SHORT, engine=Engine.OWN).solution) == {"deli 0": 0, "deli 1": 0}


def test_a_trade_takes_the_sibling_of_another_day_along() -> None:
    problem = days(2, deli(0, 2), deli(1, 9), Client("bar", 1, 3, service=25))
    lines = [
        Line(problem, problem.shifts[0], [problem.clients[0]]),
        Line(problem, problem.shifts[1], [problem.clients[2]]),
    ]
    only_tuesday = replace(problem.clients[1], shifts=frozenset({"day 1"}))
    left = improve(lines, [only_tuesday])
    assert [[stop.id for stop in line.stops] for line in lines] == [["bar"], ["deli 1"]]
    assert [client.id for client in left] == ["deli 0"]
