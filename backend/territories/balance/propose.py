"""From a file of accounts to named territories and their figures: the one call behind the command line."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.kit.errors import Invalid
from backend.territories.balance.balance import balance, measure
from backend.territories.balance.graph import Graph, neighbours
from backend.territories.balance.medians import effort, find_medians, warm
from backend.territories.balance.medians_state import Ints
from backend.territories.balance.table import Table, read_table


@dataclass(frozen=True, slots=True)
class Proposal:
    """The accounts, the territory of each (a row of `names`), where each lay before (or -1), and the figures, ready for JSON.

    `centres`: of each territory, the account in its middle, or -1 where it has a middle without an account."""

    table: Table
    names: list[str]
    territory: Ints
    before: Ints
    centres: Ints
    figures: dict[str, Any]

    def labels_of_accounts(self) -> list[str]:
        """Returns the name of each account's territory."""
        return [self.names[one] for one in self.territory.tolist()]


def propose(
    path: Path,
    *,
    k: int,
    by: str,
    capacity: float | None = None,
    seed: int = 1,
    tolerance: float | None = None,
    current: str | None = None,
    pin: str | None = None,
    whole: bool = False,
    cpu_seconds: float | None = None,
) -> Proposal:
    """Reads a table and cuts it: around medians when there is a `capacity`, evenly otherwise.

    Raises Invalid: what reading may raise, TOO_MANY_TERRITORIES, NO_WORK, CAPACITY_TOO_SMALL, CAPACITY_NOT_KEPT,
    NOT_WITH_CAPACITY (today's territories, pins and a tolerance belong to even cuts), TOO_MANY_NAMES (more than k)."""
    table = read_table(path, by=by, current=current, pin=pin)
    if k > len(table.ids):
        raise Invalid(
            "TOO_MANY_TERRITORIES", f"{len(table.ids)} accounts cannot make {k} territories.", fields={"k": "too large"}
        )
    if capacity is None:
        return _even(table, k, by, seed, tolerance, changing=current is not None)
    if current or pin or tolerance is not None:
        raise Invalid(
            "NOT_WITH_CAPACITY",
            "A capacity goes without --current, --pin and --tolerance.",
            fields={"capacity": "alone"},
        )
    return _around_medians(table, k, by, capacity, seed, whole=whole, cpu_seconds=cpu_seconds)


def _even(table: Table, k: int, by: str, seed: int, tolerance: float | None, *, changing: bool) -> Proposal:
    names = _names(table, k)
    number = {name: one for one, name in enumerate(names)}
    pins = np.array([number.get(name, -1) for name in table.pins], np.int64)
    before = np.array([number.get(name, -1) for name in table.current], np.int64)
    graph: Graph = neighbours(table.x, table.y)
    found = balance(
        table.x,
        table.y,
        table.measure,
        k=k,
        seed=seed,
        tolerance=tolerance,
        pinned=pins,
        current=before if changing else None,
        graph=graph,
    )
    sizes = np.bincount(found.territory, minlength=k)
    mean = float(found.loads.mean())
    today = None
    if (before >= 0).all():
        now = measure(table.x, table.y, table.measure, before, k=k, graph=graph)
        today = {
            "deviation": round(now.deviation, 6),
            "contiguous": now.whole,
            "meanDistance": round(now.reach, 6),
            "loads": {name: round(float(now.loads[one]), 6) for one, name in enumerate(names)},
        }
    figures: dict[str, Any] = {
        "accounts": len(table.ids),
        "k": k,
        "by": by,
        "seed": seed,
        "mean": round(mean, 6),
        "deviation": round(found.deviation, 6),
        "contiguous": found.whole,
        "meanDistance": round(found.reach, 6),
        "unit": "km" if table.earth is not None else "of the file",
        "pinned": int((pins >= 0).sum()),
        "moved": found.moved,
        "movedShare": None if found.moved is None else round(found.moved / len(table.ids), 6),
        "today": today,
        "territories": {
            name: {
                "accounts": int(sizes[one]),
                "load": round(float(found.loads[one]), 6),
                "deviation": round(float(found.loads[one]) / mean - 1.0, 6),
            }
            for one, name in enumerate(names)
        },
    }
    return Proposal(table, names, found.territory, before, np.full(k, -1, np.int64), figures)


