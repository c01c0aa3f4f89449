"""Which area holds each of many points: exact, by counting the borders that a ray crosses. Compiled; see `geometry`.

Numbers decide where they are sure. Within rounding of a border they say so, and the exact geometry is asked."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from backend.kit.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOWHERE, UNSURE = -1, -2
SLABS = 256
"""An area is cut into so many strips, so that a point meets few of its borders."""
GRID = 128
"""The world of the areas is cut into so many cells each way, so that a point meets few areas."""


class Sweep(NamedTuple):
    """Borders of all areas by strip, and areas by cell: first row of each run, then the rows."""

    edges: Floats
    strip_first: Ints
    strip_edges: Ints
    bounds: Floats
    cell_first: Ints
    cell_areas: Ints
    frame: Floats


def sweep_of(areas: list[BaseGeometry]) -> Sweep:
    """Returns the index of areas in their order; an area may have holes and many parts."""
    bounds = shapely.bounds(np.array(areas, dtype=object)).reshape(-1, 4)
    edges: list[Floats] = []
    firsts: list[Ints] = []
    rows: list[Ints] = []
    seen = strips = 0
    for area, (_, south, _, north) in zip(areas, bounds, strict=True):
        lines = _edges(area)
        low = _strip(np.minimum(lines[:, 1], lines[:, 3]), south, north)
        high = _strip(np.maximum(lines[:, 1], lines[:, 3]), south, north)
        owner, first = _runs(low, high, SLABS)
        firsts.append(first + strips)
        rows.append(owner + seen)
        edges.append(lines)
        seen += len(lines)
        strips += len(owner)
    frame = (
        np.array([*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)]) if areas else np.array([0.0, 0.0, 1.0, 1.0])
    )
    cell_first, cell_areas = _cells(bounds, frame)
    return Sweep(
        edges=np.vstack(edges) if edges else np.zeros((0, 4)),
        strip_first=np.concatenate([*firsts, np.array([strips])]) if firsts else np.zeros(1, np.int64),
        strip_edges=np.concatenate(rows) if rows else np.zeros(0, np.int64),
        bounds=bounds,
        cell_first=cell_first,
        cell_areas=cell_areas,
        frame=frame,
    )


def _edges(area: BaseGeometry) -> Floats:
    rings = shapely.get_rings(shapely.get_parts(area))
    at, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[:-1] == ring[1:]
    return np.hstack((at[:-1][same], at[1:][same]))


def _strip(y: Floats, south: float, north: float) -> Ints:
    high = max(north - south, 1e-300)
    return np.minimum(((y - south) / high * SLABS).astype(np.int64), SLABS - 1)


def _runs(low: Ints, high: Ints, count: int) -> tuple[Ints, Ints]:
    """Returns (which rows reach each of `count` places, in the order of places; where each place begins)."""
    lengths = high - low + 1
    owner = np.repeat(np.arange(len(low)), lengths)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(low, lengths)
    order = np.lexsort((owner, place))
    return owner[order], np.searchsorted(place[order], np.arange(count))


def _cells(bounds: Floats, frame: Floats) -> tuple[Ints, Ints]:
    west, south, east, north = frame
    columns = [_cell(bounds[:, side], west, east) for side in (0, 2)]
    lines = [_cell(bounds[:, side], south, north) for side in (1, 3)]
    cells, owners = [], []
    for area in range(len(bounds)):
        across = np.arange(columns[0][area], columns[1][area] + 1)
        up = np.arange(lines[0][area], lines[1][area] + 1)
        inside = (up[:, None] * GRID + across[None, :]).ravel()
        cells.append(inside)
        owners.append(np.full(len(inside), area))
    cell = np.concatenate(cells) if cells else np.zeros(0, np.int64)
    owner = np.concatenate(owners) if owners else np.zeros(0, np.int64)
    order = np.lexsort((owner, cell))
    return np.searchsorted(cell[order], np.arange(GRID * GRID + 1)), owner[order].astype(np.int64)


def _cell(value: Floats, low: float, high: float) -> Ints:
    return np.clip(((value - low) / max(high - low, 1e-300) * GRID).astype(np.int64), 0, GRID - 1)


@compiled
def _holds(sweep: Sweep, area: int, x: float, y: float) -> int:
    """Returns 1 inside, 0 outside, -1 when rounding could decide."""
    south, north = sweep.bounds[area, 1], sweep.bounds[area, 3]
    strip = min(int((y - south) / max(north - south, 1e-300) * SLABS), SLABS - 1)
    inside = 0
    for row in range(sweep.strip_first[area * SLABS + strip], sweep.strip_first[area * SLABS + strip + 1]):
        edge = sweep.strip_edges[row]
        x1, y1, x2, y2 = sweep.edges[edge, 0], sweep.edges[edge, 1], sweep.edges[edge, 2], sweep.edges[edge, 3]
        if y < min(y1, y2) or y > max(y1, y2):
            continue
        left, right = (x2 - x1) * (y - y1), (x - x1) * (y2 - y1)
        if abs(left - right) <= 1e-14 * (abs(left) + abs(right)) + 1e-300 and min(x1, x2) <= x <= max(x1, x2):
            return -1
        if (y1 > y) != (y2 > y) and ((left > right) == (y2 > y1)):
            inside = 1 - inside
    return inside


@compiled
def first_holding(sweep: Sweep, x: Floats, y: Floats, found: Ints) -> None:
    """Writes for each point the first area that holds it, NOWHERE, or UNSURE."""
    west, south, east, north = sweep.frame[0], sweep.frame[1], sweep.frame[2], sweep.frame[3]
    for point in range(x.size):
        found[point] = NOWHERE
        if not (west <= x[point] <= east and south <= y[point] <= north):
            continue
        across = min(int((x[point] - west) / max(east - west, 1e-300) * GRID), GRID - 1)
        up = min(int((y[point] - south) / max(north - south, 1e-300) * GRID), GRID - 1)
        cell = up * GRID + across
        for row in range(sweep.cell_first[cell], sweep.cell_first[cell + 1]):
            area = sweep.cell_areas[row]
            if not (
                sweep.bounds[area, 0] <= x[point] <= sweep.bounds[area, 2]
                and sweep.bounds[area, 1] <= y[point] <= sweep.bounds[area, 3]
            ):
                continue
            holds = _holds(sweep, area, x[point], y[point])
            if holds != 0:
                found[point] = area if holds == 1 else UNSURE
                break
