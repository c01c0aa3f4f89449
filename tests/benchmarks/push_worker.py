"""A worker that does nothing but send what waits, and ends when nothing does: python -m tests.benchmarks.push_worker.

It says the most memory it held so far whenever another 5,000 are sent, and when it is done."""

import resource
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from backend.notifications import dispatch  # noqa: E402
from backend.notifications.models import Delivery  # noqa: E402

TELL_EVERY = 5_000


def main() -> None:
    """Sends until the queue is empty."""
    dispatch.drain(0)
    connection.ensure_connection()
    _say("ready")
    sys.stdin.readline()
    sent = told = 0
    while taken := dispatch.drain():
        sent += taken
        if sent - told >= TELL_EVERY:
            told = sent
            _say(f"{sent} {_mib()}")
    _say(f"done {_mib()}")
    sys.stdin.readline()
    assert not Delivery.objects.filter(state="queued", attempt=0).exists()


def _mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
