"""A problem file in any unit: what is told holds in the file's own numbers, judged by plain arithmetic."""

import json
import math
import random
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kit.errors import Invalid
from backend.planning.problem_file import answer, read
from backend.planning.solver.solve import Engine, solve
from backend.planning.solver.stop import Stop

TINY = 1e-6


def planned(file: dict[str, Any], engine: Engine = Engine.PLAIN) -> dict[str, Any]:
    asked = read(json.dumps(file).encode())
    told: dict[str, Any] = json.loads(
        json.dumps(answer(asked, solve(asked.problem, stop=Stop(iterations=20), engine=engine)))
    )
    return told


def wrong(file: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """Drives the plan through the file's own numbers, and returns what does not hold."""
    clients = {row["id"]: row for row in file["clients"]}
    found, served = [], []
    for shift, route in zip(file["shifts"], told["routes"], strict=True):
        if route["shift"] != shift["id"]:
            found.append("shifts out of order")
        here, clock = shift["start"], shift["window"][0]
        for stop in route["stops"]:
            row = clients[stop["id"]]
            served.append(stop["id"])
            step = file["matrix"][here][row["location"]]
            if step is None or stop["start"] < clock + step - TINY:
                found.append(f"{stop['id']} too early")
            windows = row.get("windows")
            if windows is not None and not any(a - TINY <= stop["start"] <= b + TINY for a, b in windows):
                found.append(f"{stop['id']} outside its windows")
            here, clock = row["location"], stop["start"] + row.get("service", 0)
        step = file["matrix"][here][shift["end"]]
        if route["stops"] and (step is None or clock + step > shift["window"][1] + TINY):
            found.append(f"{shift['id']} too late")
    starts = {stop["id"]: stop["start"] for route in told["routes"] for stop in route["stops"]}
    for one, other in combinations(starts, 2):
        mine, yours = clients[one], clients[other]
        apart = max(mine.get("gap", 0), yours.get("gap", 0))
        same = mine.get("account") is not None and mine["account"] == yours.get("account")
        if same and abs(starts[one] - starts[other]) < apart - TINY:
            found.append(f"{one} and {other} too near")
    if sorted(map(str, served + [row["id"] for row in told["dropped"]])) != sorted(map(str, clients)):
        found.append("somebody is neither served nor dropped")
    if not math.isclose(told["prize"], sum(clients[name].get("prize", 0) for name in served)):
        found.append("prize")
    return found


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Fractions of every kind, an axis that begins anywhere, and pairs without a way, said in several manners."""
    number = draw(st.sampled_from([st.integers(0, 40), st.floats(0, 40), st.integers(0, 400).map(lambda n: n / 10)]))
    zero = draw(st.sampled_from([0, -50.5, 1_700_000_000]))
    places = draw(st.integers(1, 4))
    none = st.sampled_from([None, 1e12])
    matrix = [
        [0 if a == b else draw(st.one_of(number, number, number, none)) for b in range(places)] for a in range(places)
    ]

    def span(longest: int) -> list[float]:
        first = zero + draw(number)
        return [first, first + draw(number) + longest]

    clients = [
        {
            "id": number_of if draw(st.booleans()) else f"c{number_of}",
            "location": draw(st.integers(0, places - 1)),
            "prize": draw(number),
            "service": draw(number),
            "windows": draw(st.sampled_from([None, [span(0)], [span(0), span(0)]])),
            "required": draw(st.integers(0, 4)) == 0,
            "account": draw(st.sampled_from([None, "deli", 7])),
            "gap": draw(number),
        }
        for number_of in range(draw(st.integers(0, 6)))
    ]
    shifts = [
        {
            "id": f"s{n}",
            "start": draw(st.integers(0, places - 1)),
            "end": draw(st.integers(0, places - 1)),
            "window": span(40),
        }
        for n in range(draw(st.integers(1, 2)))
    ]
    return {
        "matrix": [[cell if cell != 1e12 else 1e12 for cell in row] for row in matrix],
        "clients": clients,
        "shifts": shifts,
    }


@settings(deadline=None, max_examples=150)
@given(files(), st.sampled_from(list(Engine)))
def test_what_is_told_holds_in_the_numbers_of_the_file(file: dict[str, Any], engine: Engine) -> None:
    assert wrong(file, planned(file, engine)) == []


def town(scale: float, zero: float = 0.0) -> dict[str, Any]:
    """A day whose optimum needs every unit of time: nothing may be lost by making the numbers whole."""
    chance = random.Random(5)
    points = [(chance.randint(0, 9), chance.randint(0, 9)) for _ in range(8)]
    return {
        "matrix": [[(abs(a - c) + abs(b - d)) * scale for c, d in points] for a, b in points],
        "clients": [
            {"id": n, "location": n, "prize": n, "service": 2 * scale, "windows": [[zero, zero + 60 * scale]]}
            for n in range(1, 8)
        ],
        "shifts": [{"id": "day", "start": 0, "end": 0, "window": [zero, zero + 36 * scale]}],
    }


@pytest.mark.parametrize(("scale", "zero"), [(0.1, 0.0), (1 / 3, 0.0), (60.0, 1.7e9), (1e-4, 5.0), (1e6, -3e6)])
def test_the_unit_and_the_zero_of_time_do_not_change_the_plan(scale: float, zero: float) -> None:
    plain = planned(town(1.0))
    told = planned(town(scale, zero))
    assert [stop["id"] for stop in told["routes"][0]["stops"]] == [stop["id"] for stop in plain["routes"][0]["stops"]]
    assert plain["routes"][0]["stops"]


def test_two_clients_of_one_place_where_staying_takes_time() -> None:
    file = {
        "matrix": [[0, 5], [5, 3]],
        "clients": [{"id": "a", "location": 1, "prize": 1}, {"id": "b", "location": 1, "prize": 1}],
        "shifts": [{"id": "s", "start": 0, "end": 0, "window": [0, 12]}],
    }
    told = planned(file)
    assert [len(route["stops"]) for route in told["routes"]] == [1]
    assert wrong(file, told) == []


def test_places_on_earth_stand_in_for_a_matrix() -> None:
    file = {
        "locations": [[42.03, -93.62], [42.05, -93.60], [41.59, -93.62]],
        "clients": [
            {"id": "ames", "location": 1, "prize": 3, "service": 900},
            {"id": "far", "location": 2, "prize": 9},
        ],
        "shifts": [{"id": "day", "start": 0, "end": 0, "window": [0, 3600]}],
    }
    told = planned(file)
    assert [stop["id"] for stop in told["routes"][0]["stops"]] == ["ames"]
    assert told["dropped"] == [{"id": "far", "reason": "NO_WINDOW_FITS"}]


def test_a_second_visit_of_an_account_keeps_its_distance() -> None:
    two_days = [
        {"id": day, "start": 0, "end": 0, "window": [first, first + 8]} for day, first in (("mon", 0), ("tue", 24))
    ]
    visits = [{"id": n, "location": 1, "prize": 3 - n, "service": 1, "account": "deli", "gap": 12.5} for n in range(3)]
    told = planned({"matrix": [[0, 1], [1, 0]], "clients": visits, "shifts": two_days})
    assert sorted(stop["id"] for route in told["routes"] for stop in route["stops"]) == [0, 1]
    assert [len(route["stops"]) for route in told["routes"]] == [1, 1]
    assert told["dropped"] == [{"id": 2, "reason": "TOO_SOON", "displaced_by": [1]}]


def test_breaks_skills_locks_and_alternatives_can_be_said() -> None:
    file = {
        "matrix": [[0, 10], [10, 0]],
        "clients": [
            {"id": "cold", "location": 1, "prize": 9, "skills": ["cold"]},
            {"id": "a", "location": 1, "prize": 1, "group": "either", "service": 5},
            {"id": "b", "location": 1, "prize": 2, "group": "either", "service": 5},
            {"id": "held", "location": 1, "service": 5},
            {"id": "tomorrow", "location": 1, "prize": 9, "shifts": ["tue"]},
        ],
        "shifts": [
            {
                "id": "mon",
                "start": 0,
                "end": 0,
                "window": [0, 100],
                "breaks": [{"window": [10, 16], "duration": 30}],
                "locked": [{"id": "held", "start": 10}],
            }
        ],
    }
    told = planned(file)
    assert told["routes"] == [{"shift": "mon", "stops": [{"id": "held", "start": 10}, {"id": "b", "start": 45}]}]
    assert [(row["id"], row["reason"]) for row in told["dropped"]] == [
        ("a", "GROUP_SERVED"),
        ("cold", "NO_SKILL"),
        ("tomorrow", "OUTSIDE_DATES"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("{", "PROBLEM_INVALID", "file"),
        ("[]", "PROBLEM_INVALID", "file"),
        ('{"matrix": [[0]], "clients": []}', "PROBLEM_INVALID", "shifts"),
        (
            '{"clients": [], "shifts": [{"id": "s", "start": 0, "end": 0, "window": [0, 1]}]}',
            "PROBLEM_INVALID",
            "matrix",
        ),
        (
            '{"matrix": [[0, 1]], "clients": [], "shifts": [{"id": "s", "start": 0, "end": 0, "window": [0, 1]}]}',
            "MATRIX_SHAPE",
            "matrix",
        ),
        (
            '{"matrix": [[-1]], "clients": [], "shifts": [{"id": "s", "start": 0, "end": 0, "window": [0, 1]}]}',
            "MATRIX_VALUE",
            "matrix",
        ),
        (
            '{"matrix": [["x"]], "clients": [], "shifts": [{"id": "s", "start": 0, "end": 0, "window": [0, 1]}]}',
            "MATRIX_VALUE",
            "matrix",
        ),
        (
            '{"matrix": [[0]], "clients": [], "shifts": [{"id": "s", "start": 1, "end": 0, "window": [0, 1]}]}',
            "LOCATION_UNKNOWN",
            "shifts.0",
        ),
        (
            '{"matrix": [[0]], "clients": [], "shifts": [{"id": "s", "start": 0, "end": 0, "window": [2, 1]}]}',
            "WINDOW_REVERSED",
            "shifts.0.window",
        ),
        (
            '{"matrix": [[0]], "clients": [{"id": 1}], "shifts": [{"id": "s", "start": 0, "end": 0, "window": [0, 1]}]}',
            "PROBLEM_INVALID",
            "clients.0.location",
        ),
        (
            '{"locations": [[91, 0]], "clients": [], "shifts": [{"id": "s", "start": 0, "end": 0, "window": [0, 1]}]}',
            "PROBLEM_INVALID",
            "locations.0",
        ),
    ],
)
def test_what_is_no_problem_is_refused_by_name(text: str, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(text.encode())
    assert (refusal.value.code, list(refusal.value.fields)) == (code, [field])
