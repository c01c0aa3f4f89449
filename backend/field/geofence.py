"""Was the rep at the account? A verdict from distance and accuracy, never a refusal."""

from dataclasses import dataclass
from enum import StrEnum

from backend.kit.geo import LatLng, distance_m

RADIUS_M = 150.0
"""How near counts as there; a car park is rarely wider."""


class Verdict(StrEnum):
    """`unsure`: the circle of accuracy crosses the fence; `no_location`: the phone or the account has no point."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNSURE = "unsure"
    NO_LOCATION = "no_location"


@dataclass(frozen=True, slots=True)
class Fix:
    """A position as the phone gave it; accuracy in metres (68 %)."""

    point: LatLng
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and the distance in metres it rests on (None without two points)."""

    verdict: Verdict
    distance_m: float | None


def judge(account: LatLng | None, fix: Fix | None, *, radius_m: float = RADIUS_M) -> Judgement:
    """Judges a check-in: inside or outside only when the whole circle of accuracy agrees."""
    if account is None or fix is None:
        return Judgement(Verdict.NO_LOCATION, None)
    distance = distance_m(account, fix.point)
    if distance + fix.accuracy_m <= radius_m:
        return Judgement(Verdict.INSIDE, distance)
    if distance - fix.accuracy_m > radius_m:
        return Judgement(Verdict.OUTSIDE, distance)
    return Judgement(Verdict.UNSURE, distance)
