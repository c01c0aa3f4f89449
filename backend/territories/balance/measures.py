"""What an account weighs when territories are balanced: its work, its sales, or just that it is there."""

import numpy as np

from backend.territories.balance.medians_state import Floats

DETOUR = 1.35
"""Roads against the straight line, the middle of four measured places (1.22 to 2.00)."""
KM_PER_MINUTE = 35.0 / 60.0
NEAREST = 5
"""A stop is reached from another: so far away as the fifth nearest account, on average."""
_BLOCK = 500


def workload(visits: Floats, minutes: Floats, x: Floats, y: Floats, *, in_km: bool = True) -> Floats:
    """Returns minutes a year: visits a year times (minutes at the account + the way from a stop nearby).

    `x`, `y` in kilometres; in another plane (`in_km` False) no way can be told, and none is counted."""
    way = travel(x, y) if in_km else np.zeros(len(x))
    return visits * (minutes + way)


def travel(x: Floats, y: Floats) -> Floats:
    """Returns the minutes that reaching each account takes from the accounts around it; coordinates in kilometres."""
    count = len(x)
    others = min(NEAREST, count - 1)
    if others < 1:
        return np.zeros(count)
    result = np.empty(count)
    for first in range(0, count, _BLOCK):
        part = slice(first, min(first + _BLOCK, count))
        away = np.hypot(x[part, None] - x[None, :], y[part, None] - y[None, :])
        result[part] = np.partition(away, others, axis=1)[:, 1 : others + 1].mean(axis=1)
    return result * DETOUR / KM_PER_MINUTE
