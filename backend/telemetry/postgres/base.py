"""Django's PostgreSQL, whose statements are spans where a trace is open (see tracing): the text without its values."""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from backend.telemetry import tracing

LONGEST = 2_000

_WROTE = "SELECT pg_current_xact_id_if_assigned()::text::bigint"
_NOTE = "INSERT INTO events_tracedwrite (xid, trace, at) VALUES (%s, %s, clock_timestamp()) ON CONFLICT DO NOTHING"
"""The table is that of backend.events.traced; who tells listeners of what was written finds the trace there."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(_told)

    @property
    def unwatched(self) -> bool:
        """Says whether nobody wants to be told of statements: no trace, no log, no test that counts."""
        return not tracing.on() and not self.queries_logged and len(self.execute_wrappers) == 1

    def _commit(self) -> None:
        with tracing.span(
            "COMMIT", "client", {"db.system.name": "postgresql", "db.operation.name": "COMMIT"}, within=True
        ) as here:
            if here.span is not None:
                self._note_write()
            super()._commit()  # type: ignore[misc]

    def _note_write(self) -> None:
        """Notes within which trace this transaction was written, if it wrote anything."""
        if self.connection is None or self.connection.info.transaction_status != TransactionStatus.INTRANS:
            return
        # Past Django's own cursor: what watches over a trace is no part of it.
        with self.connection.cursor() as cursor:
            wrote = cursor.execute(_WROTE).fetchone()
            if wrote is not None and wrote[0] is not None:
                cursor.execute(_NOTE, [wrote[0], tracing.carried()])


def _told(execute: Callable[..., object], sql: object, params: object, many: bool, context: dict[str, Any]) -> object:
    if not tracing.on():
        return execute(sql, params, many, context)
    text = sql if isinstance(sql, str) else "composed"
    operation = text.split(None, 1)[0][:20].upper() if text.strip() else "empty"
    attributes: dict[str, tracing.Value] = {
        "db.system.name": "postgresql",
        "db.operation.name": operation,
        "db.query.text": text[:LONGEST],
    }
    with tracing.span(operation, "client", attributes, within=True) as here:
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state is not None:
                here.note("db.response.status_code", state)
            raise
