"""Twelve places of Liechtenstein, one in Munich, and one more of the twelve a few steps on.

Rows of the benchmarks' matrix (tests/benchmarks/data/roads, OSRM on OpenStreetMap data, ODbL).
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.kit.geo import LatLng

ROADS = Path(__file__).parents[2] / "benchmarks" / "data" / "roads"
ROWS = tuple(range(0, 360, 30))
MUNICH = LatLng(48.1374, 11.5755)


@cache
def country(name: str) -> tuple[list[LatLng], NDArray[np.int64]]:
    """Returns the places of a country and the seconds between them on its roads."""
    with np.load(ROADS / f"{name}_matrix.npz") as kept:
        points = [LatLng(round(float(lat), 6), round(float(lng), 6)) for lng, lat in kept["lonlat"]]
        return points, kept["seconds"].astype(np.int64)


def recorded_places() -> list[LatLng]:
    """Returns the places that the engines were recorded with."""
    points, _ = country("liechtenstein")
    return [*(points[row] for row in ROWS), MUNICH]
