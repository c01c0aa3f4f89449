"""A table of accounts as a file has it: where each lies, what it weighs, where it lay and where it is pinned."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.kit.errors import Invalid
from backend.territories.balance.measures import workload
from backend.territories.balance.medians_state import Floats

KM_PER_DEGREE = 111.195
"""Of a circle around the earth (mean radius 6,371.0 km)."""


@dataclass(frozen=True, slots=True)
class Table:
    """One row for each account. `x`, `y`: the plane of the file, or kilometres around the middle of its latitudes;
    `earth`: (longitude, latitude) as rows where the file has them. Names are "" where the column is empty or not asked for."""

    ids: list[str]
    x: Floats
    y: Floats
    measure: Floats
    current: list[str]
    pins: list[str]
    earth: Floats | None


def read_table(path: Path, *, by: str, current: str | None = None, pin: str | None = None) -> Table:
    """Reads a CSV file with a header; raises Invalid with a code, the line and the column.

    Codes: NO_ACCOUNTS, MISSING_COLUMN, BAD_NUMBER, BAD_MEASURE, IMPOSSIBLE_COORDINATE, DUPLICATE_ID, NOT_TEXT."""
    rows, columns = _rows(path)
    ids = _texts(rows, columns, "id")
    twice = {one for one, count in zip(*np.unique(ids, return_counts=True), strict=True) if count > 1}
    if twice or "" in ids:
        wrong = sorted(twice)[0] if twice else ""
        raise Invalid(
            "DUPLICATE_ID", f"The id {wrong!r} is given more than once, or is empty.", fields={"id": "not unique"}
        )
    x, y, earth = _places(rows, columns)
    return Table(
        ids=ids,
        x=np.ascontiguousarray(x),
        y=np.ascontiguousarray(y),
        measure=_measure(rows, columns, by, x, y, on_earth=earth is not None),
        current=_texts(rows, columns, current) if current else [""] * len(rows),
        pins=_texts(rows, columns, pin) if pin else [""] * len(rows),
        earth=earth,
    )


def _rows(path: Path) -> tuple[list[list[str]], dict[str, int]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            mark = max(",;\t", key=head.count)
            rows = [row for row in csv.reader(file, delimiter=mark) if row]
    except UnicodeDecodeError as error:
        raise Invalid("NOT_TEXT", f"{path.name} is not a text file in UTF-8.", fields={"file": "not UTF-8"}) from error
    if len(rows) < 2:
        raise Invalid("NO_ACCOUNTS", f"{path.name} holds a header and accounts, one a line.", fields={"file": "empty"})
    columns = {name.strip().lower(): number for number, name in reversed(list(enumerate(rows[0])))}
    for line, row in enumerate(rows[1:], 2):
        if len(row) < len(rows[0]):
            raise Invalid(
                "MISSING_COLUMN", f"Line {line} has {len(row)} of {len(rows[0])} columns.", fields={"line": str(line)}
            )
    return rows[1:], columns


def _column(columns: dict[str, int], name: str) -> int:
    number = columns.get(name.strip().lower())
    if number is None:
        told = ", ".join(columns)
        raise Invalid("MISSING_COLUMN", f"There is no column {name}; there are {told}.", fields={name: "missing"})
    return number


def _texts(rows: Sequence[Sequence[str]], columns: dict[str, int], name: str) -> list[str]:
    at = _column(columns, name)
    return [row[at].strip() for row in rows]


def _numbers(rows: Sequence[Sequence[str]], columns: dict[str, int], name: str) -> Floats:
    at = _column(columns, name)
    numbers = np.empty(len(rows))
    for number, row in enumerate(rows):
        try:
            numbers[number] = float(row[at])
        except ValueError:
            numbers[number] = np.nan
        if not np.isfinite(numbers[number]):
            raise Invalid(
                "BAD_NUMBER",
                f"Line {number + 2}, column {name}: {row[at]!r} is no number.",
                fields={name: f"line {number + 2}"},
            )
    return numbers


def _places(rows: Sequence[Sequence[str]], columns: dict[str, int]) -> tuple[Floats, Floats, Floats | None]:
    if "x" in columns and "y" in columns:
        return _numbers(rows, columns, "x"), _numbers(rows, columns, "y"), None
    lat = next((name for name in ("lat", "latitude") if name in columns), None)
    lon = next((name for name in ("lon", "lng", "long", "longitude") if name in columns), None)
    if lat is None or lon is None:
        raise Invalid(
            "MISSING_COLUMN",
            "The file needs columns x and y, or lat and lon.",
            fields={"x": "missing", "lat": "missing"},
        )
    north, east = _numbers(rows, columns, lat), _numbers(rows, columns, lon)
    wrong = np.flatnonzero((np.abs(north) > 90.0) | (np.abs(east) > 180.0))
    if len(wrong):
        line = int(wrong[0]) + 2
        raise Invalid("IMPOSSIBLE_COORDINATE", f"Line {line}: no place on earth.", fields={lat: f"line {line}"})
    x, y = plane(north, east)
    return x, y, np.column_stack((east, north))


def plane(north: Floats, east: Floats) -> tuple[Floats, Floats]:
    """Returns places in kilometres east and north of the middle of them all, also where they lie on both sides of 180 degrees."""
    turned = np.sort(np.unique(east))
    gaps = np.diff(np.append(turned, turned[0] + 360.0))
    # The map is cut open where nobody is.
    start = turned[(int(gaps.argmax()) + 1) % len(turned)]
    along = (east - start) % 360.0
    middle = (north.min() + north.max()) / 2.0
    x = (along - along.mean()) * KM_PER_DEGREE * np.cos(np.radians(middle))
    return x, (north - middle) * KM_PER_DEGREE


def _measure(
    rows: Sequence[Sequence[str]], columns: dict[str, int], by: str, x: Floats, y: Floats, *, on_earth: bool
) -> Floats:
    name = by.strip().lower()
    if name == "count" and name not in columns:
        return np.ones(len(rows))
    if name == "workload" and name not in columns and {"visits", "minutes"} <= columns.keys():
        numbers = workload(_numbers(rows, columns, "visits"), _numbers(rows, columns, "minutes"), x, y, in_km=on_earth)
    else:
        numbers = _numbers(rows, columns, by)
    if (numbers < 0).any():
        line = int(np.flatnonzero(numbers < 0)[0]) + 2
        raise Invalid("BAD_MEASURE", f"Line {line}, column {by}: a measure is 0 or more.", fields={by: f"line {line}"})
    return numbers
