"""A worker that does nothing but send what waits, and ends when nothing does: python -m tests.benchmarks.push_worker."""

import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from backend.notifications import dispatch  # noqa: E402
from backend.notifications.models import Delivery  # noqa: E402


def main() -> None:
    """Sends until the queue is empty."""
    dispatch.drain(0)
    connection.ensure_connection()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while dispatch.drain():
        pass
    sys.stdout.write("done\n")
    sys.stdout.flush()
    sys.stdin.readline()
    assert not Delivery.objects.filter(state="queued", attempt=0).exists()


if __name__ == "__main__":
    main()
