"""All variants in turn, again and again, each asked the same."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from tests.benchmarks.gateway.line import hammer
from tests.benchmarks.gateway.questions import checksum
from tests.benchmarks.gateway.variants import Variant
from tests.benchmarks.running import Accounts

BULK = [("flat", 1_000), ("flat", 10_000), ("nested", 1_000), ("nested", 10_000)]
LARGEST = ("nested", 10_000)
ENOUGH_MS = 60.0
"""What takes less CPU is asked several times in a round, for a figure that is not all noise."""

MOST_TIMES = 20
SMALL = 150
CONNECTIONS = 16
HAMMER_SECONDS = 1.0


@dataclass
class Cost:
    """What one question cost a variant in one round: milliseconds of CPU (server, its backends) and of wall, bytes."""

    server: float
    backends: float
    wall: float
    size: int

    @property
    def cpu(self) -> float:
        """Both."""
        return self.server + self.backends


@dataclass
class Found:
    """Costs by question and variant, in the order of the rounds; peaks in kilobytes; answers a second."""

    costs: dict[tuple[str, str], list[Cost]] = field(default_factory=dict)
    peaks: dict[str, list[int]] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)

    def ratio(self, question: str, mine: str, base: str, of: Callable[[Cost], float]) -> tuple[float, float, float]:
        """Returns the median of the ratios of one round each, and the least and the greatest."""
        return spread(
            of(one) / of(other)
            for one, other in zip(self.costs[question, mine], self.costs[question, base], strict=True)
        )


def spread(ratios: Iterator[float]) -> tuple[float, float, float]:
    """Returns the median, the least and the greatest."""
    found = list(ratios)
    return statistics.median(found), min(found), max(found)


def check_equal(variants: dict[str, Variant], sizes: list[tuple[str, int]], row: UUID) -> None:
    """Warms every variant, and raises SystemExit unless all answer with the same values."""
    for shape, n in sizes:
        sums = {}
        for one in variants.values():
            rows = one.rows(one.words.many(shape, n), one.script())
            sums[one.name] = (len(rows), sum(len(each.get("contacts", ())) for each in rows), checksum(rows))
        if len(set(sums.values())) != 1 or next(iter(sums.values()))[0] != n:
            raise SystemExit(f"They do not answer the same to {shape} {n}: {sums}")
    for stored in (False, True):
        sums_of_one = set()
        for one in variants.values():
            sums_of_one.add(checksum(one.rows(one.words.one(row, stored=stored), one.phone())))
        if len(sums_of_one) != 1:
            raise SystemExit("They do not answer the same to the question for one account.")


class Rounds:
    """Asks in rounds, and keeps account."""

    def __init__(self, variants: dict[str, Variant], accounts: Accounts, row: UUID) -> None:
        self.found = Found()
        self._variants, self._accounts, self._row = variants, accounts, row
        self._times: dict[tuple[str, str], int] = {}
        self._round = 0

    def bulk(self, sizes: list[tuple[str, int]]) -> None:
        """Asks everybody for every size once (or as often as a figure needs)."""
        for shape, n in sizes:
            for one in self._turn():
                if (shape, n) == LARGEST:
                    one.server.forget_peak()
                ask, token = one.words.many(shape, n), one.script()
                self._cost(f"{shape} {n}", one, partial(one.line.ask, ask, token))
                if (shape, n) == LARGEST:
                    self.found.peaks.setdefault(one.name, []).append(one.server.peak())

    def small(self) -> None:
        """Asks everybody for one row, many times over."""
        for stored in (False, True):
            for one in self._turn():
                token, ask = one.phone(), one.words.one(self._row, stored=stored)
                question = "one, stored" if stored else "one"
                self._cost(question, one, partial(one.line.ask, ask, token), SMALL)

    def rates(self, others: dict[str, Callable[[], float]]) -> None:
        """Lets sixteen connections ask for one row."""
        for one in self._turn():
            ask = one.words.one(self._row, stored=True)
            rate = hammer(one.server.port, ask, one.phone(), connections=CONNECTIONS, seconds=HAMMER_SECONDS)
            self.found.rates.setdefault(one.name, []).append(rate)
        for name, other in others.items():
            self.found.rates.setdefault(name, []).append(other())

    def _turn(self) -> list[Variant]:
        every = list(self._variants.values())
        self._round += 1
        return every[:: -1 if self._round % 2 else 1]

    def _cost(self, question: str, one: Variant, read: Callable[[], bytes], times: int | None = None) -> None:
        times = times or self._times.get((question, one.name), 1)
        before, began = self._accounts.spent(one.server), time.perf_counter()
        body = b""
        for _ in range(times):
            body = read()
        wall = (time.perf_counter() - began) * 1000
        server, backends = self._accounts.since(one.server, before)
        cost = Cost(server / times, backends / times, wall / times, len(body))
        self.found.costs.setdefault((question, one.name), []).append(cost)
        self._times.setdefault((question, one.name), max(1, min(MOST_TIMES, round(ENOUGH_MS / max(cost.cpu, 1)))))
