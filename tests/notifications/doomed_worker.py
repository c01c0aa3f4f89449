"""A worker of its own process that is killed at one arrow: python -m tests.notifications.doomed_worker BASE_URL WHERE."""

import os
import signal
import sys
from collections.abc import Sequence

import django

django.setup()

from django.db import transaction  # noqa: E402

from backend.events import outbox  # noqa: E402
from backend.notifications import dispatch  # noqa: E402
from backend.notifications.alerting import evaluate  # noqa: E402
from backend.notifications.delivery import planning, record  # noqa: E402
from backend.notifications.transports.base import Address, Message, Outcome  # noqa: E402
from backend.notifications.transports.fcm.credential import from_dev_server  # noqa: E402
from backend.notifications.transports.fcm.transport import FcmTransport  # noqa: E402
from tests.notifications.story import WIRING  # noqa: E402


def die() -> None:
    """Leaves as with kill -9: no handler runs, nothing is flushed or rolled back by us."""
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed:
    """The real transport, and the end just before or just after it."""

    def __init__(self, base_url: str, where: str) -> None:
        self._real = FcmTransport(account=from_dev_server(base_url), base_url=base_url)
        self._where = where

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Sends as the real one does, unless it is killed before."""
        if self._where == "before-send":
            die()
        outcomes = self._real.send(batch)
        if self._where == "after-send":
            die()
        return outcomes


def main(base_url: str, where: str) -> None:
    """Does what the worker does, until it dies."""
    if where == "in-handler":
        tell = planning.tell_all

        def told_then_dead(**given: object) -> None:
            tell(**given)  # type: ignore[arg-type]
            die()

        evaluate.__dict__["tell_all"] = told_then_dead
    if where == "in-record":
        settle = record.settle

        def settled_then_dead(results: Sequence[record.Result]) -> None:
            with transaction.atomic():
                settle(results)
                if results:
                    die()

        record.__dict__["settle"] = settled_then_dead
    outbox.drain(WIRING)
    dispatch.drain(transport=Doomed(base_url, where))


if __name__ == "__main__":
    main(*sys.argv[1:])
