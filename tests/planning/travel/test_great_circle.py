"""Travel times from the straight line alone: see them be what was measured, and say what they rest on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.geo import LatLng, distance_m
from backend.planning.solver.problem import Problem, Shift, TimeWindow
from backend.planning.travel import GreatCircle, straight_m

DES_MOINES = LatLng(41.5868, -93.6250)
AMES = LatLng(42.0308, -93.6319)
points = st.builds(LatLng, st.floats(-80, 80), st.floats(-180, 180))


@given(points, points)
def test_the_straight_line_is_that_of_the_map_within_a_hundredth(a: LatLng, b: LatLng) -> None:
    assert straight_m([a, b])[0, 1] == pytest.approx(distance_m(a, b), rel=0.01, abs=1)


def test_the_date_line_and_the_poles_are_no_wall() -> None:
    west, east = LatLng(-17, 179.99), LatLng(-17, -179.99)
    assert straight_m([west, east])[0, 1] == pytest.approx(2127, rel=0.01)
    assert straight_m([LatLng(90, 0), LatLng(90, 120)])[0, 1] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("metres", "minutes"), [(500, 1.9), (2_000, 5.8), (10_000, 21.7), (20_000, 38.3)])
def test_times_in_reach_are_those_of_the_fitted_curve(metres: float, minutes: float) -> None:
    seconds = GreatCircle().matrix([DES_MOINES, north_of(DES_MOINES, metres)]).seconds[0, 1]
    assert seconds / 60 == pytest.approx(minutes, abs=0.1)


def test_beyond_reach_the_rest_is_open_road() -> None:
    far, farther = (
        GreatCircle().matrix([DES_MOINES, north_of(DES_MOINES, km * 1000)]).seconds[0, 1] for km in (30, 95)
    )
    assert farther - far == pytest.approx(65 * 3600 / 81 * 1.25, abs=2)


def test_des_moines_to_ames_takes_about_an_hour_with_caution() -> None:
    assert 50 * 60 < GreatCircle().matrix([DES_MOINES, AMES]).seconds[0, 1] < 70 * 60


def north_of(point: LatLng, metres: float) -> LatLng:
    return LatLng(point.lat + metres / 111_195, point.lng)


@given(st.lists(points, max_size=6))
def test_a_matrix_of_any_places_makes_a_problem(places: list[LatLng]) -> None:
    matrix = GreatCircle().matrix(places).seconds
    assert matrix.shape == (len(places), len(places))
    assert np.issubdtype(matrix.dtype, np.integer)
    assert (matrix == matrix.T).all()
    if places:
        Problem((), (Shift("mon", 0, 0, TimeWindow(0, 1)),), matrix)
