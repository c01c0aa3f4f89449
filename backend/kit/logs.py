"""Structured log lines: who asked (by id), what happened, and nothing personal."""

from uuid import UUID

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Returns the logger of one module; call it as `log.info("what_happened", visit=visit.id, count=3)`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def bind(
    *,
    request_id: str | None = None,
    org: UUID | str | None = None,
    user: UUID | str | None = None,
    device: UUID | str | None = None,
) -> None:
    """Adds ids to every line this request (task, thread) writes from now on; None leaves one as it is."""
    given = {"request_id": request_id, "org": org, "user": user, "device": device}
    bind_contextvars(**{key: str(value) for key, value in given.items() if value is not None})


def clear() -> None:
    """Forgets the ids: a new request begins."""
    clear_contextvars()
