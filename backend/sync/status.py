"""How sync stands, for who runs the server: `fieldbeat sync status`."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from backend.kit import clock
from backend.sync import epoch, partitions
from backend.sync.models import SyncIssue, SyncOp
from backend.sync.partitions import LOG, sql

WEEK = timedelta(days=7)

_STREAMS = """
    SELECT count(*), count(DISTINCT s.device_id),
           count(*) FILTER (WHERE s.last_pull_at > %(week)s),
           count(*) FILTER (WHERE s.forgotten_at IS NOT NULL),
           min(s.last_pull_at) FILTER (WHERE s.forgotten_at IS NULL AND s.base <> ''),
           min(pg_snapshot_xmin(NULLIF(s.base, '')::pg_snapshot)::text::bigint) FILTER (WHERE s.forgotten_at IS NULL)
    FROM sync_stream s
"""
# A stream's position is confirmed by its next pull only, so what it was given in the last one is told by the time.
_BEHIND = """
    SELECT count(DISTINCT s.device_id) FROM sync_stream s
    WHERE s.forgotten_at IS NULL AND s.base <> '' AND EXISTS (
        SELECT FROM sync_log c JOIN sync_streamscope d ON d.stream_id = s.id AND d.root = c.root AND d.removed_gen IS NULL
        WHERE c.xid >= pg_snapshot_xmin(s.base::pg_snapshot) AND c.at > s.last_pull_at AND c.entity NOT LIKE '~%%')
"""


@dataclass(frozen=True, slots=True)
class Status:
    """Sizes in bytes; `log_begins`: when the oldest row was written; `oldest_pull`, `oldest_cursor`: when the stream that
    was away longest pulled, and the transaction its position begins at; `devices_behind`: those for which something waits."""

    epoch: str
    log_rows: int
    log_bytes: int
    log_begins: datetime | None
    partitions: int
    bulk_rows_waiting: int
    purged_roots: int
    devices: int
    streams: int
    streams_pulled_this_week: int
    streams_forgotten: int
    devices_behind: int
    oldest_pull: datetime | None
    oldest_cursor: int | None
    open_conflicts: int
    ledger_rows: int
    ledger_bytes: int
    keeps_log_days: int
    keeps_ledger_days: int
    forgets_idle_days: int

    def as_json(self) -> dict[str, Any]:
        """Returns it as plain values; instants in ISO 8601, names in camel case."""
        return {
            "".join(part.title() if number else part for number, part in enumerate(name.split("_"))): (
                value.isoformat() if isinstance(value, datetime) else value
            )
            for name, value in asdict(self).items()
        }


def status() -> Status:
    """Looks at everything once. It reads the log through, which takes a second for some millions of rows."""
    streams, devices, lately, forgotten, oldest_pull, oldest_cursor = sql(_STREAMS, {"week": clock.now() - WEEK})[0]
    ranges = partitions.partitions()
    begins = [at for one in ranges if (at := partitions.first_at(one))]
    strays, bulk_bytes, ledger_bytes = sql(
        f"SELECT pg_total_relation_size('{partitions.STRAY}'), pg_total_relation_size('sync_bulkchange'), "
        "pg_total_relation_size('sync_syncop')"
    )[0]
    return Status(
        epoch=epoch.current(),
        log_rows=sql(f"SELECT count(*) FROM {LOG}")[0][0],
        log_bytes=sum(one.size for one in ranges) + strays + bulk_bytes,
        log_begins=min(begins, default=None),
        partitions=len(ranges),
        bulk_rows_waiting=sql("SELECT COALESCE(sum(cardinality(roots)), 0) FROM sync_bulkchange")[0][0],
        purged_roots=sql("SELECT count(*) FROM sync_purge")[0][0],
        devices=devices,
        streams=streams,
        streams_pulled_this_week=lately,
        streams_forgotten=forgotten,
        devices_behind=sql(_BEHIND, {})[0][0],
        oldest_pull=oldest_pull,
        oldest_cursor=oldest_cursor,
        open_conflicts=SyncIssue.objects.filter(state="open", deleted_at=None).count(),
        ledger_rows=SyncOp.objects.count(),
        ledger_bytes=ledger_bytes,
        keeps_log_days=settings.SYNC_LOG_DAYS,
        keeps_ledger_days=settings.SYNC_LEDGER_DAYS,
        forgets_idle_days=settings.SYNC_IDLE_DAYS,
    )
