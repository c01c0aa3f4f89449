"""A worker that does nothing but send what waits, and ends when nothing does: python -m tests.benchmarks.push_worker.

It says the most memory it held so far (MiB) whenever another 5,000 are sent, and in the end its CPU seconds and how often it
asked the database."""

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from backend.notifications import dispatch  # noqa: E402
from backend.notifications.lanes import lanes  # noqa: E402
from backend.notifications.models import Delivery  # noqa: E402

TELL_EVERY = 5_000


class Asked:
    """Counts what the database is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, execute: Callable[..., Any], *given: Any) -> Any:
        """Asks."""
        self.times += 1
        return execute(*given)


def warm() -> None:
    """Has the bearer, as the bare loop has before it begins."""
    found: Any = lanes()["push"]
    found._transport._open().warm()


def main() -> None:
    """Sends until the queue is empty."""
    dispatch.drain(0)
    warm()
    connection.ensure_connection()
    _say("ready")
    sys.stdin.readline()
    sent, told, worked, asked = 0, 0, time.process_time(), Asked()
    with connection.execute_wrapper(asked):
        while taken := dispatch.drain():
            sent += taken
            if sent - told >= TELL_EVERY:
                told = sent
                _say(f"{sent} {_mib()}")
    _say(f"{sent} {_mib()}")
    _say(f"done {time.process_time() - worked:.3f} {asked.times}")
    sys.stdin.readline()
    assert not Delivery.objects.filter(state="queued", attempt=0).exists()


def _mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
