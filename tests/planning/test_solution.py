"""The referee: it lets through what can be driven, names what cannot, and prefers the better plan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Broken, Score, Solution, judge
from tests.planning import checker
from tests.planning.strategies import busy_days, problems


@settings(deadline=None, max_examples=300)
@given(st.one_of(problems(most_shifts=1), busy_days()), st.data())
def test_the_referee_agrees_with_the_second_opinion(problem: Problem, data: st.DataObject) -> None:
    visits = data.draw(st.permutations(problem.clients))[: data.draw(st.integers(0, 4))]
    shift = problem.shifts[0]
    verdict = judge(problem, {shift.id: [visit.id for visit in visits]})
    if not visits or checker.possible(problem, shift, visits):
        assert isinstance(verdict, Solution)
        assert verdict.score.required == sum(visit.required for visit in visits)
        if visits:
            assert verdict.routes[0].back == checker.finish(problem, shift, visits)
    else:
        assert isinstance(verdict, tuple)
        assert {broken.shift_id for broken in verdict} == {shift.id}


DAY = Shift("mon", 0, 0, TimeWindow(0, 40))
NEAR = Client("near", 1, 1, service=5, windows=(TimeWindow(0, 12),))
FAR = Client("far", 2, 1, service=5)
ISLAND = Client("island", 3, 1)
ROADS = [[0, 10, 15, UNREACHABLE], [10, 0, 5, 9], [15, 5, 0, 9], [9, 9, 9, 0]]


@pytest.fixture
def problem() -> Problem:
    return Problem((NEAR, FAR, ISLAND), (DAY,), np.array(ROADS))


@pytest.mark.parametrize(
    ("order", "broken"),
    [
        ({"tue": []}, Broken("tue", "", "UNKNOWN_SHIFT")),
        ({"mon": ["nobody"]}, Broken("mon", "nobody", "UNKNOWN_CLIENT")),
        ({"mon": ["near", "near"]}, Broken("mon", "near", "VISITED_TWICE")),
        ({"mon": ["far", "near"]}, Broken("mon", "near", "WINDOW_MISSED")),
        ({"mon": ["island"]}, Broken("mon", "island", "NO_WAY")),
    ],
)
def test_what_cannot_be_driven_is_named(problem: Problem, order: dict[str, list[str]], broken: Broken) -> None:
    assert judge(problem, order) == (broken,)


def test_the_way_home_counts(problem: Problem) -> None:
    longest = Problem(problem.clients, (Shift("mon", 0, 0, TimeWindow(0, 39)),), problem.matrix)
    assert isinstance(judge(problem, {"mon": ["near", "far"]}), Solution)
    assert judge(longest, {"mon": ["near", "far"]}) == (Broken("mon", "", "SHIFT_OVERRUN"),)


def test_appointments_outrank_prizes_and_prizes_outrank_travel() -> None:
    assert Score(1, 0, -99) > Score(0, 50, 0)
    assert Score(0, 50, -99) > Score(0, 49, 0)
    assert Score(0, 50, -9) > Score(0, 50, -10)
