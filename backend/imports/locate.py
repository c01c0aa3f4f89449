"""A point for rows without one: the centroid of their postcode, marked as such."""

from pathlib import Path

from backend.imports.cells import text_of
from backend.imports.mapping import Locate
from backend.imports.problems import Problem, file_refused
from backend.imports.readers.opening import open_table
from backend.imports.readers.table import Layout
from backend.kit.geo import LatLng


class Centroids:
    """Postcode → its middle; `50010-1234` is looked up as itself, then as `50010`."""

    def __init__(self, points: dict[str, LatLng]) -> None:
        self._points = points

    def of(self, postcode: str) -> LatLng | None:
        """Returns the middle of the postcode, or None when it is not known."""
        code = postcode.strip().upper()
        return self._points.get(code) or self._points.get(code.partition("-")[0].strip())


def read_centroids(locate: Locate, *, beside: Path) -> Centroids:
    """Reads the file of centroids, found beside the mapping; raises Invalid when any of it is wrong.

    It is reference data, and a row of it that is wrong would misplace many accounts: so here nothing is passed over."""
    path = beside.parent / locate.file
    points: dict[str, LatLng] = {}
    with open_table(path, Layout(columns=(locate.postcode, locate.lat, locate.lng))) as table:
        for record in table.records():
            if isinstance(record, Problem):
                raise file_refused(record.code, f"{path.name}, {record}")
            code, lat, lng = (text_of(cell).strip() for cell in record.cells)
            try:
                points[code.upper()] = LatLng(float(lat), float(lng))
            except ValueError as error:
                raise file_refused("IMPOSSIBLE_COORDINATE", f"{path.name}, line {record.line}: {error}.") from error
    return Centroids(points)
