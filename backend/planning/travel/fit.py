"""How fast people really get on: a speed profile fitted to the times between two visits of a day.

Between leaving one customer and arriving at the next people drive, and now and then they also eat, telephone or wait; and
some note a visit only in the evening. So each gap is taken for one of three things, and how likely each is for which gap
is found together with the speed (expectation and maximisation): a drive, log-normal around the profile; a drive and a
pause of any length up to two hours; an error, anything. A mean would take the lunch of every day for traffic.
"""

from dataclasses import dataclass
from math import exp, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from backend.planning.travel.great_circle import Profile

Floats = NDArray[np.float64]

SHORTEST_M, FASTEST_KMH = 300.0, 130.0
SHORTEST_SECONDS, LONGEST_SECONDS = 45.0, 4 * 3600.0
AT_M = 3_000.0
"""Where scale and exponent say least about each other: about the middle of what people drive between two visits."""

EXPONENTS = (0.6, 1.0)
KMH_AT_3_KM = (4.0, 90.0)
SPREADS = (0.15, 0.6)
LONGEST_PAUSE = 2 * 3600.0
ERRORS = 0.02
PRIOR_DRIVES = 20.0
"""How many drives the profile in use until now counts for: few drives move it little."""

ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Fit:
    """seconds = scale * metres ** exponent; `spread` is the deviation of log time, `pauses` the share of gaps that were
    more than a drive."""

    scale: float
    exponent: float
    spread: float
    pauses: float

    def profile(self, name: str) -> Profile:
        """Returns the fit as a profile."""
        return Profile(name, self.scale, self.exponent)


@dataclass(frozen=True, slots=True)
class Errors:
    """Median |estimated - real| / real in percent of drives that a fit has not seen, before it and with it."""

    before: float
    after: float


def could_be_drives(metres: Floats, seconds: Floats, reach_m: float) -> NDArray[np.bool_]:
    """Says which gaps could be a drive at all: not next door, not beyond reach, not overnight, not flown."""
    return (
        (metres >= SHORTEST_M)
        & (metres <= reach_m)
        & (seconds >= SHORTEST_SECONDS)
        & (seconds <= LONGEST_SECONDS)
        & (metres <= seconds * FASTEST_KMH / 3.6)
    )


def fit(metres: Floats, seconds: Floats, prior: Profile) -> Fit:
    """Fits gaps that could be drives, both arrays of one length; without any it is the prior."""
    x, y = np.log(metres / AT_M), np.log(seconds)
    level0, slope0 = _of(prior)
    level, slope, spread, pauses = level0, slope0, 0.4, 0.25
    if len(y):
        level += _mode(y - (level0 + slope0 * x))
    for _ in range(ROUNDS):
        before = (level, slope, spread, pauses)
        mean = level + slope * x
        drive, pause = _shares(y, mean, spread, pauses)
        level, slope = _line(x, y, drive, spread, level0, slope0)
        rest = y - (level + slope * x)
        weight = PRIOR_DRIVES + drive.sum()
        spread = float(np.clip(sqrt((PRIOR_DRIVES * 0.3**2 + (drive * rest**2).sum()) / weight), *SPREADS))
        pauses = float(np.clip((5 + pause.sum()) / (20 + len(y)), 0.01, 0.8))
        if max(abs(new - old) for new, old in zip((level, slope, spread, pauses), before, strict=True)) < 1e-6:
            break
    return Fit(exp(level - slope * log(AT_M)), slope, spread, pauses)


def unseen_errors(metres: Floats, seconds: Floats, prior: Profile, folds: int = 5) -> Errors:
    """Returns how far off the prior and a fit are, each drive estimated by a fit that has not seen it."""
    before = np.abs(prior.seconds(metres) / seconds - 1)
    after, weight = np.empty_like(before), np.empty_like(before)
    number = np.arange(len(seconds)) % folds
    for fold in range(folds):
        out = number == fold
        found = fit(metres[~out], seconds[~out], prior)
        estimate = found.profile("").seconds(metres[out])
        after[out] = np.abs(estimate / seconds[out] - 1)
        y = np.log(seconds[out])
        # A pause is nobody's error; whichever of the two takes a gap for a drive may be judged by it.
        weight[out] = np.maximum(
            _shares(y, np.log(estimate), found.spread, found.pauses)[0],
            _shares(y, np.log(prior.seconds(metres[out])), found.spread, found.pauses)[0],
        )
    return Errors(100 * _median(before, weight), 100 * _median(after, weight))


def _of(profile: Profile) -> tuple[float, float]:
    return log(profile.scale) + profile.exponent * log(AT_M), profile.exponent


def _shares(y: Floats, mean: Floats, spread: float, pauses: float) -> tuple[Floats, Floats]:
    """Returns for each gap how likely it is a drive alone, and a drive with a pause."""
    drive = (1 - pauses - ERRORS) * np.exp(-(((y - mean) / spread) ** 2) / 2) / (spread * sqrt(2 * pi))
    # A pause of evenly spread length: few seconds of log time for a long way, many for a short one.
    pause = pauses * np.where(y > mean, np.exp(y) / LONGEST_PAUSE, 0.0)
    error = ERRORS / log(LONGEST_SECONDS / SHORTEST_SECONDS)
    whole = drive + pause + error
    return drive / whole, pause / whole


def _line(x: Floats, y: Floats, weight: Floats, spread: float, level0: float, slope0: float) -> tuple[float, float]:
    """Returns level and slope of the weighted line, held to the prior by PRIOR_DRIVES and to the bounds."""
    # The prior's own drives are thought to lie a factor e around 3 km.
    a, b, c = weight.sum() + PRIOR_DRIVES, (weight * x).sum(), (weight * x * x).sum() + PRIOR_DRIVES
    right = ((weight * y).sum() + PRIOR_DRIVES * level0, (weight * x * y).sum() + PRIOR_DRIVES * slope0)
    slope = float(np.clip((a * right[1] - b * right[0]) / (a * c - b * b), *EXPONENTS))
    level = (right[0] - slope * b) / a
    slowest, fastest = (log(AT_M / (kmh / 3.6)) for kmh in KMH_AT_3_KM)
    return float(np.clip(level, fastest, slowest)), slope


def _mode(values: Floats) -> float:
    """Returns where the values lie densest: the middle of the shortest half, of its shortest half, and so on."""
    values = np.sort(values)
    while len(values) > 3:
        half = (len(values) + 1) // 2
        widths = values[half - 1 :] - values[: len(values) - half + 1]
        start = int(np.argmin(widths))
        values = values[start : start + half]
    return float(values.mean())


def _median(values: Floats, weight: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
