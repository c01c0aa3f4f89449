"""What the three ways to search share, and what a caller may ask of them: a start, progress, locks."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from backend.kit.errors import Invalid
from backend.planning.solver import engine
from backend.planning.solver.engine import Engine
from backend.planning.solver.problem import Break, Client, Locked, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Score, Solution
from backend.planning.solver.solve import solve
from backend.planning.solver.stop import Stop
from tests.planning import checker
from tests.planning.toptw import best_known, load

CASES = [("c103", 2), ("r104", 2), ("r104", 3), ("rc105", 3), ("rc105", 4), ("r203", 1)]
ENGINES = pytest.mark.parametrize("kind", list(Engine))


def test_our_own_search_comes_near_the_best_known_in_few_rounds() -> None:
    gaps = []
    for name, routes in CASES:
        problem = load(name, routes)
        plan = solve(problem, seed=1, stop=Stop(iterations=4_000), engine=Engine.OWN).solution
        assert checker.faults(problem, plan) == []
        gaps.append(1 - plan.prize / best_known(name, routes))
    assert min(gaps) > -1e-9, "better than best: suspect the referee"
    assert sum(gaps) / len(gaps) <= 0.012


@pytest.fixture
def street() -> Problem:
    """Six shops in a row, five minutes apart, ten minutes in each; the day has room for four."""
    matrix = np.array([[5 * abs(a - b) for b in range(7)] for a in range(7)], dtype=np.int64)
    shops = tuple(Client(f"shop {n}", n, prize=n, service=10) for n in range(1, 7))
    return Problem(shops, (Shift("mon", 0, 0, TimeWindow(0, 100)),), matrix)


@ENGINES
def test_progress_begins_soon_and_only_gets_better(kind: Engine) -> None:
    told: list[Score] = []
    result = solve(
        load("r104", 2),
        stop=Stop(iterations=300),
        engine=kind,
        progress=lambda plan: told.append(plan.score),
    )
    assert told
    assert all(later > earlier for earlier, later in pairwise(told))
    assert result.solution.score >= told[-1]


@ENGINES
def test_a_plan_to_begin_with_is_never_made_worse(street: Problem, kind: Engine) -> None:
    good = solve(street, engine=kind, stop=Stop(iterations=200)).solution
    again = solve(street, engine=kind, stop=Stop(iterations=0), start=good).solution
    assert again.score >= good.score


@ENGINES
def test_a_start_that_is_no_plan_is_refused(street: Problem, kind: Engine) -> None:
    longer = replace(street, shifts=(replace(street.shifts[0], window=TimeWindow(0, 1_000)),))
    everybody = solve(longer, engine=kind, stop=Stop(iterations=0)).solution
    with pytest.raises(Invalid) as refusal:
        solve(street, engine=kind, start=everybody)
    assert refusal.value.code == "START_INVALID"


@ENGINES
def test_a_stop_under_way_is_never_moved(street: Problem, kind: Engine) -> None:
    """Ana is at the third shop since minute 15, and has promised the first for later."""
    day = replace(street.shifts[0], locked=(Locked("shop 3", 15), Locked("shop 1")))
    problem = replace(street, shifts=(day,))
    plan = solve(problem, engine=kind, stop=Stop(iterations=200)).solution
    assert checker.faults(problem, plan) == []
    (route,) = plan.routes
    assert (route.stops[0].client_id, route.stops[0].start) == ("shop 3", 15)
    assert "shop 1" in [stop.client_id for stop in route.stops]


@ENGINES
def test_locked_stops_that_cannot_be_kept_are_refused_by_name(street: Problem, kind: Engine) -> None:
    day = replace(street.shifts[0], locked=(Locked("shop 6", 15),))
    with pytest.raises(Invalid) as refusal:
        solve(replace(street, shifts=(day,)), engine=kind)
    assert (refusal.value.code, refusal.value.fields) == ("LOCKS_IMPOSSIBLE", {"mon": "shop 6"})


@ENGINES
def test_lunch_is_had_and_costs_its_time(street: Problem, kind: Engine) -> None:
    day = replace(street.shifts[0], breaks=(Break(TimeWindow(40, 50), 20),))
    problem = replace(street, shifts=(day,))
    plan = solve(problem, engine=kind, stop=Stop(iterations=200)).solution
    assert checker.faults(problem, plan) == []
    (pause,) = plan.routes[0].pauses
    assert 40 <= pause.start <= 50
    assert pause.end - pause.start == 20
    assert plan.prize < solve(street, engine=kind, stop=Stop(iterations=200)).solution.prize


def test_who_planned_is_said(street: Problem) -> None:
    asked = {kind: solve(street, engine=kind, stop=Stop(iterations=5)).engine for kind in Engine}
    assert asked == {kind: kind for kind in Engine}
    broken = replace(street, shifts=(replace(street.shifts[0], breaks=(Break(TimeWindow(40, 50), 20),)),))
    assert solve(broken, engine=Engine.LIBRARY).engine == Engine.PLAIN, "the library knows no breaks"


def test_a_process_that_is_not_warm_asks_the_library(street: Problem) -> None:
    assert not engine.is_warm(), "no test warms this process: the tests of plans count on the library"
    assert solve(street, stop=Stop(iterations=5)).engine == Engine.LIBRARY


def test_a_process_that_few_ask_to_plan_reads_the_search_at_the_first_plan(
    street: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(engine, "_state", {"warm": False, "at_need": False})
    monkeypatch.setattr(engine, "kept_in", lambda: tmp_path)
    monkeypatch.setattr(engine, "warm", lambda: read.append("read"))
    engine.warm_at_need()
    solve(street, stop=Stop(iterations=5))
    assert read == [], "nobody has compiled yet: to do so would let somebody wait for half a minute"
    (tmp_path / engine.COMPLETE).touch()
    assert read == [], "nobody has asked for a plan since"
    solve(street, stop=Stop(iterations=5))
    assert read == ["read"]


def test_the_first_plan_is_a_plan(street: Problem) -> None:
    first: list[Solution] = []
    solve(street, engine=Engine.OWN, stop=Stop(iterations=0), progress=first.append)
    assert [checker.faults(street, plan) for plan in first] == [[]]
