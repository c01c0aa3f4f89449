"""OSRM, and whatever speaks its table service: GET /table/v1/driving/lng,lat;…?annotations=duration,distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.kit.geo import LatLng
from backend.planning.travel.asking import Asker
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


@dataclass(frozen=True, slots=True)
class Osrm:
    """A table for at most `most` places in one request (`osrm-routed --max-table-size`, 100 unless said otherwise)."""

    most: int = 100
    name: str = "osrm"

    def block(self, ask: Asker, sources: Sequence[LatLng], targets: Sequence[LatLng]) -> Block:
        """Asks for the ways from sources to targets; raises EngineFailed."""
        same = sources == targets
        places = list(sources) if same else [*sources, *targets]
        path = "/table/v1/driving/" + ";".join(f"{place.lng:.6f},{place.lat:.6f}" for place in places)
        path += "?annotations=duration,distance&generate_hints=false"
        if not same:
            first = len(sources)
            path += "&sources=" + ";".join(str(number) for number in range(first))
            path += "&destinations=" + ";".join(str(number) for number in range(first, len(places)))
        answer = ask.get(path)
        body = answer.body
        if not isinstance(body, dict) or "code" not in body:
            raise EngineFailed(f"answered {answer.status} with no table")
        if answer.status != 200 or body["code"] != "Ok":
            raise EngineFailed(f"answered {answer.status} {str(body['code'])[:40]}")
        shape = (len(sources), len(targets))
        seconds = numbers(body.get("durations"), shape, MOST_SECONDS, "times")
        # Older engines, and some that only speak like OSRM, know no distances.
        known = body.get("distances") is not None
        metres = numbers(body["distances"], shape, MOST_METRES, "distances") if known else np.full_like(seconds, NO_WAY)
        seconds[_off(body.get("sources"), len(sources)), :] = OFF_MAP
        seconds[:, _off(body.get("destinations"), len(targets))] = OFF_MAP
        return Block(seconds, metres)


def _off(waypoints: object, count: int) -> list[int]:
    """Returns which of the places were moved too far to the nearest road; none where the engine does not say."""
    if not isinstance(waypoints, list):
        return []
    if len(waypoints) != count:
        raise EngineFailed("answered places of another number than asked for")
    moved = [one.get("distance") if isinstance(one, dict) else None for one in waypoints]
    return [
        number for number, metres in enumerate(moved) if isinstance(metres, int | float) and metres > FAR_FROM_ROADS_M
    ]
