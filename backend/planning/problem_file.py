"""A planning problem as a JSON file, in any unit of time: read into whole numbers, and the answer told in the file's own.

The file's numbers may be fractions. They become whole ticks without harm: exactly where a power of ten makes them whole,
else so fine that a day has a hundred million ticks, rides and visits rounded up and windows inwards. What can be done in
ticks can then be done in the file's numbers, and the starts told are reckoned from those.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, ulp
from typing import Any, Literal, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.kit.errors import Invalid
from backend.planning.solver.problem import UNREACHABLE, Break, Client, Locked, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Solution
from backend.planning.solver.solve import Result

LARGEST = 9 * 10**7
"""The most ticks a problem may span."""

NO_WAY = 1e9
"""A ride of this many units or more is none, like null."""

SLIVER = 1e-3
"""So small a part of a tick is an error of floating point, not time."""

Id: TypeAlias = str | int
Span: TypeAlias = tuple[float, float]


class Row(BaseModel):
    """A part of the file; what it holds beyond these fields is passed over."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class BreakRow(Row):
    """A pause."""

    window: Span
    duration: float = Field(ge=0)


class LockRow(Row):
    """A stop that stays."""

    id: Id
    start: float | None = None


class ClientRow(Row):
    """A visit that could be made."""

    id: Id
    location: int = Field(ge=0)
    prize: float = Field(default=0.0, ge=0)
    service: float = Field(default=0.0, ge=0)
    windows: list[Span] | None = None
    required: bool = False
    skills: list[str] = []
    shifts: list[Id] | None = None
    group: Id | None = None
    account: Id | None = None
    gap: float = Field(default=0.0, ge=0)


class ShiftRow(Row):
    """One day of one traveller."""

    id: Id
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    window: Span
    breaks: list[BreakRow] = []
    skills: list[str] = []
    locked: list[LockRow] = []


class FileRows(Row):
    """The whole file but its matrix, which is too large to be looked at number by number."""

    locations: list[tuple[float, float]] | None = None
    clients: list[ClientRow]
    shifts: list[ShiftRow] = Field(min_length=1)


Axis: TypeAlias = Literal["up", "down"]


@dataclass(frozen=True)
class Ticks:
    """How the file's time becomes ticks: `origin` is zero, `each` of them make one unit; `exact`: nothing is rounded."""

    origin: float
    each: float
    horizon: int
    exact: bool = True

    def at(self, time: float, way: Axis) -> int:
        """Returns a moment, cut to just outside of what the shifts span."""
        ticks = (time - self.origin) * self.each
        return int(np.clip(whole(ticks, way), -1, self.horizon + 1))

    def between(self, time: float) -> int:
        """Returns a distance between two starts, large enough to hold in the file's numbers too."""
        # A start that is told may be up to a tick earlier than the one reckoned with.
        return self.lasting(time) + (not self.exact) if time > 0 else 0

    def lasting(self, time: float) -> int:
        """Returns a length of time, rounded up."""
        return int(min(whole(time * self.each, "up"), self.horizon + 1))


@dataclass(frozen=True)
class ProblemFile:
    """A file that was read: its own numbers, and the problem made of them."""

    rows: FileRows
    travel: NDArray[np.float64]
    ticks: Ticks
    problem: Problem


def whole(value: float, way: Axis) -> float:
    """Rounds, not minding a sliver."""
    return float(np.ceil(value - SLIVER) if way == "up" else np.floor(value + SLIVER))


def read(text: bytes) -> ProblemFile:
    """Returns the problem that a JSON text holds; raises Invalid, with the field, for anything that is not one."""
    given = parsed(text)
    try:
        rows = FileRows.model_validate(given)
    except ValidationError as errors:
        fields = {".".join(map(str, one["loc"])) or "file": one["msg"] for one in errors.errors(include_url=False)[:5]}
        first = next(iter(fields.items()))
        raise Invalid("PROBLEM_INVALID", f"{first[0]}: {first[1]}", fields=fields) from errors
    travel = travel_of(given.get("matrix"), rows.locations)
    check_rows(rows, len(travel))
    places, own = own_places(rows, travel)
    ticks = ticks_of(rows, own)
    matrix = np.ceil(np.minimum(own, NO_WAY) * ticks.each - SLIVER)
    matrix = np.where(own >= NO_WAY, float(UNREACHABLE), np.minimum(matrix, ticks.horizon + 1))
    np.fill_diagonal(matrix, 0.0)
    clients = tuple(client_of(row, place, ticks) for row, place in zip(rows.clients, places, strict=False))
    ends = places[len(rows.clients) :]
    shifts = tuple(
        shift_of(row, ends[2 * number], ends[2 * number + 1], ticks) for number, row in enumerate(rows.shifts)
    )
    problem = Problem(clients, shifts, matrix.astype(np.int64))
    return ProblemFile(rows, travel, ticks, problem)


