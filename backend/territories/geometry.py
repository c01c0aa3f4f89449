"""Areas as GeoJSON has them, and which of them hold a point: exact, for one point and for a million."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from backend.kit.compiled import COMPILES
from backend.kit.errors import Invalid
from backend.kit.geo import LatLng

K = TypeVar("K", bound=Hashable)
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOWHERE = -1
MANY = 5_000
"""From so many points on the compiled sweep is worth its beginning."""


def area_of(geojson: Mapping[str, Any]) -> BaseGeometry:
    """Returns a GeoJSON Polygon or MultiPolygon (longitude first) as a shape; raises Invalid AREA_INVALID."""
    area = shape_of(geojson)
    if not area.is_valid:
        raise wrong(f"crosses itself: {shapely.is_valid_reason(area)}")
    at, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(area)), return_index=True)
    leaps = (np.abs(np.diff(at[:, 0])) > 180) & (np.diff(ring) == 0)
    if (leaps & ~((np.abs(at[:-1, 0]) == 180) & (np.abs(at[1:, 0]) == 180))).any():
        raise wrong("crosses the antimeridian; cut it in two at 180 degrees (RFC 7946, 3.1.9)")
    west, south, east, north = area.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise wrong("lies outside the world; is latitude first?")
    return area


def shape_of(geojson: Mapping[str, Any]) -> BaseGeometry:
    """Returns the polygon or polygons of GeoJSON, whatever they look like; raises Invalid AREA_INVALID for anything else."""
    try:
        area = shape(dict(geojson))
    except (shapely.errors.ShapelyError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise wrong("is not GeoJSON") from error
    if area.geom_type not in ("Polygon", "MultiPolygon"):
        raise wrong(f"is a {area.geom_type}, not a Polygon or MultiPolygon")
    if area.is_empty:
        raise wrong("holds no place")
    return area


class Areas(Generic[K]):
    """Areas by key. A point on the border of two belongs to both: choosing is the caller's rule."""

    def __init__(self, areas: Mapping[K, BaseGeometry]) -> None:
        self._keys = list(areas)
        self._areas = dict(areas)
        self._tree = shapely.STRtree(list(areas.values()))

    def holding(self, point: LatLng) -> list[K]:
        """Returns the keys of the areas that hold the point, in the order in which the areas were given."""
        # A point meets an area when the area covers it, its border too.
        found = self._tree.query(shapely.Point(point.lng, point.lat), predicate="intersects")
        return [self._keys[number] for number in sorted(found.tolist())]

    def first_holding(self, lng: Floats, lat: Floats, order: Sequence[K]) -> Ints:
        """Returns for each point the place in `order` of the first area that holds it, -1 for none; NaN lies nowhere."""
        found = np.full(len(lng), NOWHERE, np.int64)
        shapes = [self._areas[key] for key in order]
        if not shapes:
            return found
        if COMPILES and len(lng) >= MANY:
            from backend.territories.sweep import UNSURE, first_holding, sweep_of  # only here: numba takes long to load

            first_holding(sweep_of(shapes), np.ascontiguousarray(lng), np.ascontiguousarray(lat), found)
            left = np.flatnonzero(found == UNSURE)
        else:
            left = np.flatnonzero(~np.isnan(lng) & ~np.isnan(lat))
        found[left] = _by_tree(shapes, lng[left], lat[left])
        return found


def _by_tree(shapes: list[BaseGeometry], lng: Floats, lat: Floats) -> Ints:
    found = np.full(len(lng), len(shapes), np.int64)
    points, holding = shapely.STRtree(shapes).query(shapely.points(lng, lat), predicate="intersects")
    np.minimum.at(found, points, holding)
    return np.where(found == len(shapes), NOWHERE, found)


def wrong(what: str) -> Invalid:
    """An area that cannot be one."""
    return Invalid("AREA_INVALID", f"The area {what}.", fields={"area": what})
