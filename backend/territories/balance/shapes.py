"""The shapes of territories: the cells of their accounts (Voronoi), joined, and cut off not far outside the outermost account."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from backend.territories.balance.medians_state import Floats, Ints


def territory_shapes(x: Floats, y: Floats, territory: Ints, k: int) -> list[BaseGeometry]:
    """Returns the shape of each territory in the plane of the accounts, empty where it has none.

    Every point of the plane near the accounts lies in the territory of its nearest account; accounts at one place share a
    cell, which goes to the territory that most of them are in (the first of equals)."""
    places, which = np.unique(np.column_stack((x, y)), axis=0, return_inverse=True)
    which = which.ravel()
    counts = np.zeros((len(places), k), np.int64)
    np.add.at(counts, (which, territory), 1)
    owner = counts.argmax(axis=1)
    rim = _rim(places)
    if len(places) < 2:
        return [rim if one == owner[0] else shapely.Polygon() for one in range(k)]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(places), extend_to=rim, ordered=True))
    return [shapely.intersection(shapely.union_all(cells[owner == one]), rim) for one in range(k)]


def _rim(places: Floats) -> BaseGeometry:
    """Returns the land around all accounts: a hull, and around it about the distance to an account's nearest neighbours."""
    hull = shapely.MultiPoint(places).convex_hull
    reach = max(float(np.ptp(places, axis=0).max()), 1e-6)
    wide = max(0.6 * reach / np.sqrt(len(places)), 0.01 * reach)
    return hull.buffer(wide, quad_segs=8)


def on_earth(shape: BaseGeometry, x: Floats, y: Floats, earth: Floats) -> BaseGeometry:
    """Returns a shape of the plane of `table.plane` in longitude and latitude."""
    # The plane is longitude and latitude stretched each by one factor, so two accounts far apart tell both.
    turned = earth[:, 0].copy()
    if np.ptp(turned) > 180.0:
        turned %= 360.0
    across = _line(x, turned)
    up = _line(y, earth[:, 1])

    def back(at: Floats) -> Floats:
        return np.column_stack((across[0] + across[1] * at[:, 0], up[0] + up[1] * at[:, 1]))

    return shapely.transform(shape, back)


def _line(plane: Floats, degrees: Floats) -> tuple[float, float]:
    low, high = int(plane.argmin()), int(plane.argmax())
    slope = (degrees[high] - degrees[low]) / (plane[high] - plane[low]) if plane[high] > plane[low] else 0.01
    return float(degrees[low] - slope * plane[low]), float(slope)
