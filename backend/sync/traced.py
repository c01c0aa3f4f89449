"""Which changes of the log were written within a trace (events.traced)."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

MOST = 500
"""Of so many changes of a batch it is told at most."""

_WRITTEN = """
    SELECT c.entity, c.entity_id, t.trace, extract(epoch FROM clock_timestamp() - t.at) * 1000
    FROM events_tracedwrite t JOIN sync_log c ON c.xid = t.xid::text::xid8
    WHERE t.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)::text::bigint
      AND NOT pg_visible_in_snapshot(c.xid, %(base)s::pg_snapshot)
      AND pg_visible_in_snapshot(c.xid, %(target)s::pg_snapshot)
    ORDER BY t.xid LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Written:
    """The places (traceparent) of the commits between two snapshots, in their order, and those of rows, by entity and id: of
    each the last. `waited_ms`: since the first of these commits."""

    commits: tuple[str, ...] = ()
    of_rows: dict[tuple[str, UUID], str] | None = None
    waited_ms: float = 0.0


def written(base: str, target: str) -> Written:
    """Returns what was written within traces between two snapshots."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, {"base": base, "target": target, "limit": MOST})
        rows = cursor.fetchall()
    if not rows:
        return Written()
    commits = tuple(dict.fromkeys(trace for _, _, trace, _ in rows))
    return Written(commits, {(entity, row): trace for entity, row, trace, _ in rows}, max(0.0, float(rows[0][3])))
