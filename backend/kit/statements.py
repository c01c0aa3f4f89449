"""Statements that are asked again and again: planned once for each connection, where PostgreSQL finds that good enough.

To plan who sees what takes longer than to read a row. The ORM's own statements carry their values in their text, so that
each is a new one to the database."""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from psycopg import Cursor

PREPARED_AT = 2
"""A statement is prepared when a connection is asked for it so many times."""

MOST_PREPARED = 60
"""For each connection; a plan takes some 100 kB in its process of the database."""


def read(sql: str, params: Sequence[object]) -> Any:
    """Returns psycopg's result of a statement that only reads, its values as they came: text.

    No question goes before it, whether the connection still lives. Where it does not, it is asked once more on another."""
    django: Any = connections[DEFAULT_DB_ALIAS]
    line = django.connection
    try:
        return _read(django, sql, params)
    except (OperationalError, InterfaceError):
        if line is None or not line.closed or django.in_atomic_block:
            raise
        django.close()
        return _read(django, sql, params)


def _read(django: Any, sql: str, params: Sequence[object]) -> Any:
    if django.connection is None:
        django.ensure_connection()
    line = django.connection
    if line.prepare_threshold is None:
        line.prepare_threshold, line.prepared_max = PREPARED_AT, MOST_PREPARED
    if getattr(django, "unwatched", False):
        # Django's own cursors take twice the time that PostgreSQL takes for a row.
        with django.wrap_database_errors:
            return Cursor(line).execute(sql, params).pgresult
    cursor_on: Any = ServerBindingCursor
    with django.wrap_database_errors, django._prepare_cursor(cursor_on(line)) as cursor:
        cursor.execute(sql, params)
        return cursor.pgresult
