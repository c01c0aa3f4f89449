"""Where a million accounts belong: the rule engine alone, and the exact test of points against areas beneath it."""

import math
import time
import tracemalloc
from collections.abc import Callable
from uuid import UUID

import numpy as np
from shapely.geometry import Polygon

from backend.territories.assignment import Assignment, Batch, Node, Rule
from backend.territories.geometry import Areas
from tests.benchmarks.side_by_side import Figure, figure

ACCOUNTS, ROUNDS = 1_000_000, 3
ACROSS, CORNERS = 10, 580


def areas() -> dict[UUID, Polygon]:
    """Returns 100 wavy areas of 580 corners that share the middle of Iowa between them, overlapping a little."""
    found = {}
    for number in range(ACROSS * ACROSS):
        x, y = -97 + number % ACROSS * 0.7, 40 + number // ACROSS * 0.4
        ring = []
        for corner in range(CORNERS):
            turn = 2 * math.pi * corner / CORNERS
            reach = 1 + 0.15 * math.sin(9 * turn + number) + 0.05 * math.sin(41 * turn)
            ring.append((x + 0.35 * reach * math.cos(turn), y + 0.2 * reach * math.sin(turn)))
        found[UUID(int=number + 1)] = Polygon(ring)
    return found


def batch(count: int) -> Batch:
    """Returns made-up accounts over the areas, of 900 postcodes, 3 tiers and 12 segments."""
    chance = np.random.default_rng(7)
    return Batch(
        {
            "postcode": [f"{50000 + number}" for number in chance.integers(0, 900, count).tolist()],
            "tier": [("A", "B", "C")[number] for number in chance.integers(0, 3, count).tolist()],
            "segment": [f"segment {number}" for number in chance.integers(0, 12, count).tolist()],
        },
        chance.uniform(39.8, 43.9, count),
        chance.uniform(-97.3, -90.4, count),
    )


def _engine() -> Assignment:
    nodes = [Node(key, f"T{key.int}", None, area.__geo_interface__) for key, area in areas().items()]
    rules = [
        Rule(
            number,
            UUID(int=number + 1),
            {"postcode": [str(50000 + number * 9 + more) for more in range(3)], "tier": ["A"]},
        )
        for number in range(50)
    ]
    return Assignment(nodes, [*rules, Rule(99, UUID(int=1), {"segment": ["segment 3"], "tier": ["B", "C"]})])


def assignment() -> list[Figure]:
    """Thousands of accounts a second of CPU (more is better): exact areas alone, then rules and areas; and megabytes held."""
    accounts, engine, shapes = batch(ACCOUNTS), _engine(), areas()
    some = Areas(shapes)
    engine.decide_all(batch(10_000))
    order = list(shapes)
    figures = [
        _rate("point to area, exact", lambda: some.first_holding(accounts.lng, accounts.lat, order)),
        _rate("rules and areas", lambda: engine.decide_all(accounts)),
    ]
    tracemalloc.start()
    engine.decide_all(accounts)
    held = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return [*figures, figure("held besides the accounts", [held], unit="MB")]


def _rate(name: str, way: Callable[[], object]) -> Figure:
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        way()
        rates.append(ACCOUNTS / (time.process_time() - began) / 1000)
    return figure(name, rates, unit="k/s")


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"assignment": assignment}