def parsed(text: bytes) -> dict[str, Any]:
    """Returns the JSON object; the quick reader knows no Infinity, which other programs write for no way."""
    try:
        try:
            given = orjson.loads(text)
        except orjson.JSONDecodeError:
            given = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as odd:
        raise Invalid("PROBLEM_INVALID", f"the file is not JSON: {odd}", fields={"file": "not JSON"}) from odd
    if not isinstance(given, dict):
        raise Invalid("PROBLEM_INVALID", "the file holds one JSON object", fields={"file": "not an object"})
    return given


def travel_of(table: Any, locations: Sequence[Span] | None) -> NDArray[np.float64]:
    """Returns the travel times between the file's places, infinite where there is no way."""
    if (table is None) == (locations is None):
        raise Invalid("PROBLEM_INVALID", "give either matrix or locations", fields={"matrix": "one of the two"})
    if locations is not None:
        # Only here, because what it stands on takes longer to load than many a problem to read.
        from backend.kit.geo import LatLng
        from backend.planning.travel.great_circle import GreatCircle

        for number, (lat, lon) in enumerate(locations):
            if not (-90 <= lat <= 90 and -180 <= lon <= 180):
                raise Invalid("PROBLEM_INVALID", "no such place on earth", fields={f"locations.{number}": "lat, lon"})
        points = [LatLng(lat, lon) for lat, lon in locations]
        return np.asarray(GreatCircle().matrix(points).seconds, dtype=np.float64)
    try:
        matrix = np.array(table, dtype=np.float64)
    except (TypeError, ValueError) as odd:
        raise Invalid("MATRIX_VALUE", "the matrix is rows of numbers or null", fields={"matrix": str(odd)}) from odd
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise Invalid("MATRIX_SHAPE", "the matrix is not square", fields={"matrix": f"shape {matrix.shape}"})
    if (matrix < 0).any():
        raise Invalid("MATRIX_VALUE", "travel is zero or more, or null", fields={"matrix": "negative"})
    return np.where(np.isnan(matrix), np.inf, matrix)


def check_rows(rows: FileRows, places: int) -> None:
    """Raises Invalid for places that are not in the matrix and windows that end before they begin."""
    for number, client in enumerate(rows.clients):
        if client.location >= places:
            raise Invalid(
                "LOCATION_UNKNOWN", "no such place", fields={f"clients.{number}.location": "not in the matrix"}
            )
        for span in client.windows or []:
            check_span(f"clients.{number}.windows", span)
    for number, shift in enumerate(rows.shifts):
        if max(shift.start, shift.end) >= places:
            raise Invalid("LOCATION_UNKNOWN", "no such place", fields={f"shifts.{number}": "not in the matrix"})
        check_span(f"shifts.{number}.window", shift.window)
        for one in shift.breaks:
            check_span(f"shifts.{number}.breaks", one.window)


def check_span(name: str, span: Span) -> None:
    """Raises Invalid unless the span begins before it ends."""
    if span[0] > span[1]:
        raise Invalid("WINDOW_REVERSED", "a window starts before it ends", fields={name: "ends before it starts"})


def own_places(rows: FileRows, travel: NDArray[np.float64]) -> tuple[list[int], NDArray[np.float64]]:
    """Returns a row for every client and for start and end of every shift, and the matrix between these rows.

    They are the file's own rows, unless staying in place takes time there: then everybody gets a place of their own.
    """
    places = [client.location for client in rows.clients]
    places += [place for shift in rows.shifts for place in (shift.start, shift.end)]
    diagonal = travel.diagonal()
    if not diagonal[np.isfinite(diagonal)].any():
        return places, travel
    return list(range(len(places))), travel[np.ix_(places, places)]


def ticks_of(rows: FileRows, travel: NDArray[np.float64]) -> Ticks:
    """Returns the coarsest ticks that lose nothing, or the finest there can be."""
    origin = min(shift.window[0] for shift in rows.shifts)
    longest = max(shift.window[1] for shift in rows.shifts) - origin
    usable = travel[(travel < NO_WAY) & (travel <= longest)]
    times = [time for shift in rows.shifts for time in shift.window]
    times += [time for shift in rows.shifts for one in shift.breaks for time in (*one.window, one.duration + origin)]
    times += [one.start for shift in rows.shifts for one in shift.locked if one.start is not None]
    times += [time for client in rows.clients for span in client.windows or [] for time in span]
    times += [length + origin for client in rows.clients for length in (client.service, client.gap)]
    moments = np.array(times, dtype=np.float64) - origin
    numbers = np.concatenate([moments[np.abs(moments) <= longest], usable.ravel()])
    for power in range(7):
        each = 10.0**power
        if longest * each > LARGEST:
            break
        if (np.abs(numbers * each - np.round(numbers * each)) <= SLIVER).all():
            return Ticks(origin, each, round(longest * each))
    each = LARGEST / longest if longest > 0 else 1.0
    return Ticks(origin, each, int(whole(longest * each, "down")), exact=False)


