"""Work that is put off: what a task is, and asking for one in the transaction that wants it.

A task is a plain function that takes ids and nothing else, and bears being run twice: an engine that loses its process
runs it again. Which tasks there are stands in one table, backend/config/wiring.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from backend.jobs.engine import deferrer
from backend.telemetry import tracing

Ids: TypeAlias = UUID | int

TRACE = "traceparent"
"""Under this name a job carries where it was asked for, beside its ids."""

URGENT, USUAL, LOW = 10, 0, -10
"""What waits is taken in this order, and within it in the order it was asked for."""


@dataclass(frozen=True, slots=True)
class Task:
    """`run` is called with the ids it was deferred with. After `attempts` that failed, `gave_up` is, with the same."""

    name: str
    run: Callable[..., object]
    attempts: int = 4
    priority: int = USUAL
    gave_up: Callable[..., object] | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A task without ids that is due by the clock: `cron` has five fields, in UTC."""

    task: Task
    cron: str


def defer(task: Task, *, at: datetime | None = None, once: str | None = None, **ids: Ids) -> None:
    """Asks for the task in the present transaction: it runs after the commit (at `at`, if given), or never was asked for.

    With `once`, nothing more is asked for while a job of that name still waits."""
    asked = deferrer().configure_task(
        task.name,
        allow_unknown=True,
        priority=task.priority,
        schedule_at=at,
        queueing_lock=None if once is None else f"{task.name}:{once}",
    )
    words = {name: str(value) if isinstance(value, UUID) else value for name, value in ids.items()}
    if place := tracing.carried():
        words[TRACE] = place
    if once is None:
        asked.defer(**words)
        return
    try:
        # The refusal comes as a broken constraint, which must not break the caller's transaction.
        with transaction.atomic():
            asked.defer(**words)
    except AlreadyEnqueued:
        return
