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

_BETWEEN = """
    c.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(c.xid, %(base)s::pg_snapshot)
    AND pg_visible_in_snapshot(c.xid, %(target)s::pg_snapshot)
    AND c.entity = ANY(%(entities)s)"""

_HELD = """d.stream_id = %(stream)s AND d.removed_gen IS NULL
    AND (%(until)s::bigint IS NULL OR d.added_gen <= %(until)s)"""

# The roots are joined where they stand: thousands of them, sent with every idle pull, were most of its cost. What a bulk row
# holds is taken apart once and asked for its roots in a table of them (the IS TRUE keeps it from being joined the other way
# round, which took it apart for each root).
_TOUCHED = f"""
    WITH bulk AS MATERIALIZED (
        SELECT c.entity, u.entity_id, u.root
        FROM sync_bulkchange c, unnest(c.entity_ids, c.roots) u(entity_id, root) WHERE {_BETWEEN}
    ), seen AS (
        SELECT c.entity, c.entity_id
        FROM sync_change c JOIN sync_streamscope d ON d.root = c.root AND {_HELD} WHERE {_BETWEEN}
        UNION ALL
        SELECT b.entity, b.entity_id FROM bulk b
        WHERE (b.root IN (SELECT d.root FROM sync_streamscope d WHERE {_HELD})) IS TRUE
    )
    SELECT DISTINCT {_RANKS} AS rank, c.entity_id
    FROM seen c
    WHERE ({_RANKS}, c.entity_id) > (%(rank)s, %(after)s::uuid)
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