def _names(table: Table, k: int) -> list[str]:
    """Returns k names: those of today and of pins as they are, and numbers for new ones."""
    named = sorted({name for name in (*table.current, *table.pins) if name}, key=_as_numbers)
    pinned = {name for name in table.pins if name}
    if len(named) > k:
        # The smallest go: their accounts are placed anew. A pin keeps its territory.
        sizes = {name: table.current.count(name) for name in named}
        going = sorted((name for name in named if name not in pinned), key=lambda name: (sizes[name], name))
        if len(pinned) > k:
            raise Invalid(
                "TOO_MANY_NAMES",
                f"Accounts are pinned to {len(pinned)} territories, more than {k}.",
                fields={"k": "too small"},
            )
        gone = set(going[: len(named) - k])
        named = [name for name in named if name not in gone]
    fresh = (str(number) for number in range(1, 2 * k + 1) if str(number) not in named)
    return named + [next(fresh) for _ in range(k - len(named))]


def _as_numbers(name: str) -> tuple[int, float, str]:
    return (0, float(name), name) if name.isdecimal() else (1, 0.0, name)


def _around_medians(
    table: Table, k: int, by: str, capacity: float, seed: int, *, whole: bool, cpu_seconds: float | None
) -> Proposal:
    _check_capacity(table, k, by, capacity)
    warm()
    began, steps = time.process_time(), effort(len(table.ids), k)

    def spent(work: float) -> float:
        return work / steps if cpu_seconds is None else (time.process_time() - began) / cpu_seconds

    found = find_medians(table.x, table.y, table.measure, k=k, capacity=capacity, seed=seed, whole=whole, spent=spent)
    if found.over > 0.0:
        raise Invalid(
            "CAPACITY_NOT_KEPT",
            f"No way was found to keep {k} territories of {capacity:g} each; {found.over:g} lies above. Allow a little more.",
            fields={"capacity": "too tight"},
        )
    loads = np.bincount(found.group, weights=table.measure, minlength=k)
    sizes = np.bincount(found.group, minlength=k)
    names = [str(number) for number in range(1, k + 1)]
    figures: dict[str, Any] = {
        "accounts": len(table.ids),
        "k": k,
        "by": by,
        "seed": seed,
        "capacity": capacity,
        "distance": round(found.cost, 6),
        "rounded": "down" if whole else "no",
        "unit": "km" if table.earth is not None else "of the file",
        "territories": {
            name: {
                "median": table.ids[found.median[one]],
                "accounts": int(sizes[one]),
                "load": round(float(loads[one]), 6),
            }
            for one, name in enumerate(names)
        },
    }
    return Proposal(table, names, found.group, np.full(len(table.ids), -1, np.int64), found.median, figures)


def _check_capacity(table: Table, k: int, by: str, capacity: float) -> None:
    total, most = float(table.measure.sum()), float(table.measure.max())
    if capacity * k < total * (1 - 1e-12):
        raise Invalid(
            "CAPACITY_TOO_SMALL",
            f"{k} territories of {capacity:g} hold {k * capacity:g}, and all accounts have {total:g} of {by}.",
            fields={"capacity": f"at least {total / k:g}"},
        )
    if most > capacity:
        account = table.ids[int(table.measure.argmax())]
        raise Invalid(
            "CAPACITY_TOO_SMALL",
            f"Account {account} alone has {most:g} of {by}, more than {capacity:g}.",
            fields={"capacity": f"at least {most:g}"},
        )
