"""Even territories: deviation, pieces, way and CPU; what moves when one grows; and the price of evenness as a curve."""

import time
from collections.abc import Callable

import numpy as np

from backend.territories.balance.balance import Balanced, balance
from tests.benchmarks.side_by_side import Figure, figure
from tests.territories.balance import checker
from tests.territories.balance.fields import towns

SIZES = ((2_000, 20), (5_000, 50), (10_000, 100))
GROWN = 5
CURVE = (0.01, 0.02, 0.03, 0.05, 0.10, 0.20)


def even() -> list[Figure]:
    """Three sizes, three fields each; every cut is checked to be in one piece."""
    balance(*towns(200, 4, 1), k=4)
    figures = []
    for accounts, k in SIZES:
        seconds, off, moved, left = [], [], [], []
        for seed in (1, 2, 3):
            x, y, work = towns(accounts, k // 3 + 4, seed)
            began = time.process_time()
            found = balance(x, y, work, k=k, seed=7)
            seconds.append(time.process_time() - began)
            near = checker.neighbours_of(list(zip(x.tolist(), y.tolist(), strict=True)))
            _check(near, found)
            off.append(100 * checker.deviation(work.tolist(), found.territory.tolist(), k))
            for one in range(GROWN):
                grown = np.where(found.territory == one, work * 1.3, work)
                after = balance(x, y, grown, k=k, seed=7, current=found.territory)
                _check(near, after)
                moved.append(100 * float((after.territory != found.territory).mean()))
                left.append(100 * checker.deviation(grown.tolist(), after.territory.tolist(), k))
        name = f"{accounts:,} into {k}"
        figures += [
            figure(f"{name}: CPU", seconds, unit="s"),
            figure(f"{name}: off the mean", off, unit="%"),
            figure(f"{name}: moved after +30 %", moved, [1.0] * len(moved), unit="%"),
            figure(f"{name}: off the mean after that", left, unit="%"),
        ]
    return figures


def _check(near: dict[int, set[int]], found: Balanced) -> None:
    broken = checker.in_pieces(near, found.territory.tolist())
    if broken:
        raise AssertionError(f"in pieces: {sorted(broken)}")


def curve() -> list[Figure]:
    """5,000 accounts in 50: mean distance for each tolerance, from nothing; and accounts moved where the work has shifted."""
    x, y, work = towns(5_000, 20, 2)
    before = balance(x, y, work, k=50, seed=7, tolerance=0.02).territory
    shifted = work * np.where(x > 150, 1.25, 0.9)
    figures = []
    for tolerance in CURVE:
        fresh = balance(x, y, work, k=50, seed=7, tolerance=tolerance)
        after = balance(x, y, shifted, k=50, seed=7, tolerance=tolerance, current=before)
        figures += [
            figure(f"within {tolerance:.0%}: mean distance", [fresh.reach], unit="km"),
            figure(
                f"within {tolerance:.0%}: moved", [100 * float((after.territory != before).mean())], [1.0], unit="%"
            ),
        ]
    return figures


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"balance": even, "balance-curve": curve}
