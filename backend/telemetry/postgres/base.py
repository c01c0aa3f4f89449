"""Django's PostgreSQL, whose statements are spans where a trace is open (see tracing): the text without its values."""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base

from backend.telemetry import tracing

LONGEST = 2_000


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
        ):
            super()._commit()  # type: ignore[misc]


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
