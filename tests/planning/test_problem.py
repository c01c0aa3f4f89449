"""What is no problem at all is refused with a code and the field that is wrong."""

from typing import Any

import numpy as np
import pytest

from backend.kit.errors import Invalid
from backend.planning.solver.problem import MAX_TIME, UNREACHABLE, Client, Problem, Shift, TimeWindow

DAY = Shift("mon", 0, 0, TimeWindow(0, 100))
SHOP = Client("shop", 1, 5)
ROADS = [[0, 10], [10, 0]]


def make(clients: Any = (SHOP,), shifts: Any = (DAY,), matrix: Any = ROADS) -> Problem:
    return Problem(clients, shifts, matrix)


@pytest.mark.parametrize(
    ("odd", "code", "field"),
    [
        ({"shifts": ()}, "NO_SHIFTS", "shifts"),
        ({"shifts": (DAY, DAY)}, "DUPLICATE_ID", "shifts"),
        ({"clients": (SHOP, SHOP)}, "DUPLICATE_ID", "clients"),
        ({"clients": [Client(f"c{n}", 1) for n in range(5_001)]}, "TOO_MANY_CLIENTS", "clients"),
        ({"clients": (Client("", 1),)}, "ID_INVALID", "clients[0].id"),
        ({"clients": (Client("c", 2),)}, "LOCATION_UNKNOWN", "clients[0].location"),
        ({"clients": (Client("c", -1),)}, "LOCATION_UNKNOWN", "clients[0].location"),
        ({"clients": (Client("c", True),)}, "LOCATION_UNKNOWN", "clients[0].location"),
        ({"clients": (Client("c", 1, -1),)}, "PRIZE_INVALID", "clients[0].prize"),
        ({"clients": (Client("c", 1, float("nan")),)}, "PRIZE_INVALID", "clients[0].prize"),
        ({"clients": (Client("c", 1, "5"),)}, "PRIZE_INVALID", "clients[0].prize"),  # type: ignore[arg-type]
        ({"clients": (Client("c", 1, service=-1),)}, "TIME_INVALID", "clients[0].service"),
        ({"clients": (Client("c", 1, service=MAX_TIME + 1),)}, "TIME_INVALID", "clients[0].service"),
        (
            {"clients": (Client("c", 1, windows=(TimeWindow(0, 1), TimeWindow(9, 8))),)},
            "WINDOW_REVERSED",
            "clients[0].windows[1]",
        ),
        ({"shifts": (Shift("s", 0, 5, DAY.window),)}, "LOCATION_UNKNOWN", "shifts[0].end"),
        ({"shifts": (Shift("s", 0, 0, TimeWindow(-5, 5)),)}, "TIME_INVALID", "shifts[0].window.start"),
        ({"shifts": (Shift("s", 0, 0, TimeWindow(6, 5)),)}, "WINDOW_REVERSED", "shifts[0].window"),
        ({"matrix": []}, "MATRIX_SHAPE", "matrix"),
        ({"matrix": [[0, 1]]}, "MATRIX_SHAPE", "matrix"),
        ({"matrix": [[0, 1], [1]]}, "MATRIX_SHAPE", "matrix"),
        ({"matrix": [[0, -1], [1, 0]]}, "MATRIX_VALUE", "matrix"),
        ({"matrix": [[0, 1.5], [1, 0]]}, "MATRIX_VALUE", "matrix"),
        ({"matrix": [[0, float("inf")], [1, 0]]}, "MATRIX_VALUE", "matrix"),
        ({"matrix": [["0", "1"], ["1", "0"]]}, "MATRIX_VALUE", "matrix"),
        ({"matrix": [[0, None], [1, 0]]}, "MATRIX_VALUE", "matrix"),
        ({"matrix": [[0, MAX_TIME + 1], [1, 0]]}, "MATRIX_VALUE", "matrix"),
        ({"matrix": [[0, 10**30], [1, 0]]}, "MATRIX_VALUE", "matrix"),
        ({"matrix": [[3, 1], [1, 0]]}, "MATRIX_DIAGONAL", "matrix"),
    ],
)
def test_odd_input_is_refused_by_name(odd: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make(**odd)
    assert (refusal.value.code, list(refusal.value.fields)) == (code, [field])


def test_no_way_may_be_written_as_any_large_number() -> None:
    problem = make(matrix=[[0, UNREACHABLE * 3], [10.0, 0]])
    assert problem.matrix.tolist() == [[0, UNREACHABLE], [10, 0]]


def test_a_problem_keeps_its_own_matrix() -> None:
    roads = np.array(ROADS)
    problem = make(matrix=roads)
    roads[0, 1] = 99
    assert problem.matrix[0, 1] == 10
    with pytest.raises(ValueError, match="read-only"):
        problem.matrix[0, 1] = 99
