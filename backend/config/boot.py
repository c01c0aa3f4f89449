"""Readies a process: its database runs, and Django is set up."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import django

from backend.config.env import current
from backend.kit import embedded_postgres
from backend.kit.embedded_postgres import Holder


def _silent(_: str) -> None: ...


@contextmanager
def database(*, holder: Holder = "command", report: Callable[[str], None] = _silent) -> Iterator[None]:
    """Keeps the embedded database running inside the block, unless DATABASE_URL names another; raises EmbeddedError.

    A server that another process already runs for this data folder is used, and left running.
    """
    if current().database_url:
        yield
        return
    server = embedded_postgres.attach_or_start(current().data_dir, report=report, holder=holder)
    try:
        yield
    finally:
        server.stop()


def setup_django() -> None:
    """Loads settings and rooms; the database must run by the time something asks it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"
    django.setup()
