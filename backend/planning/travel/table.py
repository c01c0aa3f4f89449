"""What a road engine's client must offer: one block of a table for each request, and one kind of failure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from backend.kit.geo import LatLng
from backend.planning.travel.asking import Asker, EngineFailed

__all__ = ["FAR_FROM_ROADS_M", "NO_WAY", "OFF_MAP", "Block", "Engine", "EngineFailed", "numbers"]

NO_WAY = -1
"""In a block: the engine knows both places and no way between them."""

OFF_MAP = -2
"""In a block: one of the two places is far from every road that the engine knows."""

FAR_FROM_ROADS_M = 2_000
"""Engines take the nearest road however far it is: a place in another country is moved to the border without a word."""

MOST_SECONDS = 30 * 86_400
MOST_METRES = 40_000_000


@dataclass(frozen=True, eq=False)
class Block:
    """Whole seconds and metres, both int32 and of one shape (sources x targets), NO_WAY and OFF_MAP among them."""

    seconds: NDArray[np.int32]
    metres: NDArray[np.int32]


class Engine(Protocol):
    """A road engine behind HTTP. `name` is what a plan says its times rest on; `most` bounds the places of one request."""

    @property
    def name(self) -> str: ...

    @property
    def most(self) -> int: ...

    def block(self, ask: Asker, sources: Sequence[LatLng], targets: Sequence[LatLng]) -> Block:
        """Asks for one block; raises EngineFailed for every answer that is none."""


ROUNDING = 1.0
"""OSRM is known to say -0.1 metres for two places at one spot of a road."""


def numbers(rows: Any, shape: tuple[int, int], most: int, what: str) -> NDArray[np.int32]:
    """Returns rows of numbers and nulls as int32, null as NO_WAY; raises EngineFailed unless they are a table of `shape`."""
    try:
        table = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EngineFailed(f"answered {what} that are no numbers") from error
    if table.shape != shape:
        raise EngineFailed(f"answered {what} of another size than asked for")
    known = np.isfinite(table)
    if (np.isinf(table)).any() or (table[known] < -ROUNDING).any() or (table[known] > most).any():
        raise EngineFailed(f"answered {what} that cannot be")
    return np.where(known, np.ceil(np.where(known, np.maximum(table, 0), 0)), NO_WAY).astype(np.int32)
