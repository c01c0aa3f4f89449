"""Forcing a visit in: what goes, and whether the trade is made."""

import numpy as np
import pytest

from backend.planning.solver.displace import cheapest, improve
from backend.planning.solver.insertion import Line
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow

SMALL = [Client(f"small {number}", 1, prize, service=10) for number, prize in ((1, 2), (2, 3), (3, 4))]
BIG = Client("big", 1, 8, service=20)


@pytest.fixture
def problem() -> Problem:
    """Everybody in one place a minute from home, and half an hour a day on either day."""
    shifts = tuple(Shift(day, 0, 0, TimeWindow(0, 32)) for day in ("mon", "tue"))
    return Problem((*SMALL, BIG), shifts, np.array([[0, 1], [1, 0]]))


def test_a_long_visit_displaces_the_two_cheapest_short_ones(problem: Problem) -> None:
    line = Line(problem, problem.shifts[0], SMALL)
    trade = cheapest([line], BIG)
    assert trade is not None
    assert (trade.cost, [stop.id for stop in trade.lost]) == ((0, 5.0, 2), ["small 1", "small 2"])
    assert {stop.id for stop in trade.stops} == {"small 3", "big"}


@pytest.mark.parametrize("cheap_day", [0, 1])
def test_the_cheaper_day_gives_way(problem: Problem, cheap_day: int) -> None:
    dear = Client("dear", 1, 9, service=30)
    plans = [[dear], SMALL] if cheap_day == 1 else [SMALL, [dear]]
    trade = cheapest([Line(problem, shift, plan) for shift, plan in zip(problem.shifts, plans, strict=True)], BIG)
    assert trade is not None
    assert (trade.line, trade.cost[1]) == (cheap_day, 5.0)


def test_a_trade_that_pays_is_made(problem: Problem) -> None:
    line = Line(problem, problem.shifts[0], SMALL)
    assert [client.id for client in improve([line], [BIG])] == ["small 1", "small 2"]
    assert sum(stop.prize for stop in line.stops) == 12


def test_a_trade_that_only_breaks_even_is_not_made(problem: Problem) -> None:
    line = Line(problem, problem.shifts[0], SMALL)
    even = Client("even", 1, 5, service=20)
    assert improve([line], [even]) == [even]
    assert line.stops == SMALL


def test_an_appointment_displaces_whatever_it_must_but_never_another(problem: Problem) -> None:
    line = Line(problem, problem.shifts[0], SMALL)
    meeting = Client("meeting", 1, 0, required=True, service=30)
    improve([line], [meeting])
    assert line.stops == [meeting]
    other = Client("other", 1, 99, required=True, service=30)
    assert improve([line], [other]) == [other]
    assert line.stops == [meeting]
