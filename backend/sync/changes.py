"""Reading the change log between two snapshots, and the rows it speaks of as they stand now."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from backend.sync.tables import RANK, TABLES, SyncedTable


@dataclass(frozen=True, slots=True, order=True)
class Touched:
    """A row somebody touched: where its entity stands in the order, and its id."""

    rank: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """A living row as it stands now, with the root it stands under."""

    entity: str
    id: UUID
    root: UUID
    row: dict[str, Any]


_RANKS = "CASE c.entity " + " ".join(f"WHEN '{entity}' THEN {rank}" for entity, rank in RANK.items()) + " END"

_TOUCHED = f"""
    SELECT DISTINCT {_RANKS} AS rank, c.entity_id
    FROM sync_change c
    WHERE c.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)
      AND NOT pg_visible_in_snapshot(c.xid, %(base)s::pg_snapshot)
      AND pg_visible_in_snapshot(c.xid, %(target)s::pg_snapshot)
      AND c.root = ANY(%(roots)s::uuid[])
      AND c.entity = ANY(%(entities)s)
      AND ({_RANKS}, c.entity_id) > (%(rank)s, %(after)s::uuid)
    ORDER BY 1, 2
    LIMIT %(limit)s
"""

START = Touched(rank=-1, id=UUID(int=0))


def _array(ids: Collection[UUID]) -> str:
    """Returns an array literal: thousands of roots written as one text cost a tenth of thousands of parameters."""
    return "{" + ",".join(map(str, ids)) + "}"


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


def touched(base: str, target: str, roots: Collection[UUID], *, after: Touched, limit: int) -> list[Touched]:
    """Returns up to `limit` rows touched under `roots` after snapshot `base` and by snapshot `target`."""
    if not roots or base == target:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUCHED,
            {
                "base": base,
                "target": target,
                "roots": _array(roots),
                "entities": list(RANK),
                "rank": after.rank,
                "after": after.id,
                "limit": limit,
            },
        )
        return [Touched(rank=rank, id=row_id) for rank, row_id in cursor.fetchall()]


def rows(wanted: Collection[Touched]) -> dict[Touched, Found]:
    """Returns the living rows among `wanted`, one query for each entity among them."""
    found: dict[Touched, Found] = {}
    for rank in sorted({touch.rank for touch in wanted}):
        table = TABLES[rank]
        ids = [touch.id for touch in wanted if touch.rank == rank]
        for one in _fetch(table, f"{table.select()} AND t.id = ANY(%s::uuid[])", [ids]):
            found[Touched(rank=rank, id=one.id)] = one
    return found


def rows_under(roots: Collection[UUID], *, after: Touched, limit: int) -> Iterator[tuple[int, Found]]:
    """Yields (rank, row) of living rows under `roots`, parents first, after a position."""
    left = limit
    for rank in range(max(after.rank, 0), len(TABLES)):
        if left <= 0:
            return
        table = TABLES[rank]
        sql = f"SELECT * FROM ({table.select()}) s WHERE s.root = ANY(%s::uuid[])"
        params: list[Any] = [_array(roots)]
        if rank == after.rank:
            sql, params = f"{sql} AND s.id > %s", [*params, after.id]
        for one in _fetch(table, f"{sql} ORDER BY s.id LIMIT %s", [*params, left]):
            left -= 1
            yield rank, one


def count_under(roots: Collection[UUID]) -> dict[str, int]:
    """Returns how many living rows of each entity stand under `roots`."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM ({table.select()}) s WHERE s.root = ANY(%s::uuid[])", [list(roots)])
            if number := cursor.fetchone()[0]:
                counts[table.entity] = number
    return counts


def _fetch(table: SyncedTable, sql: str, params: list[Any]) -> list[Found]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [
            Found(entity=table.entity, id=row_id, root=root, row=json.loads(row))
            for row_id, root, row in cursor.fetchall()
        ]
