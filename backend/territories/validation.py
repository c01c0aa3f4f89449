"""What is wrong with the areas of a model, and where: each problem has a code, a place, and a shape to show on a map."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon, mapping
from shapely.geometry.base import BaseGeometry

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng
from backend.territories.assignment import Node
from backend.territories.geometry import shape_of

KM_PER_DEGREE = 111.195
SLIVER_KM2 = 0.0001
"""Less is where two hands drew one border: a hundred square metres."""

Near = Callable[[LatLng], str | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """`territories`: whom it concerns; `at`: a point of it; `geometry`: GeoJSON of it; `remedy`: GeoJSON of an area without it.

    Codes: AREA_INVALID, OUTSIDE_WORLD, ANTIMERIDIAN, SELF_CROSSING, HOLE, OVERLAP, GAP. HOLE and GAP may be meant."""

    code: str
    message: str
    territories: tuple[UUID, ...]
    at: LatLng | None = None
    km2: float | None = None
    geometry: Mapping[str, Any] | None = None
    remedy: Mapping[str, Any] | None = None


def problems_of(nodes: Sequence[Node], near: Near = lambda point: None) -> list[Problem]:
    """Returns what is wrong with the areas; `near` names a point for people ("near Hilltop, Ames") or knows nothing."""
    found: list[Problem] = []
    sound: dict[UUID, BaseGeometry] = {}
    for node in nodes:
        if node.area is None:
            continue
        mine = list(_of_one(node, near))
        found += mine
        if not any(problem.code != "HOLE" for problem in mine):
            sound[node.id] = shape_of(node.area)
    return [*found, *_between(nodes, [node for node in nodes if node.id in sound], sound, near)]


def _of_one(node: Node, near: Near) -> Iterator[Problem]:
    try:
        area = shape_of(node.area or {})
    except Invalid as error:
        yield Problem("AREA_INVALID", f"{node.name}: {error.message}", (node.id,))
        return
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(area))]
    outside = next((at for ring in rings for at in ring.tolist() if abs(at[1]) > 90 or abs(at[0]) > 540), None)
    if outside is not None:
        swapped = "; latitude seems to stand first" if abs(outside[0]) <= 90 and abs(outside[1]) <= 180 else ""
        told = f"{node.name} leaves the world at {outside[0]:g}, {outside[1]:g}{swapped}."
        yield Problem("OUTSIDE_WORLD", told, (node.id,))
        return
    crossing = antimeridian_crossing(area)
    if crossing is not None:
        told = (
            f"{node.name} crosses the antimeridian at {_words(crossing, near)}: cut it in two there (RFC 7946, 3.1.9)."
        )
        cut = cut_at_antimeridian(area)
        yield Problem("ANTIMERIDIAN", told, (node.id,), crossing, remedy=None if cut is None else mapping(cut))
        return
    if not area.is_valid:
        reason = shapely.is_valid_reason(area)
        at = _point_in(reason)
        words = reason.split("[")[0].strip().lower()
        told = (
            f"{node.name} crosses itself ({words}) at {_words(at, near)}."
            if at
            else f"{node.name} crosses itself ({words})."
        )
        yield Problem(
            "SELF_CROSSING",
            told,
            (node.id,),
            at,
            geometry=None if at is None else mapping(shapely.Point(at.lng, at.lat)),
            remedy=mapping(_polygons(shapely.make_valid(area))),
        )
        return
    for part in shapely.get_parts(area):
        for ring in part.interiors:
            yield _about("HOLE", f"{node.name} has a hole of {{km2}} at {{place}}.", (node.id,), Polygon(ring), near)


def _above(node: Node, by_id: Mapping[UUID, Node]) -> list[UUID]:
    """Returns the territories over one, the nearest first; a circle ends where it closes."""
    found: list[UUID] = []
    while node.parent is not None and node.parent in by_id and node.parent not in found:
        found.append(node.parent)
        node = by_id[node.parent]
    return found


def _between(
    every: Sequence[Node], nodes: Sequence[Node], areas: Mapping[UUID, BaseGeometry], near: Near
) -> Iterator[Problem]:
    by_id = {node.id: node for node in every}
    depth = {node.id: len(_above(node, by_id)) for node in nodes}
    tree = shapely.STRtree([areas[node.id] for node in nodes])
    for place, one in enumerate(nodes):
        for number in sorted(tree.query(areas[one.id], predicate="intersects").tolist()):
            other = nodes[number]
            if number <= place or one.id in _above(other, by_id) or other.id in _above(one, by_id):
                continue
            shared = _polygons(areas[one.id].intersection(areas[other.id]))
            if km2_of(shared) >= SLIVER_KM2:
                wins = min((one, other), key=lambda node: (-depth[node.id], node.name)).name
                told = f"{one.name} and {other.name} overlap by {{km2}} at {{place}}; what lies there falls to {wins}."
                yield _about("OVERLAP", told, (one.id, other.id), shared, near)
    for parent in dict.fromkeys(node.parent for node in nodes):
        siblings = [areas[node.id] for node in nodes if node.parent == parent]
        own = {
            shapely.normalize(Polygon(ring)).wkb
            for area in siblings
            for part in shapely.get_parts(area)
            for ring in part.interiors
        }
        for part in shapely.get_parts(shapely.union_all(siblings)) if len(siblings) > 1 else ():
            for ring in part.interiors if part.geom_type == "Polygon" else ():
                hole = Polygon(ring)
                # The hole of one alone is told already.
                if shapely.normalize(hole).wkb not in own and km2_of(hole) >= SLIVER_KM2:
                    around = tuple(
                        node.id for node in nodes if node.parent == parent and areas[node.id].intersects(hole)
                    )
                    yield _about(
                        "GAP", "Nobody's land of {km2} lies between territories at {place}.", around, hole, near
                    )


def _about(code: str, told: str, whom: tuple[UUID, ...], shape: BaseGeometry, near: Near) -> Problem:
    inside = shapely.point_on_surface(shape)
    at, km2 = LatLng(inside.y, inside.x), km2_of(shape)
    message = told.format(km2=f"{km2:,.4g} km²", place=_words(at, near))
    return Problem(code, message, whom, at, km2, mapping(shape))


def _words(at: LatLng, near: Near) -> str:
    told = near(at)
    return f"{at.lat:.5f}, {at.lng:.5f}" + (f" (near {told})" if told else "")


def _point_in(reason: str) -> LatLng | None:
    numbers = re.search(r"\[(\S+) (\S+?)\]", reason)
    return None if numbers is None else LatLng(float(numbers[2]), float(numbers[1]))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else Polygon()


def km2_of(shape: BaseGeometry) -> float:
    """Returns the area of a shape in degrees, in square kilometres: near enough to tell a sliver from a county."""
    if shape.is_empty:
        return 0.0
    return float(shape.area * KM_PER_DEGREE**2 * np.cos(np.radians(shape.centroid.y)))


def antimeridian_crossing(area: BaseGeometry) -> LatLng | None:
    """Returns where an area crosses 180 degrees without being cut there: a side that leaps the world, or a longitude beyond."""
    for ring in shapely.get_rings(shapely.get_parts(area)):
        at = shapely.get_coordinates(ring)
        leap = np.flatnonzero(
            (np.abs(np.diff(at[:, 0])) > 180) & ~((np.abs(at[:-1, 0]) == 180) & (np.abs(at[1:, 0]) == 180))
        )
        beyond = np.flatnonzero(np.abs(at[:, 0]) > 180)
        for number in (*leap[:1].tolist(), *beyond[:1].tolist()):
            side = 180.0 if at[number, 0] > 0 else -180.0
            return LatLng(float(at[number, 1]), side)
    return None


def cut_at_antimeridian(area: BaseGeometry) -> BaseGeometry | None:
    """Returns the area cut in two at 180 degrees as RFC 7946 wants it; None for what crosses itself besides."""
    whole = []
    for part in shapely.get_parts(area):
        rings = [_unrolled(shapely.get_coordinates(ring)) for ring in (part.exterior, *part.interiors)]
        whole.append(Polygon(rings[0], rings[1:]))
    shape = shapely.union_all([part for part in whole if part.is_valid])
    if not all(part.is_valid for part in whole):
        return None
    windows = (
        affinity.translate(shape.intersection(shapely.box(turn - 180, -90, turn + 180, 90)), xoff=-turn)
        for turn in (-360, 0, 360)
    )
    return _polygons(shapely.union_all([part for part in windows if not part.is_empty]))


def _unrolled(ring: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    steps = np.diff(ring[:, 0])
    turns = np.concatenate(([0.0], np.cumsum(np.where(steps > 180, -360.0, np.where(steps < -180, 360.0, 0.0)))))
    return np.column_stack((ring[:, 0] + turns, ring[:, 1]))


def area_of_features(collection: Mapping[str, Any], *, name: str, values: Sequence[str]) -> dict[str, Any]:
    """Returns the joined area of the features whose property `name` is one of `values`: counties, districts, postcode areas.

    Raises Invalid AREA_INVALID for what is no FeatureCollection, FEATURE_NOT_FOUND naming the values that no feature has."""
    features = collection.get("features")
    if not isinstance(features, list) or not values:
        raise Invalid("AREA_INVALID", "That is no FeatureCollection.", fields={"features": "no list"})
    by_value: dict[str, list[BaseGeometry]] = {}
    for feature in features:
        value = str((feature.get("properties") or {}).get(name, ""))
        if value in values:
            by_value.setdefault(value, []).append(shape_of(feature.get("geometry") or {}))
    if missing := [value for value in values if value not in by_value]:
        raise Invalid(
            "FEATURE_NOT_FOUND", f"No feature has {name} {', '.join(missing)}.", fields={"values": ", ".join(missing)}
        )
    joined = shapely.union_all([shape for shapes in by_value.values() for shape in shapes])
    return dict(mapping(_polygons(joined)))
