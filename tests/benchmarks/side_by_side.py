"""Two or more ways of doing one thing, in turn, in one run: the machine's noise falls on all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Way = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Figure:
    """What one way took (wall milliseconds, unless `unit` says otherwise), and the median of its per-round ratios to the
    first way."""

    name: str
    median: float
    p99: float
    worst: float
    ratio: float
    unit: str = "ms"


def figure(name: str, taken: list[float], first: list[float] | None = None, unit: str = "ms") -> Figure:
    """Returns the figure of some measurements, held against those of the first way, round by round."""
    ranked = sorted(taken)
    return Figure(
        name=name,
        median=statistics.median(taken),
        p99=ranked[min(len(ranked) - 1, int(len(ranked) * 0.99))],
        worst=ranked[-1],
        ratio=statistics.median(mine / base for mine, base in zip(taken, first or taken, strict=True)),
        unit=unit,
    )


def timed(way: Way) -> float:
    """Runs a way and returns its wall milliseconds."""
    began = time.perf_counter()
    way()
    return (time.perf_counter() - began) * 1000


def compare(ways: Mapping[str, Way], *, rounds: int, before: Callable[[str], object] | None = None) -> list[Figure]:
    """Runs each way once to warm up and then `rounds` times in turn; the first is what the others are held against.

    Every other round goes backwards, so that no way always follows the same one. `before` readies a way, untimed."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in list(ways.items())[:: -1 if number % 2 else 1]:
            if before is not None:
                before(name)
            took = timed(way)
            if number:
                taken[name].append(took)
    first = next(iter(taken.values()))
    return [figure(name, times, first) for name, times in taken.items()]
