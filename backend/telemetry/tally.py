"""Counting where it happens costs a fraction of a microsecond: into a dictionary, from which the Prometheus library is told
once a second, or when somebody looks. It takes several microseconds for each count, more than small requests can spare.

The only file that touches private names of that library; tests/telemetry/test_tally.py watches them."""

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the Prometheus library is told of the folder that processes share."""

EVERY_SECONDS = 1.0

Labels = tuple[str | int, ...]

OTHER = "other"
"""Stands for a label that whoever counts does not say."""


class Count:
    """How often something happened, by labels."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self._told = Counter(name, meaning, labels, registry=registry)
        self._many = len(labels)
        self._lock = threading.Lock()
        self._new: dict[Labels, float] = {}
        _all.append(self)

    def add(self, *labels: str | int, n: float = 1) -> None:
        """Counts `n` more; the last labels may be left out."""
        with self._lock:
            self._new[labels] = self._new.get(labels, 0) + n
        if not _ticking:
            _tick()

    def tell(self) -> None:
        """Tells what is new."""
        with self._lock:
            new, self._new = self._new, {}
        for given, n in new.items():
            labels = given + (OTHER,) * (self._many - len(given))
            (self._told.labels(*labels) if labels else self._told).inc(n)


class Spread:
    """How long something took, by labels."""

    def __init__(
        self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry, bounds: Sequence[float]
    ) -> None:
        self._told = Histogram(name, meaning, labels, registry=registry, buckets=bounds)
        self._bounds = tuple(bounds)
        self._lock = threading.Lock()
        # For each labels: how many fell below each bound, how many beyond all, and the sum.
        self._new: dict[Labels, list[float]] = {}
        _all.append(self)

    def add(self, seconds: float, *labels: str | int) -> None:
        """Counts one that took so long."""
        with self._lock:
            if (new := self._new.get(labels)) is None:
                new = self._new[labels] = [0.0] * (len(self._bounds) + 2)
            new[bisect_left(self._bounds, seconds)] += 1
            new[-1] += seconds
        if not _ticking:
            _tick()

    @contextmanager
    def timed(self, *labels: str | int) -> Iterator[None]:
        """Counts how long the block takes, however it ends."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(time.perf_counter() - began, *labels)

    def tell(self) -> None:
        """Tells what is new."""
        with self._lock:
            new, self._new = self._new, {}
        for labels, (*counts, total) in new.items():
            child = self._told.labels(*labels) if labels else self._told
            for bucket, n in zip(child._buckets, counts, strict=True):
                if n:
                    bucket.inc(n)
            child._sum.inc(total)


_all: list[Count | Spread] = []
_ticking = FOLDER not in os.environ
"""Alone, a process is asked itself, and tells then."""
_beginning = threading.Lock()


def tell_all() -> None:
    """Tells what is new of everything."""
    for one in _all:
        one.tell()


def _tick() -> None:
    global _ticking
    with _beginning:
        if _ticking:
            return
        _ticking = True
        threading.Thread(target=_tell_on, name="tally", daemon=True).start()


def _tell_on() -> None:
    while True:
        time.sleep(EVERY_SECONDS)
        tell_all()
