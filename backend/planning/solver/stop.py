"""When the search ends: after so many rounds, so much time, or when somebody says so."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from time import monotonic, thread_time

from backend.kit.errors import Invalid

DEFAULT_ITERATIONS = 2_000
"""Of the library; they take about a second."""

QUICK_ITERATIONS = 20_000
"""Of our own search; likewise."""

ROUND_SECONDS = 3.0
"""A search that only a signal ends starts anew from where it is, hot, after so many CPU seconds."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends the search at whichever limit is met first; with no limit at all, after DEFAULT_ITERATIONS.

    Only a limit on `iterations` gives the same plan on every machine. `seconds` is wall time and `cpu_seconds` that of
    the calling thread, both counted from the moment the search can begin; `signal` is asked between spans of iterations
    that last about 20 ms.
    Raises Invalid for a limit that is no limit.
    """

    iterations: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    signal: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        for name, limit in (("seconds", self.seconds), ("cpu_seconds", self.cpu_seconds)):
            if limit is not None and not (isfinite(limit) and limit >= 0):
                raise Invalid("STOP_INVALID", "a time limit is zero or more seconds", fields={name: repr(limit)})
        if self.iterations is not None and self.iterations < 0:
            raise Invalid("STOP_INVALID", "iterations are zero or more", fields={"iterations": repr(self.iterations)})

    def clock(self, quick: bool = False) -> "Clock":
        """Starts counting; `quick` are iterations of our own search."""
        return Clock(self, QUICK_ITERATIONS if quick else DEFAULT_ITERATIONS)


class Clock:
    """A Stop that is running; calling it counts one iteration and says whether to end."""

    def __init__(self, stop: Stop, default: int = DEFAULT_ITERATIONS) -> None:
        limited = (stop.iterations, stop.seconds, stop.cpu_seconds, stop.signal) != (None, None, None, None)
        self._most = stop.iterations if limited else default
        self._seconds = stop.seconds
        self._cpu_seconds = stop.cpu_seconds
        self._wall_begin = monotonic()
        self._cpu_begin = thread_time()
        self._signal = stop.signal
        self.iterations = 0

    def __call__(self, best_cost: float = 0.0) -> bool:
        if self.over():
            return True
        self.iterations += 1
        return False

    def over(self) -> bool:
        """Says whether a limit is met, without counting."""
        return (
            (self._most is not None and self.iterations >= self._most)
            or (self._seconds is not None and monotonic() - self._wall_begin >= self._seconds)
            or (self._cpu_seconds is not None and self.spent() >= self._cpu_seconds)
            or (self._signal is not None and self._signal())
        )

    @property
    def counts(self) -> bool:
        """Says whether the number of iterations is limited, so that only they may decide how the search goes."""
        return self._most is not None

    @property
    def left(self) -> int | None:
        """Returns how many iterations are left; None when they are not limited."""
        return None if self._most is None else max(0, self._most - self.iterations)

    def spent(self) -> float:
        """Returns the CPU seconds of this thread since the beginning."""
        return thread_time() - self._cpu_begin

    def part(self) -> float:
        """Returns how far along the search is, from 0 to 1; with no limit but a signal it goes round and round."""
        if self._most is not None:
            return self.iterations / max(1, self._most)
        parts = []
        if self._seconds is not None:
            parts.append((monotonic() - self._wall_begin) / max(1e-9, self._seconds))
        if self._cpu_seconds is not None:
            parts.append(self.spent() / max(1e-9, self._cpu_seconds))
        return min(1.0, max(parts)) if parts else self.spent() / ROUND_SECONDS % 1.0
