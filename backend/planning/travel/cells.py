"""Places as cells of a ten-thousandth of a degree (11 m): what an engine is asked about, so that answers can be kept.

The engine is asked about a cell's middle and never about the place itself, with or without a cache. So what it answers
for a pair of cells does not depend on which of the places in them was asked about first.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.kit.geo import LatLng
from backend.planning.travel.great_circle import degrees

PER_DEGREE = 10_000
AROUND = 360 * PER_DEGREE


def cells_of(points: Sequence[LatLng]) -> NDArray[np.int64]:
    """Returns the number of each point's cell."""
    lat, lng = degrees(points)
    north = np.rint((lat + 90) * PER_DEGREE).astype(np.int64)
    east = np.rint((lng + 180) * PER_DEGREE).astype(np.int64) % AROUND
    return north * AROUND + east


def middle(cell: int) -> LatLng:
    """Returns the middle of a cell."""
    north, east = divmod(int(cell), AROUND)
    return LatLng(round(north / PER_DEGREE - 90, 4), round(east / PER_DEGREE - 180, 4))
