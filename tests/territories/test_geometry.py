"""Which area holds a point: the quick index and the plain question always agree."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng
from backend.territories import geometry
from backend.territories.geometry import Areas, area_of

WEST, EAST = box(-94, 41.5, -93.6, 41.9), box(-93.6, 41.5, -93.2, 41.9)
TINY = box(-93.601, 41.6, -93.6005, 41.6005)


def square(*, west: float = -94.0, south: float = 41.0, size: float = 1.0) -> dict[str, Any]:
    """Returns a square as GeoJSON."""
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]}


def test_a_point_is_held_by_the_areas_around_it() -> None:
    areas = Areas({"west": WEST, "east": EAST, "tiny": TINY})
    assert areas.holding(LatLng(41.7, -93.8)) == ["west"]
    assert areas.holding(LatLng(41.6002, -93.6008)) == ["west", "tiny"]
    assert areas.holding(LatLng(40.0, -93.8)) == []
    assert areas.holding(LatLng(-41.7, 93.8)) == []


def test_a_point_on_a_border_belongs_to_both_sides() -> None:
    assert Areas({"west": WEST, "east": EAST}).holding(LatLng(41.7, -93.6)) == ["west", "east"]


def test_no_areas_hold_nothing() -> None:
    assert Areas[str]({}).holding(LatLng(41.7, -93.6)) == []


@given(st.floats(41.4, 42.0), st.floats(-94.1, -93.1))
def test_the_index_never_hides_an_area(lat: float, lng: float) -> None:
    areas = {"west": WEST, "east": EAST, "tiny": TINY}
    assert AREAS.holding(LatLng(lat, lng)) == [name for name, area in areas.items() if area.covers(Point(lng, lat))]


AREAS = Areas({"west": WEST, "east": EAST, "tiny": TINY})


def test_many_points_fall_where_each_falls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stars with holes that overlap, points everywhere, on corners and on borders; once by the sweep and once by the tree."""
    chance = np.random.default_rng(5)
    shapes: dict[int, BaseGeometry] = {}
    for key in range(12):
        turn = np.sort(chance.uniform(0, 2 * np.pi, 40))
        reach = chance.uniform(0.3, 1.0, 40)
        middle = chance.uniform(-2, 2, 2)
        star = Polygon(middle + np.column_stack((reach * np.cos(turn), reach * np.sin(turn))))
        shapes[key] = star.buffer(0).difference(box(*(middle - 0.05), *(middle + 0.05)))
    areas = Areas(shapes)
    corners = np.vstack([shapely.get_coordinates(area) for area in shapes.values()])
    middles = (corners[1:] + corners[:-1]) / 2
    at = np.vstack((chance.uniform(-3, 3, (4000, 2)), corners, middles, [[np.nan, np.nan]]))
    order = [5, 3, 11, 0, 1, 2, 4, 6, 7, 8, 9, 10]
    alone = [
        next((n for n, key in enumerate(order) if key in areas.holding(LatLng(y, x))), -1) for x, y in at[:-1].tolist()
    ]
    for many in (1, 10**9):
        monkeypatch.setattr(geometry, "MANY", many)
        assert areas.first_holding(at[:, 0], at[:, 1], order).tolist() == [*alone, -1]


def test_a_hole_is_outside() -> None:
    ring = {
        "type": "Polygon",
        "coordinates": [square()["coordinates"][0], square(west=-93.7, south=41.3, size=0.4)["coordinates"][0]],
    }
    areas = Areas({"ring": area_of(ring)})
    assert areas.holding(LatLng(41.1, -93.9)) == ["ring"]
    assert areas.holding(LatLng(41.5, -93.5)) == []


def test_an_area_of_many_parts() -> None:
    both = {"type": "MultiPolygon", "coordinates": [square()["coordinates"], square(west=-90)["coordinates"]]}
    areas = Areas({"both": area_of(both)})
    assert [areas.holding(LatLng(41.5, lng)) for lng in (-93.5, -91.5, -89.5)] == [["both"], [], ["both"]]


@pytest.mark.parametrize(
    ("area", "told"),
    [
        ({}, "is not GeoJSON"),
        ({"type": "Polygon"}, "is not GeoJSON"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, "is not GeoJSON"),
        ({"type": "Point", "coordinates": [-93, 42]}, "is a Point, not a Polygon or MultiPolygon"),
        ({"type": "Polygon", "coordinates": []}, "holds no place"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            "crosses itself: Self-intersection[0.5 0.5]",
        ),
        (square(west=41.0, south=-94.0), "lies outside the world; is latitude first?"),
    ],
)
def test_what_is_no_area_is_refused(area: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid) as refused:
        area_of(area)
    assert (refused.value.code, refused.value.fields) == ("AREA_INVALID", {"area": told})
