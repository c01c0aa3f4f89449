"""Making the log smaller without losing a word of it: bulk rows taken apart, and each row of a closed partition kept once.

Of several entries of one row under one root the newest is enough for every device, whatever it asks from: a page reads the
row as it stands now, and a pull ends only when it has caught up with its own instant, which the newest entry is before.
The newest is the one committed last, so that no position knows it and not those before. Who writes a row, or moves its parent,
holds a lock until the end of the transaction (capture.py), so the entries of a row are written in the order of the commits;
the numbers of transactions are given when they begin to write, and a slow one may take an early number and write last. Only an
entry that is older by both goes.
So entries are thinned in every partition that no transaction writes to any more. A deletion or a move leaves its entry under
each root it concerns until retention."""

from itertools import pairwise
from uuid import UUID

from django.db import transaction

from backend.sync.partitions import Partition, note_compact, partitions, settled, sql

SLICE = 5_000
"""How many entries are looked at in one transaction."""

_UNPACK = """
    WITH one AS (
        DELETE FROM sync_bulkchange WHERE seq = (
            SELECT seq FROM sync_bulkchange ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING *
    ), made AS (
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT one.xid, one.org_id, one.entity, u.entity_id, u.root, one.at
        FROM one, unnest(one.entity_ids, one.roots) u(entity_id, root) ORDER BY u.root
        RETURNING 1
    ) SELECT count(*) FROM made
"""


def unpack() -> int:
    """Makes single entries of one bulk row that nobody else is at; returns how many, 0 when none waits."""
    return int(sql(_UNPACK)[0][0])


def unpack_all() -> int:
    """Makes single entries of all bulk rows; returns how many."""
    total = 0
    while made := unpack():
        total += made
    return total


def compact() -> int:
    """Thins every closed partition that was not thinned yet, and what it repeats of older ones; returns how many entries went."""
    before, gone = settled(), 0
    for one in partitions():
        if one.compact or one.upper is None or one.upper > before or _bulk_before(one.upper):
            continue
        for begin, end in slices(one):
            gone += _thin(one, begin, end)
        note_compact(one)
    return gone


def _bulk_before(xid: int) -> bool:
    return bool(sql(f"SELECT EXISTS (SELECT FROM sync_bulkchange WHERE xid < '{xid}'::xid8)")[0][0])


def slices(partition: Partition) -> list[tuple[UUID, UUID]]:
    """Cuts the roots of a partition into ranges (begin < root <= end) of some thousand entries each."""
    ends = sql(
        f"SELECT DISTINCT root FROM (SELECT root, row_number() OVER (ORDER BY root) AS n FROM {partition.name}) s "
        f"WHERE n %% {SLICE} = 0 ORDER BY root",
        {},
    )
    points = [UUID(int=0), *(end for (end,) in ends), UUID(int=(1 << 128) - 1)]
    return list(pairwise(points))


@transaction.atomic
def _thin(partition: Partition, begin: UUID, end: UUID) -> int:
    these = {"begin": begin, "end": end}
    signals = "root > %(begin)s AND root <= %(end)s AND entity LIKE '~%%'"
    same = "n.root = o.root AND n.entity = o.entity AND n.entity_id = o.entity_id"
    newer = f"{same} AND n.xid >= o.xid AND (n.at, n.seq) > (o.at, o.seq)"
    where = f"o.root > %(begin)s AND o.root <= %(end)s AND n.root > %(begin)s AND n.root <= %(end)s AND {newer}"
    deletions = (
        # Listeners heard of these within the second, and no device is sent them.
        f"DELETE FROM {partition.name} WHERE {signals}",
        f"DELETE FROM {partition.name} o USING {partition.name} n WHERE {where}",
        f"DELETE FROM sync_change o USING {partition.name} n WHERE {where} AND o.xid < '{partition.lower or 0}'::xid8",
    )
    return sum(int(sql(f"WITH d AS ({one} RETURNING 1) SELECT count(*) FROM d", these)[0][0]) for one in deletions)
