"""One import into an org at a time, across processes and across the many transactions of one import."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from backend.identity.models import Org
from backend.imports.problems import import_running
from backend.kit.locks import Lock, release, try_hold

PATIENCE_S = 5.0
"""A killed import's server process may be busy with its last statement for a moment."""


@contextmanager
def alone(org: Org) -> Iterator[None]:
    """Holds the org's import lock inside the block; raises Conflict IMPORT_RUNNING when another import has it."""
    until = time.monotonic() + PATIENCE_S
    while not try_hold(Lock.IMPORT, org.pk):
        if time.monotonic() > until:
            raise import_running(org.slug)
        time.sleep(0.1)
    try:
        yield
    finally:
        # In a broken transaction nothing can be asked; the lock then ends with the connection.
        if not connection.needs_rollback:
            release(Lock.IMPORT, org.pk)
