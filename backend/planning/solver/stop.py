"""When the search ends: after so many rounds, so much time, or when somebody says so."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from time import monotonic, thread_time

from backend.kit.errors import Invalid

DEFAULT_ITERATIONS = 2_000


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends the search at whichever limit is met first; with no limit at all, after DEFAULT_ITERATIONS.

    Only a limit on `iterations` gives the same plan on every machine. `seconds` is wall time and `cpu_seconds` that of
    the calling thread, both counted from the moment `solve` is entered; `signal` is asked once in every iteration.
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

    def clock(self) -> "Clock":
        """Starts counting."""
        return Clock(self)


class Clock:
    """A Stop that is running; calling it counts one iteration and says whether to end."""

    def __init__(self, stop: Stop) -> None:
        limited = (stop.iterations, stop.seconds, stop.cpu_seconds, stop.signal) != (None, None, None, None)
        self._iterations = stop.iterations if limited else DEFAULT_ITERATIONS
        self._wall_end = None if stop.seconds is None else monotonic() + stop.seconds
        self._cpu_end = None if stop.cpu_seconds is None else thread_time() + stop.cpu_seconds
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
            (self._iterations is not None and self.iterations >= self._iterations)
            or (self._wall_end is not None and monotonic() >= self._wall_end)
            or (self._cpu_end is not None and thread_time() >= self._cpu_end)
            or (self._signal is not None and self._signal())
        )
