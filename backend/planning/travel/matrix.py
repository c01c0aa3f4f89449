"""How long it takes from place to place: one question, several possible answerers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.kit.geo import LatLng
from backend.planning.solver.problem import UNREACHABLE

__all__ = ["UNREACHABLE", "Matrix", "Provider"]


@dataclass(frozen=True, eq=False)
class Matrix:
    """The ways between N places, and what these figures rest on.

    `seconds` is int64, N x N, zero on the diagonal, UNREACHABLE where there is no way; `metres` likewise, -1 where there
    is none. `fell_back` says why a road engine did not answer, so that everything is an estimate; empty when it did, or
    none was asked. `estimated` counts places off the engine's map: their ways alone are estimates.
    """

    seconds: NDArray[np.int64]
    name: str
    metres: NDArray[np.int64] | None = None
    profile: str = ""
    fell_back: str = ""
    estimated: int = 0

    def figures(self) -> dict[str, int | float | str]:
        """Returns what is kept with a plan, so that everybody knows what its times rest on."""
        return {
            "travelTimes": self.name,
            "travelProfile": self.profile,
            "travelFellBack": self.fell_back,
            "travelEstimatedPlaces": self.estimated,
        }


class Provider(Protocol):
    """Whoever can say how long the ways between places take."""

    def matrix(self, points: Sequence[LatLng]) -> Matrix:
        """Returns the ways from every point to every other; the same points give the same answer."""
