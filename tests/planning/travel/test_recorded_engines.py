"""What real engines answered on the roads of Liechtenstein, replayed: the contract that holds without an engine at hand."""

import numpy as np
import pytest

from backend.planning.travel import GreatCircle, straight_m
from backend.planning.travel.choose import ENGINES
from backend.planning.travel.matrix import Matrix
from backend.planning.travel.road_times import RoadTimes
from tests.planning.travel.engines import replaying
from tests.planning.travel.places import ROWS, country, recorded_places


def replayed(kind: str) -> Matrix:
    with replaying(kind) as url:
        return RoadTimes(ENGINES[kind](8), url, GreatCircle()).matrix(recorded_places())


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_the_recorded_engine_answers_for_every_place_on_its_map(kind: str) -> None:
    matrix = replayed(kind)
    assert (matrix.fell_back, matrix.name, str(matrix.seconds.dtype)) == ("", kind, "int64")
    assert matrix.seconds.shape == (len(ROWS) + 1,) * 2
    assert not matrix.seconds.diagonal().any()
    assert not (matrix.seconds == matrix.seconds.T).all(), "there and back differ on real roads"
    assert matrix.metres is not None
    roads = ~np.eye(len(ROWS), dtype=bool)
    straight = straight_m(recorded_places())[:-1, :-1]
    assert (matrix.metres[:-1, :-1][roads] > 0.9 * straight[roads]).all()


def test_osrm_says_the_times_that_were_measured_in_one_piece() -> None:
    _, seconds = country("liechtenstein")
    true = seconds[np.ix_(ROWS, ROWS)]
    # Places are asked about by their cells of eleven metres, so a few seconds may lie between.
    assert np.abs(replayed("osrm").seconds[:-1, :-1] - true).max() <= 20


def test_valhalla_drives_otherwise_but_on_the_same_roads() -> None:
    _, seconds = country("liechtenstein")
    true = seconds[np.ix_(ROWS, ROWS)]
    roads = ~np.eye(len(ROWS), dtype=bool)
    ratio = replayed("valhalla").seconds[:-1, :-1][roads] / true[roads]
    assert 0.7 < np.median(ratio) < 0.95, "hence the factor"


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_a_place_off_the_map_is_estimated_alone_and_counted(kind: str) -> None:
    """Both engines would move Munich two hundred kilometres to the border."""
    matrix = replayed(kind)
    estimate = GreatCircle().matrix(recorded_places()).seconds
    assert matrix.estimated == 1
    assert (matrix.seconds[-1] == estimate[-1]).all()
    assert (matrix.seconds[:, -1] == estimate[:, -1]).all()
    assert matrix.figures() == {
        "travelTimes": kind,
        "travelProfile": "default",
        "travelFellBack": "",
        "travelEstimatedPlaces": 1,
    }


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_a_question_that_was_not_recorded_is_no_answer(kind: str) -> None:
    with replaying(kind) as url:
        matrix = RoadTimes(ENGINES[kind](6), url, GreatCircle()).matrix(recorded_places())
    assert matrix.fell_back == f"{kind} answered 404 with no table"
