"""Living rows under the roots of a stream, as operations: JSON text that the database makes and nobody here reads.

A row comes only from a root that the stream holds: reading and authorising are one statement."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from backend.sync.tables import SyncedTable

P0, P1, P2, ALL = 0, 1, 2, 3
"""What a pass over the entering roots sends: roots of priority 0, of priority 1, history of both, or all at once."""


ID = 36
"""How long an id is as text."""


@dataclass(frozen=True, slots=True)
class Which:
    """Which rows of a stream: under roots that entered in generations `after` < added <= `until`, in one pass.

    `old`: the instant (ISO) before which things are history."""

    stream: int
    after: int | None = None
    until: int | None = None
    part: int = ALL
    old: str = ""

    def conditions(self, table: SyncedTable) -> str:
        """Returns SQL over the row `t` and the scope `d`."""
        wanted = ["d.stream_id = %(stream)s", "d.removed_gen IS NULL"]
        if self.after is not None:
            wanted.append("d.added_gen > %(gen_after)s")
        if self.until is not None:
            wanted.append("d.added_gen <= %(gen_until)s")
        if self.part in (P0, P1):
            wanted.append(f"d.priority = %(part)s AND NOT ({history(table)})")
        if self.part == P2:
            wanted.append(history(table))
        return " AND ".join(wanted)

    def nothing_of(self, table: SyncedTable) -> bool:
        """Says whether the pass has no row of the table whatever it holds."""
        return table.history == ("FALSE" if self.part == P2 else "TRUE") and self.part != ALL

    def values(self) -> dict[str, Any]:
        """Returns the parameters of the conditions."""
        return {
            "stream": self.stream,
            "gen_after": self.after,
            "gen_until": self.until,
            "part": self.part,
            "old": self.old or None,
        }


def history(table: SyncedTable) -> str:
    """Returns the SQL that says whether a row is history."""
    return table.history.format(old="%(old)s::timestamptz")


def _from(table: SyncedTable) -> str:
    return (
        f"FROM {table.table} t{table.root.join('t')}{table.join} "
        f"JOIN sync_streamscope d ON d.root = {table.root.of('t')}"
    )


def _line(table: SyncedTable, op: str, root: str) -> str:
    return f"""'{{"op":"{op}","entity":"{table.entity}","id":"' || t.id || '","root":"' || {root} || '\"'"""


def _put(table: SyncedTable, root: str) -> str:
    return f"""SELECT {_line(table, "put", root)} || ',"row":' || row_to_json(r)::text || '}}'"""


def _row(table: SyncedTable) -> str:
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in table.columns.items())
    return f'CROSS JOIN LATERAL (SELECT t.id AS "id", {columns}) r'


def _held(table: SyncedTable) -> str:
    """Returns SQL that says whether a row stands under a root the stream holds.

    A subquery for each row, so that rows are found by their ids and then asked for their root: a join was turned round, and
    went through thousands of roots with all the ids in hand."""
    return (
        f"(SELECT TRUE FROM sync_streamscope d WHERE d.stream_id = %(stream)s AND d.root = {table.root.of('t')} "
        "AND d.removed_gen IS NULL)"
    )


def deleted(entity: str, row_id: str) -> str:
    """Returns the operation that deletes a row."""
    return f'{{"op":"del","entity":"{entity}","id":"{row_id}"}}'


def place(table: SyncedTable, line: str) -> tuple[str, str]:
    """Returns root and id of the row that a line of this module speaks of, from where they always stand in it."""
    start = len('{"op":"put","entity":"","id":"') + len(table.entity)
    root = start + ID + len('","root":"')
    return line[root : root + ID], line[start : start + ID]


def under(
    table: SyncedTable, which: Which, *, after: tuple[str, str] | None, limit: int, gone: bool = False
) -> list[str]:
    """Returns up to `limit` rows as operations in the order of root and id, after a position; `gone`: as deletes,
    which name their root too."""
    if which.nothing_of(table):
        return []
    params = which.values()
    if gone:
        sql = f"SELECT {_line(table, 'del', 'd.root')} || '}}' {_from(table)}"
    else:
        sql = f"{_put(table, 'd.root')} {_from(table)} {_row(table)}"
    sql += f" WHERE {table.alive} AND {which.conditions(table)}"
    if after is not None:
        # The first half says to an index what the second says exactly.
        sql += " AND d.root >= %(root)s::uuid AND (d.root, t.id) > (%(root)s::uuid, %(id)s::uuid)"
        params["root"], params["id"] = after
    return _fetch(f"{sql} ORDER BY d.root, t.id LIMIT %(limit)s", {**params, "limit": limit})


def named(table: SyncedTable, stream: int, ids: Collection[str]) -> dict[str, str]:
    """Returns those of the rows that live under a root the stream holds, as operations by id."""
    sql = (
        f"{_put(table, table.root.of('t'))} FROM {table.table} t{table.root.join('t')}{table.join} {_row(table)} "
        f"WHERE {table.alive} AND t.id = ANY(%(ids)s::uuid[]) AND {_held(table)}"
    )
    lines = _fetch(sql, {"stream": stream, "ids": "{" + ",".join(ids) + "}"})
    return {place(table, line)[1]: line for line in lines}


def count(tables: Mapping[int, SyncedTable], which: Which) -> dict[int, list[int]]:
    """Returns how many living rows of each priority there are, by rank, of tables that have any. One statement."""
    counts: dict[int, list[int]] = {}
    selects = (
        f"SELECT {rank}, CASE WHEN {history(table)} THEN 2 ELSE d.priority END, count(*) {_from(table)} "
        f"WHERE {table.alive} AND {which.conditions(table)} GROUP BY 2"
        for rank, table in tables.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), which.values())
        for rank, priority, number in cursor.fetchall():
            counts.setdefault(rank, [0, 0, 0])[priority] = number
    return counts


def _fetch(sql: str, params: Mapping[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [line for (line,) in cursor.fetchall()]
