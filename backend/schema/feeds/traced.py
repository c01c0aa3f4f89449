"""A batch of the log that was written within traces is told within one: from the commit to each message that a line has sent.

Nothing of it is done where no spans are made, nor for what was written without a trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from backend.sync.live import Batch
from backend.sync.traced import Written
from backend.telemetry import tracing

MOST_LINKS = 32
MOST_MESSAGES = 100
"""So many messages of a batch have a span; of one that thousands are told, the first."""


@dataclass(slots=True)
class _Telling:
    place: str
    written: Written
    left: int = MOST_MESSAGES


_telling: ContextVar[_Telling | None] = ContextVar("telling", default=None)


@contextmanager
def told_within(batch: Batch, written: Written) -> Iterator[None]:
    """Has what the block tells be beneath the batch's span: a part of the first commit's trace, linked to the others."""
    first, *others = written.commits
    attributes: dict[str, tracing.Value] = {
        "fieldbeat.changes": len(batch.changes),
        "fieldbeat.after_commit_ms": round(written.waited_ms, 2),
    }
    with tracing.span("live batch", "consumer", attributes, after=first, beside=others[:MOST_LINKS]):
        before = _telling.set(_Telling(tracing.carried(), written))
        try:
            yield
        finally:
            _telling.reset(before)


def message(entity: str, row: UUID | None) -> tracing.Open:
    """Begins the span of a message about a row, which ends when it was sent; it is linked to the commit that made it."""
    telling = _telling.get()
    if telling is None or row is None or not telling.left:
        return tracing.NOTHING
    commit = (telling.written.of_rows or {}).get((entity, row))
    if commit is None:
        return tracing.NOTHING
    telling.left -= 1
    return tracing.span("live message", "producer", {"fieldbeat.entity": entity}, after=telling.place, beside=(commit,))
