"""Append events where they happen; drain them, each handled in one transaction with its own mark."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from backend.events.models import OutboxEvent
from backend.events.types import Event, decode, encode
from backend.kit import clock
from backend.kit.logs import logger
from backend.telemetry import metrics, tracing

MAX_BACKOFF = timedelta(minutes=30)
_log = logger("events")


@dataclass(frozen=True, slots=True)
class EventMeta:
    """What a handler may know of an event besides its content."""

    event_id: int
    org_id: UUID
    occurred_at: datetime


Handler = Callable[[Event, EventMeta], None]
Wiring = Mapping[type[Event], Sequence[Handler]]


def append(event: Event, *, org_id: UUID, dedupe_key: str | None = None) -> None:
    """Writes the event into the current transaction; with a `dedupe_key` seen before, does nothing."""
    now = clock.now()
    row = OutboxEvent(
        org_id=org_id,
        name=event.name,
        payload=encode(event),
        occurred_at=now,
        next_try_at=now,
        dedupe_key=dedupe_key,
        trace=tracing.carried(),
    )
    OutboxEvent.objects.bulk_create([row], ignore_conflicts=dedupe_key is not None)


def drain(wiring: Wiring, *, limit: int = 100) -> int:
    """Handles up to `limit` waiting events and returns how many were handled or put back.

    1. One row is locked with SKIP LOCKED, so many workers share the queue.
    2. Its handlers run in the same transaction that marks it done: a crash anywhere undoes both.
    3. A handler that raises undoes its writes; the row waits, longer each time, and says why."""
    handled = 0
    while handled < limit and _one(wiring):
        handled += 1
    return handled


def _one(wiring: Wiring) -> bool:
    with transaction.atomic():
        row = (
            OutboxEvent.objects.select_for_update(skip_locked=True)
            .filter(done_at=None, next_try_at__lte=clock.now())
            .order_by("next_try_at", "id")
            .first()
        )
        if row is None:
            return False
        with tracing.span(f"event {row.name}", "consumer", {"fieldbeat.event": row.name}, after=row.trace) as here:
            outcome = _handled(row, wiring, here)
            row.save(update_fields=["attempts", "last_error", "next_try_at", "done_at"])
    metrics.EVENTS.add(row.name, outcome)
    metrics.EVENT_SECONDS.add((clock.now() - row.occurred_at).total_seconds())
    return True


def _handled(row: OutboxEvent, wiring: Wiring, here: tracing.Open) -> str:
    row.attempts += 1
    try:
        with transaction.atomic():
            event = decode(row.name, row.payload)
            meta = EventMeta(event_id=row.pk, org_id=row.org_id, occurred_at=row.occurred_at)
            for handler in wiring.get(type(event), ()):
                handler(event, meta)
    except Exception as error:
        row.last_error = traceback.format_exc(limit=-3)
        row.next_try_at = clock.now() + min(MAX_BACKOFF, timedelta(seconds=2 ** min(row.attempts, 11)))
        here.failed(type(error).__name__)
        _log.error("event_failed", event_id=row.pk, event_name=row.name, error=type(error).__name__)
        return "failed"
    row.done_at = clock.now()
    return "done"
