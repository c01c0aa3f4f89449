"""What was purged from the change log, and to whom it would have mattered."""

from django.db import connection

from backend.sync.models import Stream

# A mark of another life of the database may lie ahead of us (a dump loaded elsewhere): what we cannot see did not happen here.
_TOO_OLD = """
    SELECT EXISTS (
        SELECT FROM sync_purge p
        JOIN sync_streamscope d ON d.stream_id = %(stream)s AND d.root = p.root AND d.removed_gen IS NULL
        WHERE p.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)
          AND NOT pg_visible_in_snapshot(p.xid, %(base)s::pg_snapshot)
          AND pg_visible_in_snapshot(p.xid, pg_current_snapshot()))
"""


def too_old(stream: Stream, base: str) -> bool:
    """Says whether something was purged that was not visible in the snapshot `base` and concerned a root of the stream."""
    if not base:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_TOO_OLD, {"stream": stream.pk, "base": base})
        return bool(cursor.fetchone()[0])
