"""Two or more ways of doing one thing, in turn, in one run: the machine's noise falls on all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Way = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Figure:
    """Wall milliseconds of one way, and the median of its per-round ratios to the first way."""

    name: str
    median_ms: float
    worst_ms: float
    ratio: float


def compare(ways: Mapping[str, Way], *, rounds: int) -> list[Figure]:
    """Runs each way once to warm up and then `rounds` times in turn; the first is what the others are held against."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            taken[name].append((time.perf_counter() - began) * 1000)
    first = next(iter(taken.values()))
    return [
        Figure(
            name=name,
            median_ms=statistics.median(times),
            worst_ms=max(times),
            ratio=statistics.median(mine / base for mine, base in zip(times, first, strict=True)),
        )
        for name, times in taken.items()
    ]
