"""Whether an error of the database says that it cannot be reached just now: then nothing was wrong with what was asked."""

from django.db import InterfaceError, OperationalError

CODE = "DATABASE_UNAVAILABLE"
MESSAGE = "The database cannot be reached just now; nothing was done. Try again in a moment."
AFTER = 2
"""Seconds after which it is worth trying again."""

_LOST = ("08", "57P", "53300")
"""States of SQL by which PostgreSQL ends a session or begins none: it is lost, it shuts down or starts up, it is full."""


def unreachable(error: BaseException) -> bool:
    """Says so of a connection that broke or could not be made; not of a lock, a deadlock or a refused value."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    # libpq itself notices a broken line, and knows no state for it.
    return state is None or state.startswith(_LOST)