def spans_of(spans: Sequence[Span], ticks: Ticks) -> tuple[TimeWindow, ...]:
    """Returns windows rounded inwards, without what lies outside of every shift."""
    found = []
    for first, last in spans:
        start, end = max(0, ticks.at(first, "up")), min(ticks.horizon, ticks.at(last, "down"))
        if start <= end:
            found.append(TimeWindow(start, end))
    return tuple(found)


def client_of(row: ClientRow, place: int, ticks: Ticks) -> Client:
    """Returns one client."""
    return Client(
        id=str(row.id),
        location=place,
        prize=row.prize,
        required=row.required,
        service=ticks.lasting(row.service),
        windows=None if row.windows is None else spans_of(row.windows, ticks),
        skills=frozenset(row.skills),
        shifts=None if row.shifts is None else frozenset(map(str, row.shifts)),
        group=None if row.group is None else str(row.group),
        account=None if row.account is None else str(row.account),
        gap=ticks.between(row.gap),
    )


def shift_of(row: ShiftRow, start: int, end: int, ticks: Ticks) -> Shift:
    """Returns one shift."""
    pauses = ((one, spans_of([one.window], ticks)) for one in row.breaks)
    first = max(0, ticks.at(row.window[0], "up"))
    return Shift(
        id=str(row.id),
        start=start,
        end=end,
        window=TimeWindow(first, max(first, min(ticks.horizon, ticks.at(row.window[1], "down")))),
        breaks=tuple(Break(spans[0], ticks.lasting(one.duration)) for one, spans in pauses if spans),
        skills=frozenset(row.skills),
        locked=tuple(
            Locked(str(one.id), None if one.start is None else max(0, ticks.at(one.start, "up"))) for one in row.locked
        ),
    )


def answer(file: ProblemFile, result: Result) -> dict[str, Any]:
    """Returns the plan in the file's ids and numbers, ready for JSON."""
    prizes = {str(row.id): row.prize for row in file.rows.clients}
    served = [stop.client_id for route in result.solution.routes for stop in route.stops]
    prize = fsum(prizes[name] for name in served)
    names = {str(row.id): row.id for row in file.rows.clients}
    return {
        "prize": int(prize) if prize == int(prize) else prize,
        "routes": [
            {"shift": row.id, "stops": stops}
            for row, stops in zip(file.rows.shifts, starts(file, result.solution), strict=True)
        ],
        "dropped": [
            {
                "id": names[drop.client_id],
                "reason": str(drop.reason),
                **({"displaced_by": [names[name] for name in drop.displaced_by]} if drop.displaced_by else {}),
            }
            for drop in result.dropped
        ],
        "seed": result.seed,
        "iterations": result.iterations,
        "engine": str(result.engine),
    }


def starts(file: ProblemFile, plan: Solution) -> list[list[dict[str, Any]]]:
    """Returns for every shift its stops with the earliest starts that the file's own numbers allow."""
    rows = {str(row.id): row for row in file.rows.clients}
    told: list[list[dict[str, Any]]] = []
    for shift, route in zip(file.rows.shifts, plan.routes, strict=True):
        here, clock = shift.start, shift.window[0]
        stops: list[dict[str, Any]] = []
        fixed = {str(one.id): one.start for one in shift.locked}
        for stop in route.stops:
            row = rows[stop.client_id]
            arrival = clock + float(file.travel[here, row.location])
            if route.pauses:
                # With breaks the ticks know when it is; they are never early.
                arrival = max(arrival, file.ticks.origin + stop.start / file.ticks.each)
            start = fixed.get(stop.client_id)
            start = opening(row.windows, arrival, SLIVER / file.ticks.each) if start is None else start
            stops.append({"id": row.id, "start": int(start) if start == int(start) else start})
            here, clock = row.location, start + row.service
        told.append(stops)
    return told


def opening(windows: Sequence[Span] | None, arrival: float, sliver: float) -> float:
    """Returns the first moment from `arrival` on inside a window; one missed by a rounding error is caught."""
    if windows is None:
        return arrival
    sliver += 64 * ulp(arrival)
    return min(max(first, min(arrival, last)) for first, last in windows if arrival <= last + sliver)
