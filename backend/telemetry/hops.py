"""What goes from the event loop to a thread: how long it waited for one, and a span of its own there."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from backend.telemetry import metrics, tracing

P = ParamSpec("P")
T = TypeVar("T")


def hop(function: Callable[P, T]) -> Callable[P, T]:
    """Returns the function, to be called on a thread: its wait begins now."""
    asked = time.perf_counter()

    def arrived(*args: P.args, **kwargs: P.kwargs) -> T:
        waited = time.perf_counter() - asked
        metrics.DB_WAIT.add(waited)
        if not tracing.on():
            return function(*args, **kwargs)
        with tracing.span("database thread", attributes={"fieldbeat.wait_ms": round(waited * 1000, 2)}, within=True):
            return function(*args, **kwargs)

    return arrived
