"""Travel times from the straight line alone: what there is without a road engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.kit.geo import LatLng
from backend.planning.travel.matrix import Matrix

EARTH_RADIUS_M = 6_371_008.8
NAME = "great-circle"


@dataclass(frozen=True, slots=True)
class Profile:
    """How fast one gets on: seconds = scale * metres ** exponent for the straight line, up to `reach_m`.

    Beyond it, where nothing was measured, the rest of the way goes at `open_road_kmh`, as the crow flies (65 with the
    usual caution). `detour` is road metres for one metre of straight line.

    The default was fitted (least mean error of log time, both countries weighing the same) to OSRM driving times
    between 365 places of Liechtenstein and 400 of Andorra, up to 26 km apart, © OpenStreetMap contributors. Against
    them the mean error is 23 % and 49 % and the median estimate 1.06 and 0.88 of the true time (one constant speed of
    50 km/h over 1.3 times the straight line: 22 % and 45 %, but then most trips run late). Road over straight line is
    1.22 there and 2.00, and 1.34 and 1.48 in two flatter regions.
    """

    name: str = "default"
    scale: float = 0.546
    exponent: float = 0.82
    reach_m: float = 25_000.0
    open_road_kmh: float = 81.0
    detour: float = 1.4

    def seconds(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the likely driving time for straight lines of so many metres, any shape, without any caution."""
        near = np.minimum(metres, self.reach_m)
        times: NDArray[np.float64] = self.scale * near**self.exponent + (metres - near) / (self.open_road_kmh / 3.6)
        return times

    def minutes(self, metres: float) -> float:
        """Returns the likely minutes for one straight line."""
        return float(self.seconds(np.array([metres]))[0]) / 60


@dataclass(frozen=True, slots=True)
class GreatCircle:
    """Estimates driving time from the straight line; `caution` is what the estimate is multiplied with.

    With a quarter more, 19 % and 44 % of the trips of the two countries take longer than estimated; with 15 % more
    it was a stop a day that came late. How whole days fare is measured by `make bench ARGS=roads`.
    """

    profile: Profile = field(default_factory=Profile)
    caution: float = 1.25

    def matrix(self, points: Sequence[LatLng]) -> Matrix:
        """Returns estimated whole seconds, rounded up; equal points are zero apart, and every place can be reached."""
        straight = straight_m(points)
        seconds = np.ceil(self.caution * self.profile.seconds(straight)).astype(np.int64)
        metres = np.rint(straight * self.profile.detour).astype(np.int64)
        return Matrix(seconds, NAME, metres, profile=self.profile.name)


def straight_m(points: Sequence[LatLng]) -> NDArray[np.float64]:
    """Returns great-circle metres between all points (haversine, within 0.3 % of the ellipsoid)."""
    lat, lng = degrees(points)
    return lines_m(lat[:, None], lng[:, None], lat[None, :], lng[None, :])


def degrees(points: Sequence[LatLng]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns latitudes and longitudes as two arrays."""
    pairs = np.array([(point.lat, point.lng) for point in points], dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def lines_m(
    lat: NDArray[np.float64], lng: NDArray[np.float64], to_lat: NDArray[np.float64], to_lng: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns great-circle metres from one array of points to another, element by element; degrees in."""
    lat, lng, to_lat, to_lng = (np.radians(one) for one in (lat, lng, to_lat, to_lng))
    chord = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lng - lng) / 2) ** 2
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return metres
