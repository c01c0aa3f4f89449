"""Valhalla, and whatever speaks its matrix service: POST /sources_to_targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np

from backend.kit.geo import LatLng
from backend.planning.travel.asking import Answer, Asker
from backend.planning.travel.table import (
    FAR_FROM_ROADS_M,
    MOST_METRES,
    MOST_SECONDS,
    NO_WAY,
    OFF_MAP,
    Block,
    EngineFailed,
    numbers,
)

PAIRS = 2_500
"""What one matrix may hold unless the engine is set up otherwise (service_limits.auto.max_matrix_location_pairs)."""

OFF_ROADS = (170, 171)
"""The errors that one place without a road nearby gives a whole matrix (170 is also that of two islands)."""


@dataclass(frozen=True, slots=True)
class Valhalla:
    """A matrix of at most `most` / 2 sources and as many targets in one request, never more than PAIRS of them."""

    most: int = 2 * isqrt(PAIRS)
    name: str = "valhalla"

    def block(self, ask: Asker, sources: Sequence[LatLng], targets: Sequence[LatLng]) -> Block:
        """Asks for the ways from sources to targets; raises EngineFailed."""
        shape = (len(sources), len(targets))
        answer = _ask(ask, sources, targets)
        if _code(answer) not in OFF_ROADS:
            return _block(answer, shape)
        # One place off the map must not cost everybody theirs: see which, and ask for the others.
        rows, columns = _on_map(ask, sources), _on_map(ask, targets)
        seconds = np.full(shape, OFF_MAP, dtype=np.int32)
        metres = np.full(shape, NO_WAY, dtype=np.int32)
        if (len(rows), len(columns)) == shape:
            return _block(answer, shape)
        if rows and columns:
            part = _block(
                _ask(ask, [sources[row] for row in rows], [targets[column] for column in columns]),
                (len(rows), len(columns)),
            )
            seconds[np.ix_(rows, columns)], metres[np.ix_(rows, columns)] = part.seconds, part.metres
        return Block(seconds, metres)


def _ask(ask: Asker, sources: Sequence[LatLng], targets: Sequence[LatLng]) -> Answer:
    body = {"sources": _places(sources), "targets": _places(targets), "costing": "auto", "verbose": False}
    return ask.post("/sources_to_targets", body | {"units": "kilometers"})


def _places(points: Sequence[LatLng]) -> list[dict[str, float]]:
    return [
        {"lat": round(point.lat, 6), "lon": round(point.lng, 6), "search_cutoff": FAR_FROM_ROADS_M} for point in points
    ]


def _code(answer: Answer) -> object:
    return answer.body.get("error_code") if isinstance(answer.body, dict) else None


def _block(answer: Answer, shape: tuple[int, int]) -> Block:
    body = answer.body
    table: Any = body.get("sources_to_targets") if isinstance(body, dict) else None
    if answer.status != 200 or not isinstance(table, dict):
        code = _code(answer)
        raise EngineFailed(f"answered {answer.status}" + (f" error {code}" if code is not None else " with no table"))
    seconds = numbers(table.get("durations"), shape, MOST_SECONDS, "times")
    kilometres = numbers(_thousandfold(table.get("distances")), shape, MOST_METRES, "distances")
    return Block(seconds, kilometres)


def _thousandfold(rows: Any) -> Any:
    try:
        return [[None if one is None else one * 1000 for one in row] for row in rows]
    except TypeError as error:
        raise EngineFailed("answered distances that are no numbers") from error


def _on_map(ask: Asker, points: Sequence[LatLng]) -> list[int]:
    """Returns which of the points have a road nearby."""
    answer = ask.post("/locate", {"locations": _places(points), "costing": "auto", "verbose": False})
    if answer.status != 200 or not isinstance(answer.body, list) or len(answer.body) != len(points):
        raise EngineFailed(f"answered {answer.status} when asked which places it knows")
    return [number for number, one in enumerate(answer.body) if isinstance(one, dict) and one.get("edges")]
