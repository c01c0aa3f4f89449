"""What is wrong with areas is told with its place, and where it can be put right, how."""

from typing import Any
from uuid import UUID

import pytest
from shapely.geometry import box, mapping, shape

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng
from backend.territories.assignment import Node
from backend.territories.geometry import area_of
from backend.territories.validation import Problem, area_of_features, problems_of
from tests.territories.test_geometry import square

STATE, NORTH, SOUTH, EAST, WEST = (UUID(int=number) for number in range(1, 6))


def polygon(*corners: tuple[float, float], holes: list[list[tuple[float, float]]] | None = None) -> dict[str, Any]:
    """Returns GeoJSON of a ring."""
    rings = [[*corners, corners[0]], *([*hole, hole[0]] for hole in holes or [])]
    return {"type": "Polygon", "coordinates": [[list(at) for at in ring] for ring in rings]}


def the_only(*nodes: Node) -> Problem:
    """Returns the one problem of some territories."""
    (problem,) = problems_of(nodes, lambda at: "Hilltop, Ames")
    return problem


def test_sound_areas_have_no_problem() -> None:
    nodes = [
        Node(STATE, "State", None, square(size=4)),
        Node(NORTH, "North", STATE, square(south=42)),
        Node(SOUTH, "South", STATE, square(south=41)),
    ]
    assert problems_of(nodes) == []


def test_an_overlap_names_its_place_its_size_and_who_wins() -> None:
    problem = the_only(Node(NORTH, "North", None, square(south=41.9)), Node(SOUTH, "South", None, square(south=41)))
    assert problem.code == "OVERLAP"
    assert problem.territories == (NORTH, SOUTH)
    assert problem.at is not None
    assert problem.geometry is not None
    assert problem.km2 is not None
    assert shape(dict(problem.geometry)).bounds == pytest.approx((-94, 41.9, -93, 42))
    assert 41.9 < problem.at.lat < 42
    assert problem.km2 == pytest.approx(0.1 * 111.2 * 82.8, rel=0.02)
    assert "(near Hilltop, Ames); what lies there falls to North." in problem.message


def test_a_town_in_another_branch_wins_over_what_lies_higher() -> None:
    nodes = [
        Node(STATE, "State"),
        Node(NORTH, "North", None, square()),
        Node(SOUTH, "South", STATE, square(size=0.5)),
    ]
    assert "falls to South" in the_only(*nodes).message


def test_a_hole_and_a_gap_between_territories_are_told_apart() -> None:
    inner = [(-93.6, 41.4), (-93.4, 41.4), (-93.4, 41.6), (-93.6, 41.6)]
    ring = polygon((-94, 41), (-93, 41), (-93, 42), (-94, 42), holes=[inner])
    problem = the_only(Node(NORTH, "North", None, ring))
    assert (problem.code, problem.at) == ("HOLE", LatLng(41.5, -93.5))
    left = polygon(
        (-94, 41), (-93.5, 41), (-93.5, 41.4), (-93.6, 41.4), (-93.6, 41.6), (-93.5, 41.6), (-93.5, 42), (-94, 42)
    )
    right = polygon(
        (-93, 41), (-93.5, 41), (-93.5, 41.4), (-93.4, 41.4), (-93.4, 41.6), (-93.5, 41.6), (-93.5, 42), (-93, 42)
    )
    gap = the_only(Node(WEST, "West", None, left), Node(EAST, "East", None, right))
    assert (gap.code, gap.territories, gap.at) == ("GAP", (WEST, EAST), LatLng(41.5, -93.5))


def test_a_bow_tie_names_the_crossing_and_offers_its_two_halves() -> None:
    problem = the_only(Node(NORTH, "North", None, polygon((0, 0), (1, 1), (1, 0), (0, 1))))
    assert (problem.code, problem.at) == ("SELF_CROSSING", LatLng(0.5, 0.5))
    assert problem.remedy is not None
    assert area_of(problem.remedy).area == pytest.approx(0.5)


@pytest.mark.parametrize(
    "corners",
    [((179, -18), (-179, -18), (-179, -16), (179, -16)), ((179, -18), (181, -18), (181, -16), (179, -16))],
)
def test_across_the_antimeridian_the_cut_is_offered(corners: tuple[tuple[float, float], ...]) -> None:
    drawn = polygon(*corners)
    problem = the_only(Node(NORTH, "Fiji", None, drawn))
    assert (problem.code, problem.at) == ("ANTIMERIDIAN", LatLng(-18, 180))
    assert problem.remedy is not None
    parts = area_of(problem.remedy)
    assert parts.equals(box(179, -18, 180, -16).union(box(-180, -18, -179, -16)))
    with pytest.raises(Invalid):
        area_of(drawn)


def test_outside_the_world_the_likely_mistake_is_named() -> None:
    problem = the_only(Node(NORTH, "North", None, square(west=41.0, south=-94.0)))
    assert problem.code == "OUTSIDE_WORLD"
    assert "latitude seems to stand first" in problem.message
    assert the_only(Node(NORTH, "North", None, {"type": "Point"})).code == "AREA_INVALID"


COUNTIES = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"name": name}, "geometry": mapping(box(west, 41, west + 1, 42))}
        for name, west in (("Polk", -94), ("Story", -93), ("Dallas", -95))
    ],
}


def test_counties_by_name_become_one_area() -> None:
    area = area_of(area_of_features(COUNTIES, name="name", values=["Polk", "Story"]))
    assert area.equals(box(-94, 41, -92, 42))
    with pytest.raises(Invalid) as refused:
        area_of_features(COUNTIES, name="name", values=["Polk", "Warren"])
    assert (refused.value.code, refused.value.fields) == ("FEATURE_NOT_FOUND", {"values": "Warren"})
