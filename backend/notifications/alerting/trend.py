"""When has somebody who buys week after week dropped below what is usual for them? Pure: numbers in, weeks out.

The statistic. What an account bought in the last `weeks` weeks is held against the `BLOCKS` stretches of as many weeks before
them: against their median, which one large order or one lean month does not move. It has dropped when it is at least `drop`
below that median and by at least `spread` times the usual deviation of those stretches (the median absolute deviation,
scaled as a standard deviation, and at the least a tenth of the median). The percentage alone cries wolf at who buys
unevenly anyway; the deviation alone at who buys like a clock. It is over when the sum is back at `back` of the median.

Everything is a share of what all accounts bought in the same week, where asked for: else every account drops in January."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCKS = 6
LOOKS_BACK = 52
"""Weeks after which a drop that never recovered is forgotten: what an account does then is judged anew."""
AT_LEAST = 0.1
TO_STANDARD = 1.4826

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drop:
    """An account (its row) that dropped with the end of week `opened` (0 = the first column), by `share` of what is usual;
    `closed`: the end of which week saw it back, None while it is not."""

    row: int
    opened: int
    closed: int | None
    share: float


def history(weeks: int) -> int:
    """Returns how many weeks before the first one asked about the figures must reach."""
    return weeks * (BLOCKS + 1) + LOOKS_BACK


def drops(
    bought: Numbers, everybody: Numbers | None, *, weeks: int, drop: float, spread: float, back: float
) -> list[Drop]:
    """Returns the drops, by row and week. `bought`: accounts x weeks; `everybody`: the sum of all accounts, by week.

    What it says of a week hangs on the `history(weeks)` weeks before it and on nothing else."""
    if everybody is not None:
        bought = np.divide(bought, everybody, out=np.zeros_like(bought), where=everybody > 0)
    low, fine, share = _readings(bought, weeks, drop, spread, back)
    found: list[Drop] = []
    for row in np.flatnonzero(low.any(axis=1)):
        found.extend(_of_one(int(row), low[row], fine[row], share[row]))
    return found


def _readings(bought: Numbers, weeks: int, drop: float, spread: float, back: float) -> tuple[Flags, Flags, Numbers]:
    """Returns whether each account was low, or fine, at the end of each week, and by what share it was below its usual."""
    rows, columns = bought.shape
    low = np.zeros((rows, columns), dtype=bool)
    fine = np.zeros((rows, columns), dtype=bool)
    share = np.zeros((rows, columns))
    first = weeks * (BLOCKS + 1) - 1
    for end in range(first, columns):
        stretches = [
            bought[:, end + 1 - weeks * (back_by + 1) : end + 1 - weeks * back_by].sum(axis=1)
            for back_by in range(BLOCKS + 1)
        ]
        now, before = stretches[0], np.stack(stretches[1:], axis=1)
        usual = np.median(before, axis=1)
        deviation = TO_STANDARD * np.median(np.abs(before - usual[:, None]), axis=1)
        known = (usual > 0) & ((before > 0).sum(axis=1) >= BLOCKS - 1)
        below = np.where(known, usual - now, 0.0)
        low[:, end] = known & (below >= drop * usual) & (below >= spread * np.maximum(deviation, AT_LEAST * usual))
        fine[:, end] = known & (now >= back * usual)
        share[:, end] = np.divide(below, usual, out=np.zeros_like(below), where=known)
    return low, fine, share


def _of_one(row: int, low: Flags, fine: Flags, share: Numbers) -> list[Drop]:
    found: list[Drop] = []
    last: tuple[int, bool] | None = None
    for end in np.flatnonzero(low | fine):
        is_low = bool(low[end])
        fresh = last is None or not last[1] or int(end) - last[0] > LOOKS_BACK
        if is_low and fresh:
            later = np.flatnonzero(fine[end + 1 :])
            closed = int(end + 1 + later[0]) if later.size else None
            found.append(Drop(row, int(end), closed, float(share[end])))
        last = (int(end), is_low)
    return found
