"""How long things are kept, and what a device is told that missed something which is gone.

`keep` is the worker's job. Every piece of it is short, may be cut off anywhere and done again, and only one worker is at it.
Before a partition of the log is dropped, each root in it is marked with the newest change that goes (`Purge`); a stream whose
position may not include all up to that change and that holds that root is told TOO_OLD, and nobody else. Rows that were deleted softly
stay in their tables: they are the org's history, foreign keys and refused re-creations need them, and no phone is sent them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from backend.kit import clock
from backend.kit.errors import Busy
from backend.kit.locks import Lock, release, try_hold
from backend.kit.logs import logger
from backend.sync import compaction, epoch, partitions, scope
from backend.sync.models import Stream
from backend.sync.partitions import Partition, sql

PARTITION_AGE = timedelta(days=1)
PARTITION_BYTES = 256 * 2**20
"""A partition is closed when its first row is so old, or all of it so large: closing reads it through while writers wait."""
BATCH = 5_000

_log = logger("sync")

# The mark is the newest change of many: others of the root may be of transactions that were under way in `base`, so any mark
# not older than the oldest of these counts, seen or not. A mark of another life of the database may lie ahead of us (a dump
# loaded elsewhere): what we cannot see did not happen here.
_TOO_OLD = """
    SELECT EXISTS (
        SELECT FROM sync_purge p
        JOIN sync_streamscope d ON d.stream_id = %(stream)s AND d.root = p.root AND d.removed_gen IS NULL
        WHERE p.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)
          AND pg_visible_in_snapshot(p.xid, pg_current_snapshot()))
"""


def too_old(stream: Stream, base: str) -> bool:
    """Says whether something may have been purged that was not visible in the snapshot `base` and concerned a root of the
    stream."""
    if not base:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_TOO_OLD, {"stream": stream.pk, "base": base})
        return bool(cursor.fetchone()[0])


@dataclass(slots=True)
class Kept:
    """What one run did: log rows taken apart, thinned and dropped; partitions closed and dropped; streams forgotten as idle;
    ledger answers shortened; markers of roots purged whose grace is over."""

    unpacked: int = 0
    closed: int = 0
    thinned: int = 0
    dropped: int = 0
    dropped_rows: int = 0
    forgotten: int = 0
    shortened: int = 0
    markers: int = 0

    def told(self) -> str:
        """Returns it as a sentence."""
        done = [f"{name.replace('_', ' ')} {number:,}" for name, number in asdict(self).items() if number]
        return f"Done: {', '.join(done)}." if done else "Nothing was due."


def keep() -> Kept | None:
    """Does all that is due now, and returns it; None when another process is at it."""
    if not try_hold(Lock.SYNC_LOG, 0):
        return None
    try:
        kept = Kept()
        epoch.current()
        for piece in (_mend, _close, _thin, _drop, _forget_idle, _shorten_ledger, _purge_markers):
            _if_free(piece, kept)
    finally:
        release(Lock.SYNC_LOG, 0)
    if any(done := {name: number for name, number in asdict(kept).items() if number}.items()):
        _log.info("sync_kept", **dict(done))
    return kept


def _if_free(piece: Callable[[Kept], None], kept: Kept) -> None:
    try:
        piece(kept)
    except Busy as busy:
        # Somebody writes for long, or a backup is being made: the next run tries again, and nothing is lost by waiting.
        _log.info("sync_keep_waits", piece=piece.__name__.strip("_"), reason=busy.code)


def _mend(kept: Kept) -> None:
    del kept
    if partitions.has_future():
        partitions.forget_future()


def _close(kept: Kept) -> None:
    newest = partitions.partitions()[-1]
    begun = partitions.first_at(newest)
    if begun and (clock.now() - begun >= PARTITION_AGE or newest.size >= PARTITION_BYTES):
        partitions.close_newest()
        kept.closed += 1


def _thin(kept: Kept) -> None:
    kept.unpacked += compaction.unpack_all()
    kept.thinned += compaction.compact()


def _drop(kept: Kept) -> None:
    until, before = clock.now() - timedelta(days=settings.SYNC_LOG_DAYS), partitions.settled()
    for one in partitions.partitions():
        newest = partitions.last_at(one)
        if not one.compact or one.upper is None or one.upper > before or (newest and newest >= until):
            break
        kept.dropped_rows += _mark(one)
        partitions.drop(one)
        kept.dropped += 1


def _mark(partition: Partition) -> int:
    """Notes for each root of a partition the newest change that is about to go; returns how many rows will."""
    total = 0
    for begin, end in compaction.slices(partition):
        with transaction.atomic():
            total += sql(
                "WITH here AS (SELECT root, max(xid) AS xid, count(*) AS n "
                f"FROM {partition.name} WHERE root > %(begin)s AND root <= %(end)s GROUP BY root), noted AS ("
                "INSERT INTO sync_purge (root, xid) SELECT root, xid FROM here ON CONFLICT (root) "
                "DO UPDATE SET xid = greatest(sync_purge.xid, EXCLUDED.xid)) SELECT COALESCE(sum(n), 0)::bigint FROM here",
                {"begin": begin, "end": end},
            )[0][0]
    return total


def _forget_idle(kept: Kept) -> None:
    """Streams that did not pull for long give back what they hold; their cursor is answered TOO_OLD."""
    idle = Stream.objects.filter(
        forgotten_at=None, last_pull_at__lt=clock.now() - timedelta(days=settings.SYNC_IDLE_DAYS)
    ).order_by("pk")
    for key in list(idle.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            # Looked at again under its lock: it may have come back this moment.
            stream = idle.select_for_update().filter(pk=key).first()
            if stream is None:
                continue
            stream.scope.all().delete()
            stream.base, stream.shapes, stream.forgotten_at = "", {}, clock.now()
            stream.save(update_fields=["base", "shapes", "forgotten_at"])
            kept.forgotten += 1


def _shorten_ledger(kept: Kept) -> None:
    """Old answers keep number, hash, status and code, so that a replay is still known; what was said about them goes."""
    until = clock.now() - timedelta(days=settings.SYNC_LEDGER_DAYS)
    while done := sql(
        'WITH s AS (UPDATE sync_syncop SET result = result || \'{"message": null, "fields": {}}\' WHERE id IN ('
        "SELECT id FROM sync_syncop WHERE received_at < %(until)s AND result ->> 'message' IS NOT NULL LIMIT %(batch)s) "
        "RETURNING 1) SELECT count(*) FROM s",
        {"until": until, "batch": BATCH},
    )[0][0]:
        kept.shortened += done


def _purge_markers(kept: Kept) -> None:
    kept.markers += scope.purge_gone(clock.now() - timedelta(hours=settings.SYNC_GRACE_HOURS))
