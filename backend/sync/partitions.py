"""The partitions of the change log: ranges of transaction ids, closed one after another, so that a day can be dropped whole.

The newest partition has no upper end, so a writer always finds a place, whether the worker runs or not. Closing it gives it
the end that the transactions have reached and opens the next; no clock and no forecast is in the ranges. What lies beneath
the oldest range (only a database loaded from a dump writes such ids) goes to a partition of strays."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction

from backend.kit.errors import Busy

LOG = "sync_change"
STRAY = "sync_change_stray"
FIRST = "sync_change_0"
COMPACT = "compact"
LOCK_MS = 300
"""How long a writer may wait behind us while we wait for the log; then we give way and try again later."""

_BOUNDS = re.compile(r"FOR VALUES FROM \((?:'(\d+)'|MINVALUE)\) TO \((?:'(\d+)'|MAXVALUE)\)")


@dataclass(frozen=True, slots=True)
class Partition:
    """One range of the log: transaction ids from `lower` (None: from the first) up to, not with, `upper` (None: for ever)."""

    name: str
    lower: int | None
    upper: int | None
    compact: bool
    size: int


def sql(statement: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Runs one statement and returns its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def partitions() -> list[Partition]:
    """Returns the ranges, oldest first, without the strays; sizes in bytes, indexes included."""
    rows = sql(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), obj_description(c.oid, 'pg_class'), "
        "pg_total_relation_size(c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        f"WHERE i.inhparent = '{LOG}'::regclass"
    )
    found = [
        Partition(name, _bound(match[1]), _bound(match[2]), comment == COMPACT, size)
        for name, text, comment, size in rows
        if (match := _BOUNDS.fullmatch(text))
    ]
    return sorted(found, key=lambda one: -1 if one.lower is None else one.lower)


def _bound(text: str | None) -> int | None:
    return int(text) if text else None


def first_at(partition: Partition) -> datetime | None:
    """Returns when the first row of a partition was written; None when it has none."""
    rows = sql(f"SELECT at FROM {partition.name} ORDER BY xid LIMIT 1")
    return rows[0][0] if rows else None


def last_at(partition: Partition) -> datetime | None:
    """Returns when the newest transaction of a partition wrote; None when it has none."""
    rows = sql(f"SELECT at FROM {partition.name} ORDER BY xid DESC LIMIT 1")
    return rows[0][0] if rows else None


@contextmanager
def alone(*, wait_ms: int = LOCK_MS) -> Iterator[None]:
    """Holds the log against everybody for the block; raises Busy when it is not free in time."""
    try:
        with transaction.atomic():
            sql(f"SET LOCAL lock_timeout = {wait_ms}")
            sql(f"LOCK TABLE ONLY {LOG} IN ACCESS EXCLUSIVE MODE")
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "55P03":
            raise
        raise Busy("LOG_BUSY", "The change log is in use; its partitions are seen to later.") from error


def edge() -> int:
    """Returns the transaction id that everything visible now lies before."""
    return int(sql("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0])


def settled() -> int:
    """Returns the transaction id before which nothing is under way any more."""
    return int(sql("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")[0][0])


def close_newest() -> None:
    """Ends the newest partition at the transactions reached, and opens the next; raises Busy."""
    with alone():
        newest = partitions()[-1]
        # Who has written holds the log, so with the log in our hands every row it has lies before this.
        end = edge()
        if end <= (newest.lower or 0):
            return
        _reattach(newest, end)
        sql(f"CREATE TABLE {LOG}_{end} PARTITION OF {LOG} FOR VALUES FROM ('{end}') TO (MAXVALUE)")


def _reattach(partition: Partition, upper: int | None) -> None:
    lower = "MINVALUE" if partition.lower is None else f"'{partition.lower}'"
    end = "MAXVALUE" if upper is None else f"'{upper}'"
    sql(f"ALTER TABLE {LOG} DETACH PARTITION {partition.name}")
    sql(f"ALTER TABLE {LOG} ATTACH PARTITION {partition.name} FOR VALUES FROM ({lower}) TO ({end})")


def drop(partition: Partition) -> None:
    """Drops a closed partition with all its rows; raises Busy."""
    with alone():
        sql(f"DROP TABLE {partition.name}")


def note_compact(partition: Partition) -> None:
    """Notes at the partition that it holds each row once."""
    sql(f"COMMENT ON TABLE {partition.name} IS '{COMPACT}'")


def has_future() -> bool:
    """Says whether the log holds transactions that this database has not begun: it was loaded from a dump, or went back."""
    return bool(sql(f"SELECT EXISTS (SELECT FROM sync_log WHERE xid >= '{edge()}'::xid8)")[0][0])


def forget_future() -> None:
    """Deletes what comes from transactions not begun yet, and lets the newest partition be the one written to; raises Busy."""
    with alone():
        end = edge()
        for one in partitions():
            if (one.lower or 0) >= end:
                sql(f"DROP TABLE {one.name}")
        sql(f"DELETE FROM {LOG} WHERE xid >= '{end}'::xid8")
        sql(f"DELETE FROM sync_bulkchange WHERE xid >= '{end}'::xid8")
        left = partitions()
        if left and left[-1].upper is not None:
            _reattach(left[-1], None)
        if not left:
            _adopt_strays()


def _adopt_strays() -> None:
    sql(f"ALTER TABLE {LOG} DETACH PARTITION {STRAY}")
    sql(f"ALTER TABLE {STRAY} RENAME TO {FIRST}")
    sql(f"ALTER TABLE {LOG} ATTACH PARTITION {FIRST} FOR VALUES FROM (MINVALUE) TO (MAXVALUE)")
    sql(f"CREATE TABLE {STRAY} PARTITION OF {LOG} DEFAULT")


def empty() -> None:
    """Deletes the whole log and begins it anew, in the caller's transaction; raises Busy after ten seconds."""
    with alone(wait_ms=10_000):
        for one in partitions():
            sql(f"DROP TABLE {one.name}")
        sql("TRUNCATE sync_bulkchange, sync_purge")
        sql(f"DELETE FROM {STRAY}")
        _adopt_strays()
