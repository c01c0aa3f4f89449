"""Reading the change log between two snapshots."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from backend.sync.tables import RANK


@dataclass(frozen=True, slots=True, order=True)
class Touched:
    """A row somebody touched: where its entity stands in the order, and its id."""

    rank: int
    id: UUID


_RANKS = "CASE c.entity " + " ".join(f"WHEN '{entity}' THEN {rank}" for entity, rank in RANK.items()) + " END"

# The roots are joined where they stand: thousands of them, sent with every idle pull, were most of its cost.
_TOUCHED = f"""
    SELECT DISTINCT {_RANKS} AS rank, c.entity_id
    FROM sync_log c
    JOIN sync_streamscope d ON d.stream_id = %(stream)s AND d.root = c.root
    WHERE c.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)
      AND NOT pg_visible_in_snapshot(c.xid, %(base)s::pg_snapshot)
      AND pg_visible_in_snapshot(c.xid, %(target)s::pg_snapshot)
      AND d.removed_gen IS NULL
      AND (%(until)s::bigint IS NULL OR d.added_gen <= %(until)s)
      AND c.entity = ANY(%(entities)s)
      AND ({_RANKS}, c.entity_id) > (%(rank)s, %(after)s::uuid)
    ORDER BY 1, 2
    LIMIT %(limit)s
"""

START = Touched(rank=-1, id=UUID(int=0))


def snapshot() -> str:
    """Returns the current transaction's snapshot as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def from_the_future(base: str) -> bool:
    """Says whether a snapshot names transactions this database has not begun: it was restored from a backup."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(%s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())", [base])
        return bool(cursor.fetchone()[0])


def touched(
    base: str, target: str, *, stream: int, until: int | None, entities: Sequence[str], after: Touched, limit: int
) -> list[Touched]:
    """Returns up to `limit` rows of the entities touched after snapshot `base` and by snapshot `target` under roots that
    the stream holds or is being given, those that entered by generation `until` if one is named."""
    if base == target:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUCHED,
            {
                "base": base,
                "target": target,
                "stream": stream,
                "until": until,
                "entities": list(entities),
                "rank": after.rank,
                "after": after.id,
                "limit": limit,
            },
        )
        return [Touched(rank=rank, id=row_id) for rank, row_id in cursor.fetchall()]
