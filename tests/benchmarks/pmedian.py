"""Capacitated p-median: how far above the best known, in percent, after so many CPU seconds; every result is checked."""

import time
from collections.abc import Callable

from backend.territories.balance.medians import find_medians, warm
from tests.benchmarks.side_by_side import Figure, figure
from tests.territories.balance import checker, cpmp

SECONDS = (0.5, 2.0, 5.0)


def pmedian() -> list[Figure]:
    """The 20 instances; median and worst gap of each budget, and the mean as the first line of its kind."""
    warm()
    figures = []
    for seconds in SECONDS:
        gaps = [gap(cpmp.read(name), seconds) for name in cpmp.names()]
        figures.append(
            figure(
                f"{seconds:g} s, mean of {len(gaps)}",
                [sum(gaps) / len(gaps)],
                [max(sum(gaps) / len(gaps), 1e-9)],
                unit="%",
            )
        )
        figures.append(figure(f"{seconds:g} s, each", gaps, [max(one, 1e-9) for one in gaps], unit="%"))
    return figures


def gap(instance: cpmp.Instance, seconds: float) -> float:
    """Returns how far above the best known an instance ends, in percent."""
    began = time.process_time()
    found = find_medians(
        instance.x,
        instance.y,
        instance.demand,
        k=instance.k,
        capacity=instance.capacity,
        seed=7,
        whole=True,
        spent=lambda work: (time.process_time() - began) / seconds,
    )
    places = list(zip(instance.x.tolist(), instance.y.tolist(), strict=True))
    cost = checker.cost_of_medians(
        places,
        instance.demand.tolist(),
        found.group.tolist(),
        found.median.tolist(),
        capacity=instance.capacity,
        whole=True,
    )
    return 100 * (cost / instance.best - 1)


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"pmedian": pmedian}
