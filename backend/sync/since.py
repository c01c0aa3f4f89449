"""What a feed was not told yet: the log of one org between a cursor and a snapshot."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from backend.kit import clock
from backend.kit.errors import DomainError
from backend.sync import epoch
from backend.sync.changes import from_the_future
from backend.sync.feed_cursor import FeedCursor
from backend.sync.live import BATCH, Batch, Seen

_BETWEEN = """
    SELECT org_id, entity, entity_id, root FROM sync_log
    WHERE xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)
      AND NOT pg_visible_in_snapshot(xid, %(base)s::pg_snapshot)
      AND pg_visible_in_snapshot(xid, %(target)s::pg_snapshot)
      AND org_id = %(org)s AND entity = ANY(%(entities)s)
    LIMIT %(limit)s
"""

# As in sync.retention: any mark not older than the oldest transaction that was under way counts.
_PURGED = """
    SELECT EXISTS (SELECT FROM sync_purge p WHERE p.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)
      AND pg_visible_in_snapshot(p.xid, pg_current_snapshot()) AND p.root = ANY(%(roots)s))
"""


class CursorExpired(DomainError):
    """What came after the cursor is no longer known: read anew, and go on from a new one."""

    family = "RESET"


def cursor_expired() -> CursorExpired:
    """Returns the error."""
    return CursorExpired(
        "CURSOR_EXPIRED",
        "What came after this cursor is no longer known: read what you show anew, then subscribe from liveCursor.",
        fields={"since": "expired"},
    )


def check(cursor: FeedCursor, roots: Collection[UUID]) -> None:
    """Raises CursorExpired when something may be gone from the log that came after the cursor and concerned one of the roots,
    or when the database is not the one it was."""
    newest = cursor.target or cursor.base
    if cursor.epoch != epoch.current() or from_the_future(newest):
        raise cursor_expired()
    if clock.now() - cursor.given_at > timedelta(days=settings.SYNC_LOG_DAYS):
        raise cursor_expired()
    with connection.cursor() as sql:
        sql.execute(_PURGED, {"base": cursor.base, "roots": list(roots)})
        if sql.fetchone()[0]:
            raise cursor_expired()


def includes(later: str, earlier: str) -> bool:
    """Says whether all that is visible in one snapshot is visible in the other."""
    _, top, running = _parts(later)
    _, mine, then_running = _parts(earlier)
    return mine <= top and all(one in then_running for one in running if one < mine)


def _parts(snapshot: str) -> tuple[int, int, frozenset[int]]:
    first, top, running = snapshot.split(":")
    return int(first), int(top), frozenset(map(int, filter(None, running.split(","))))


def between(base: str, target: str, org_id: UUID, entities: Collection[str]) -> Batch:
    """Returns what was committed in an org between two snapshots, of some entities."""
    with connection.cursor() as sql:
        sql.execute(
            _BETWEEN,
            {"base": base, "target": target, "org": org_id, "entities": list(entities), "limit": BATCH + 1},
        )
        found = tuple(Seen(*row) for row in sql.fetchall())
    return Batch(snapshot=target, changes=found[:BATCH], overflow=len(found) > BATCH, base=base)
