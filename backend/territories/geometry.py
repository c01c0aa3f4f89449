"""Which areas hold a point: exact by shapely, and quick by H3, whose cells leave few areas to ask."""

from collections.abc import Hashable, Mapping
from typing import Any, Generic, TypeVar

import h3  # type: ignore[import-untyped]
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng

K = TypeVar("K", bound=Hashable)

CELLS_ACROSS = 12
"""About so many cells across the smallest area: few enough to index, small enough to tell areas apart."""
COARSEST, FINEST = 2, 8


def area_of(geojson: Mapping[str, Any]) -> BaseGeometry:
    """Returns a GeoJSON Polygon or MultiPolygon (longitude first) as a shape; raises Invalid AREA_INVALID."""
    try:
        area = shape(dict(geojson))
    except (shapely.errors.ShapelyError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _wrong("is not GeoJSON") from error
    if area.geom_type not in ("Polygon", "MultiPolygon"):
        raise _wrong(f"is a {area.geom_type}, not a Polygon or MultiPolygon")
    if area.is_empty:
        raise _wrong("holds no place")
    if not area.is_valid:
        raise _wrong(f"crosses itself: {shapely.is_valid_reason(area)}")
    west, south, east, north = area.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise _wrong("lies outside the world; is latitude first?")
    return area


class Areas(Generic[K]):
    """Areas by key. A point on the border of two belongs to both: choosing is the caller's rule."""

    def __init__(self, areas: Mapping[K, BaseGeometry]) -> None:
        self._areas = dict(areas)
        for area in self._areas.values():
            shapely.prepare(area)
        self._resolution = _resolution(list(self._areas.values()))
        self._near: dict[str, list[K]] = {}
        for key, area in self._areas.items():
            for cell in self._cells(area):
                self._near.setdefault(cell, []).append(key)

    def holding(self, point: LatLng) -> list[K]:
        """Returns the keys of the areas that hold the point, in the order in which the areas were given."""
        near = self._near.get(h3.latlng_to_cell(point.lat, point.lng, self._resolution), [])
        if not near:
            return []
        where = shapely.Point(point.lng, point.lat)
        return [key for key in near if self._areas[key].covers(where)]

    def _cells(self, area: BaseGeometry) -> set[str]:
        inside = h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(area), self._resolution, contain="overlap")
        # H3 draws edges as great circles and shapely as straight lines on the map: one ring more covers the difference.
        return {near for cell in inside for near in h3.grid_disk(cell, 1)}


def _resolution(areas: list[BaseGeometry]) -> int:
    """Returns the coarsest H3 resolution that gives the smallest area a fair number of cells."""
    if not areas:
        return COARSEST
    # Degrees are enough here: the answer only tunes the index.
    smallest_km2 = min(area.area for area in areas) * 111 * 85
    for resolution in range(COARSEST, FINEST):
        if smallest_km2 / h3.average_hexagon_area(resolution, unit="km^2") >= CELLS_ACROSS:
            return resolution
    return FINEST


def _wrong(what: str) -> Invalid:
    return Invalid("AREA_INVALID", f"The area {what}.", fields={"area": what})
