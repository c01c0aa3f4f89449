"""What an engine said is kept by pairs of cells, and the plan does not depend on who asked before."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from backend.kit import clock
from backend.kit.geo import LatLng, distance_m
from backend.planning.travel import UNREACHABLE, GreatCircle
from backend.planning.travel.cache import CellCache, engine_key, forget_all, forget_old
from backend.planning.travel.cells import cells_of, middle
from backend.planning.travel.models import TravelCell
from backend.planning.travel.osrm import Osrm
from backend.planning.travel.road_times import RoadTimes
from tests.planning.travel.engines import answering

HOME, SHOP, DEPOT, HILL = (LatLng(47.1 + step / 100, 9.5) for step in range(4))
NOON = datetime(2027, 6, 7, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@contextmanager
def engine() -> Iterator[tuple[str, list[int]]]:
    """Runs an engine that looks at the exact place it is asked about; yields its address and the pairs of each question."""
    pairs: list[int] = []

    def answer(path: str, _: Any) -> Any:
        listed, _, query = path.removeprefix("/table/v1/driving/").partition("?")
        places = [tuple(float(part) for part in pair.split(",")) for pair in listed.split(";")]
        sides = dict(part.split("=") for part in query.split("&"))
        rows, columns = (
            [places[int(one)] for one in sides[name].split(";")] if name in sides else places
            for name in ("sources", "destinations")
        )
        pairs.append(len(rows) * len(columns))
        times = [[abs(a[1] - b[1]) * 90_000 + abs(a[0] - b[0]) * 90_000 for b in columns] for a in rows]
        return {"code": "Ok", "durations": times, "distances": times}

    with answering(answer) as url:
        yield url, pairs


def times(url: str, days: int = 30, most: int = 100) -> RoadTimes:
    return RoadTimes(Osrm(most), url, GreatCircle(), cache=CellCache(engine_key("osrm", url), days))


def test_the_second_plan_of_a_day_asks_nothing_and_reads_once() -> None:
    with engine() as (url, pairs):
        first = times(url).matrix([HOME, SHOP, DEPOT])
        with CaptureQueriesContext(connection) as queries:
            second = times(url).matrix([DEPOT, HOME, SHOP])
    order = [2, 0, 1]
    assert (second.seconds == first.seconds[np.ix_(order, order)]).all()
    assert second.metres is not None
    assert first.metres is not None
    assert (second.metres == first.metres[np.ix_(order, order)]).all()
    assert (pairs, len(queries)) == ([9], 1)


def test_from_where_the_rep_stands_now_only_the_new_ways_are_asked_about() -> None:
    with engine() as (url, pairs):
        times(url).matrix([HOME, SHOP, DEPOT])
        grown = times(url).matrix([HOME, SHOP, DEPOT, HILL])
        alone = RoadTimes(Osrm(), url, GreatCircle()).matrix([HOME, SHOP, DEPOT, HILL])
    assert (grown.seconds == alone.seconds).all()
    assert pairs == [9, 16, 16]


def test_of_many_places_only_blocks_with_something_new_are_asked_about() -> None:
    with engine() as (url, pairs):
        known = [LatLng(47.1 + step / 100, 9.5) for step in range(9)]
        times(url, most=4).matrix(known)
        asked = len(pairs)
        times(url, most=4).matrix([*known, LatLng(47.3, 9.5)])
    assert asked == 25
    assert sum(pairs[asked:]) < 40, "of a hundred"


def test_nobody_asked_before_in_a_way_that_changes_a_plan() -> None:
    """Three neighbours lie in one cell, and the engine tells them apart: whoever asks first, all get one answer."""
    neighbours = [LatLng(47.1000 + step / 100_000, 9.5) for step in (-4, 0, 4)]
    answers = set()
    for order in permutations(neighbours):
        forget_all()
        with engine() as (url, _):
            for one in order:
                times(url).matrix([one, SHOP])
            answers.add(times(url).matrix([neighbours[1], SHOP]).seconds.tobytes())
            answers.add(RoadTimes(Osrm(), url, GreatCircle()).matrix([neighbours[2], SHOP]).seconds.tobytes())
    assert len(answers) == 1


def test_answers_are_kept_for_as_many_days_as_set_and_not_mixed_with_another_engines() -> None:
    with engine() as (url, pairs), engine() as (other, others):
        with clock.moved_to(NOON):
            times(url).matrix([HOME, SHOP])
        with clock.moved_to(NOON + timedelta(days=29)):
            times(url).matrix([HOME, SHOP, DEPOT])
            times(other).matrix([HOME, SHOP])
        with clock.moved_to(NOON + timedelta(days=30, seconds=1)):
            times(url).matrix([HOME, SHOP])
            assert (pairs, others) == ([4, 9, 4], [4])
            assert forget_old() == 0, "what was asked about anew is young again, and the depot's row is of yesterday"
        with clock.moved_to(NOON + timedelta(days=61)):
            assert forget_old() == 5
    assert not TravelCell.objects.exists()


def test_what_cannot_be_reached_and_what_is_off_the_map_is_kept_as_such() -> None:
    def answer(path: str, _: Any) -> Any:
        answer.asked += 1  # type: ignore[attr-defined]
        way = [[0, None, 5], [None, 0, 5], [5, 5, 0]]
        snapped = [{"distance": 1.0}, {"distance": 1.0}, {"distance": 90_000.0}]
        return {"code": "Ok", "durations": way, "distances": way, "sources": snapped, "destinations": snapped}

    answer.asked = 0  # type: ignore[attr-defined]
    with answering(answer) as url:
        first, second = (times(url).matrix([HOME, SHOP, DEPOT]) for _ in range(2))
    assert answer.asked == 1  # type: ignore[attr-defined]
    for matrix in (first, second):
        assert matrix.seconds[0, 1] == matrix.seconds[1, 0] == UNREACHABLE
        assert matrix.estimated == 1
        assert matrix.seconds[0, 2] == GreatCircle().matrix([HOME, DEPOT]).seconds[0, 1]


def test_an_estimate_is_not_kept_as_an_answer() -> None:
    with answering(lambda path, _: (500, "text/plain", b"")) as url:
        assert times(url).matrix([HOME, SHOP]).fell_back
    assert not TravelCell.objects.exists()


def test_a_row_holds_only_so_many_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.planning.travel.cache.MOST_TARGETS", 3)
    with engine() as (url, pairs):
        for place in (SHOP, DEPOT, HILL):
            times(url).matrix([HOME, place])
        times(url).matrix([HOME, HILL])
        assert len(pairs) == 3, "the newest is kept"
        row = TravelCell.objects.get(cell=int(cells_of([HOME])[0]))
        assert [len(one) for one in (row.targets, row.seconds, row.metres)] == [24, 12, 12]
        assert times(url).matrix([HOME, SHOP]).seconds[0, 1] == 900


def test_the_address_of_an_engine_is_not_kept() -> None:
    assert "secret" not in engine_key("osrm", "http://host/secret")
    assert len(engine_key("valhalla", "x")) <= 64


points = st.builds(LatLng, st.floats(-90, 90), st.floats(-180, 180))


@given(points)
def test_the_middle_of_a_cell_is_eight_metres_away_at_most_and_in_the_cell(point: LatLng) -> None:
    (cell,) = cells_of([point])
    assert distance_m(point, middle(cell)) < 8.1
    assert cells_of([middle(cell)])[0] == cell


def test_the_date_line_is_one_line() -> None:
    assert cells_of([LatLng(-17, 180)])[0] == cells_of([LatLng(-17, -180)])[0]
