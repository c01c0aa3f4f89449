"""How near the best known: fixed instances, a fixed number of iterations, and the plain greedy plan beside it."""

import pytest

from backend.planning.solver.greedy import construct
from backend.planning.solver.solve import judged, solve
from backend.planning.solver.stop import Stop
from tests.planning.toptw import best_known, load

CASES = [("c103", 2), ("r104", 2), ("r104", 3), ("rc105", 3), ("rc105", 4), ("r203", 1)]
ITERATIONS = 300
WORST_GAP = 0.06
MEAN_GAP = 0.025
LEAD_OVER_GREEDY = 0.05


@pytest.fixture(scope="module")
def gaps() -> dict[tuple[str, int], tuple[float, float]]:
    """The shares of the best known prize that our plan and the greedy one miss."""
    found = {}
    for name, routes in CASES:
        problem, best = load(name, routes), best_known(name, routes)
        plan = solve(problem, seed=1, stop=Stop(iterations=ITERATIONS)).solution
        plain = judged(problem, construct(problem, problem.clients))
        found[name, routes] = (1 - plan.prize / best, 1 - plain.prize / best)
    return found


def test_each_plan_is_near_the_best_known(gaps: dict[tuple[str, int], tuple[float, float]]) -> None:
    assert {case: gap for case, (gap, _) in gaps.items() if gap > WORST_GAP} == {}
    assert sum(gap for gap, _ in gaps.values()) / len(gaps) <= MEAN_GAP


def test_no_plan_beats_the_best_known(gaps: dict[tuple[str, int], tuple[float, float]]) -> None:
    assert {case: gap for case, (gap, _) in gaps.items() if gap < 0} == {}, "better than best: suspect the referee"


def test_the_search_is_worth_its_time(gaps: dict[tuple[str, int], tuple[float, float]]) -> None:
    lead = [plain - gap for gap, plain in gaps.values()]
    assert min(lead) >= 0
    assert sum(lead) / len(lead) >= LEAD_OVER_GREEDY
