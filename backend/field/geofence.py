"""Was the rep at the account? A verdict from distance, accuracy and how long they stayed, never a refusal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from backend.kit.geo import LatLng, distance_m

RADIUS_M = 150.0
"""How near counts as there; a car park is rarely wider."""
HYSTERESIS = 1.3
"""Who is there has left only beyond so many times the radius: a fix that wanders about the edge is no leaving."""
DWELL = timedelta(seconds=60)
"""So long one stays within the radius before one has entered: who drives past has not."""
LONGEST_GAP = timedelta(minutes=10)
"""Of who was not heard of for longer nobody knows that they stayed."""
OLDEST = timedelta(minutes=30)
"""A fix that is older than this when the check-in is made says nothing of it."""
FASTEST_M_S = 70.0
"""Nobody gets about faster on the ground; a fix that says so is a mistake."""
WORST_M = 500.0
"""A fix that is less sure than this says nothing."""
SAME_PLACE_M = 25.0
"""Accounts nearer to one another share a building: no phone tells them apart, and being at one is being at the other."""


class Verdict(StrEnum):
    """`unsure`: the circle of accuracy crosses the fence, the rep did not stay, or it may be another account; `no_location`:
    the phone or the account has no point."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNSURE = "unsure"
    NO_LOCATION = "no_location"


@dataclass(frozen=True, slots=True)
class Fix:
    """A position as the phone gave it; accuracy in metres (68 %). `at` is set in a trail of fixes; `mocked`: the phone says
    that a program made it up."""

    point: LatLng
    accuracy_m: float
    at: datetime | None = None
    mocked: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and the distance in metres it rests on (None without two points). `dwell`: how long the rep is known to
    have stayed, None where no trail of fixes came. `candidates`: the names of accounts it may have been instead."""

    verdict: Verdict
    distance_m: float | None
    dwell: timedelta | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fence:
    """A circle about a point; metres."""

    centre: LatLng
    radius_m: float = RADIUS_M


@dataclass(frozen=True, slots=True)
class Presence:
    """What a trail of fixes says so far. `since`: within the radius from then on; `entered`: and stayed; `left`: and went.

    `last` is the last fix that was believed, `odd` one that lay too far from it to be."""

    since: datetime | None = None
    entered: datetime | None = None
    left: datetime | None = None
    last: Fix | None = None
    odd: Fix | None = None

    @property
    def inside(self) -> bool:
        """Says whether one has entered and not left."""
        return self.entered is not None

    @property
    def dwell(self) -> timedelta:
        """Returns how long one has been within the radius, as far as the fixes go."""
        if self.since is None or self.last is None or self.last.at is None:
            return timedelta(0)
        return self.last.at - self.since


def step(fence: Fence, presence: Presence, fix: Fix, *, dwell: timedelta = DWELL) -> Presence:
    """Returns what is known after one more fix; one without a time, made up, too unsure, older than the last or out of
    reach changes nothing.

    One that is out of reach is believed after all when the next lies near it: then it was the last that was wrong."""
    if fix.at is None or fix.mocked or fix.accuracy_m > WORST_M:
        return presence
    last = presence.last
    if last is not None and last.at is not None:
        if fix.at <= last.at:
            return presence
        if not _within_reach(last, fix):
            if presence.odd is None or not _within_reach(presence.odd, fix):
                return replace(presence, odd=fix)
            presence = Presence(left=presence.odd.at if presence.entered is not None else presence.left)
        elif fix.at - last.at > LONGEST_GAP:
            presence = replace(presence, since=None)
    presence = replace(presence, last=fix, odd=None)
    distance = distance_m(fence.centre, fix.point)
    if distance + fix.accuracy_m <= fence.radius_m:
        since = presence.since or fix.at
        stayed = fix.at - since >= dwell
        entered = presence.entered or (since if stayed else None)
        return replace(presence, since=since, entered=entered, left=None if entered else presence.left)
    if distance - fix.accuracy_m > fence.radius_m * HYSTERESIS:
        left = fix.at if presence.entered is not None else presence.left
        return replace(presence, since=None, entered=None, left=left)
    return presence


def fold(fence: Fence, fixes: Iterable[Fix], *, dwell: timedelta = DWELL) -> Presence:
    """Returns what a trail of fixes, in any order, says of a fence."""
    presence = Presence()
    for fix in sorted((one for one in fixes if one.at is not None), key=_when):
        presence = step(fence, presence, fix, dwell=dwell)
    return presence


def _when(fix: Fix) -> datetime:
    assert fix.at is not None
    return fix.at


def _within_reach(before: Fix, after: Fix) -> bool:
    assert before.at is not None
    assert after.at is not None
    seconds = (after.at - before.at).total_seconds()
    apart = distance_m(before.point, after.point) - before.accuracy_m - after.accuracy_m
    return apart <= FASTEST_M_S * seconds


def judge(
    account: LatLng | None,
    fix: Fix | None,
    *,
    radius_m: float = RADIUS_M,
    trail: Sequence[Fix] = (),
    others: Sequence[tuple[str, LatLng]] = (),
) -> Judgement:
    """Judges a check-in: inside or outside only when the whole circle of accuracy agrees.

    `trail`: the fixes before it, with their times; then inside is who stayed, too, and who stayed is inside even when the
    last fix alone does not say so. `others`: further accounts, by name; of those that the fix may as well be at, unless
    they share the account's building, the rep is asked."""
    if account is None or fix is None:
        return Judgement(Verdict.NO_LOCATION, None)
    distance = distance_m(account, fix.point)
    verdict = _of_one_fix(distance, fix, radius_m)
    dwell = None
    if trail:
        verdict, dwell = _with_trail(Fence(account, radius_m), fix, trail, verdict)
    near = tuple(name for name, point in others if distance_m(point, fix.point) <= fix.accuracy_m)
    elsewhere = any(name in near and distance_m(point, account) > SAME_PLACE_M for name, point in others)
    if verdict is Verdict.INSIDE and elsewhere:
        verdict = Verdict.UNSURE
    return Judgement(verdict, distance, dwell, near)


def _of_one_fix(distance: float, fix: Fix, radius_m: float) -> Verdict:
    if fix.mocked:
        return Verdict.UNSURE
    if distance + fix.accuracy_m <= radius_m:
        return Verdict.INSIDE
    return Verdict.OUTSIDE if distance - fix.accuracy_m > radius_m else Verdict.UNSURE


def _with_trail(fence: Fence, fix: Fix, trail: Sequence[Fix], alone: Verdict) -> tuple[Verdict, timedelta]:
    latest = max((_when(one) for one in trail if one.at is not None), default=None)
    at = fix.at or latest
    known = [one for one in trail if at is not None and one.at is not None and at - OLDEST <= one.at <= at]
    presence = fold(fence, [*known, replace(fix, at=at)])
    if fix.mocked:
        return Verdict.UNSURE, presence.dwell
    if presence.inside:
        return Verdict.INSIDE, presence.dwell
    return (Verdict.UNSURE if alone is Verdict.INSIDE else alone), presence.dwell
