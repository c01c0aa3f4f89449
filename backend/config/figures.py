"""How the queues, the change log and the phones stand: asked of the database when somebody looks, and kept for some seconds."""

import time
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

from django.db import Error, connection, transaction
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.kit.logs import logger

KEEP_SECONDS = 10.0
STATEMENT_MS = 2_000
"""What takes longer is given up: a database in trouble must not be troubled by those who look at it."""

QUANTILES = (0.5, 0.9, 0.99, 1.0)

_QUEUES = """
    SELECT 'events', count(*), extract(epoch FROM now() - min(occurred_at)) FROM events_outboxevent WHERE done_at IS NULL
    UNION ALL
    SELECT 'deliveries_' || w.channel, count(d.id), extract(epoch FROM now() - min(d.next_try_at))
    FROM unnest(ARRAY['push', 'webpush', 'email']) AS w(channel)
    LEFT JOIN notifications_delivery d ON d.channel = w.channel AND d.state = 'queued' AND d.next_try_at <= now()
    GROUP BY w.channel
    UNION ALL
    SELECT 'bulk_changes', count(*), extract(epoch FROM now() - min(at)) FROM sync_bulkchange
    UNION ALL
    SELECT 'jobs', count(*), extract(epoch FROM now() - min(greatest(j.scheduled_at, e.at)))
    FROM procrastinate_jobs j LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM procrastinate_events WHERE job_id = j.id) e ON TRUE
    WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
"""
# Who may not read all statistics sees the transactions of their own role alone, which are all that Fieldbeat makes.
_ACTIVITY = """
    SELECT greatest(0, extract(epoch FROM now() - min(xact_start) FILTER (WHERE backend_xid IS NOT NULL))),
           greatest(0, extract(epoch FROM now() - min(xact_start))),
           count(*), current_setting('max_connections')::int
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_LOG = """
    SELECT COALESCE(sum(pg_total_relation_size(c.oid)), 0), COALESCE(sum(greatest(c.reltuples, 0)), 0), count(*)
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'sync_change'::regclass
"""
_CURSORS = """
    SELECT count(*),
           percentile_cont(%(at)s::float8[]) WITHIN GROUP (ORDER BY extract(epoch FROM now() - last_pull_at)),
           percentile_cont(%(at)s::float8[]) WITHIN GROUP (ORDER BY greatest(0,
               pg_snapshot_xmax(pg_current_snapshot())::text::bigint - pg_snapshot_xmin(base::pg_snapshot)::text::bigint))
    FROM sync_stream WHERE forgotten_at IS NULL AND base <> '' AND last_pull_at IS NOT NULL
"""
_CONFLICTS = "SELECT count(*) FROM sync_syncissue WHERE state = 'open' AND deleted_at IS NULL"

_log = logger("metrics")


class Figures(Collector):
    """Asks at most once in KEEP_SECONDS, however many look. While the database cannot be asked, `fieldbeat_figures_up` is 0,
    and the others are absent rather than old."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = float("-inf")
        self._kept: list[Metric] = []

    def describe(self) -> list[Metric]:
        """Says nothing beforehand: to register it must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Returns what is kept, or asks."""
        with self._lock:
            if time.monotonic() - self._asked > KEEP_SECONDS:
                self._kept = _asked()
                self._asked = time.monotonic()
            kept = self._kept
        yield from kept

    def forget(self) -> None:
        """Has the next look ask anew."""
        with self._lock:
            self._asked = float("-inf")


FIGURES = Figures()


def _asked() -> list[Metric]:
    began = time.perf_counter()
    try:
        with transaction.atomic():
            found = _read()
    except Error as error:
        _log.warning("figures_not_read", error=type(error).__name__)
        return [_one("figures_up", "Whether the database could be asked for figures.", 0)]
    seconds = time.perf_counter() - began
    return [
        *found,
        _one("figures_up", "Whether the database could be asked for figures.", 1),
        _one("figures_seconds", "How long the database took for the figures.", seconds),
    ]


def _read() -> list[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")

        def ask(statement: str, **given: Any) -> list[tuple[Any, ...]]:
            cursor.execute(statement, given or None)
            return list(cursor.fetchall())

        queues = ask(_QUEUES)
        ((writing, longest, connections, most),) = ask(_ACTIVITY)
        ((log_bytes, log_rows, partitions),) = ask(_LOG)
        ((streams, ages, behind),) = ask(_CURSORS, at=list(QUANTILES))
        ((conflicts,),) = ask(_CONFLICTS)
    return [
        _many("queue_depth", "What is due in a queue.", "queue", [(name, count) for name, count, _ in queues]),
        _many(
            "queue_age_seconds",
            "For how long the oldest of a queue has waited; 0 when nothing waits.",
            "queue",
            [(name, max(0.0, float(age or 0))) for name, _, age in queues],
        ),
        _one(
            "write_horizon_seconds", "Age of the oldest transaction that writes: no phone sees what is newer.", writing
        ),
        _one("oldest_transaction_seconds", "Age of the oldest transaction.", longest),
        _one("db_connections", "Connections to the database.", connections),
        _one("db_connections_most", "Connections that the database allows.", most),
        _one("sync_log_bytes", "Size of the change log with its indexes.", log_bytes),
        _one("sync_log_rows", "Rows of the change log, as the database estimates them.", log_rows),
        _one("sync_log_partitions", "Parts of the change log.", partitions),
        _one("sync_streams", "Streams of phones that hold something.", streams),
        _many("sync_pull_age_seconds", "For how long phones have not pulled.", "quantile", _quantiles(ages)),
        _many("sync_cursor_lag_transactions", "How far phones are behind the log.", "quantile", _quantiles(behind)),
        _one("sync_open_conflicts", "Conflicts that wait for somebody.", conflicts),
    ]


def _quantiles(found: Sequence[float] | None) -> list[tuple[str, float]]:
    return [] if found is None else [(str(at), value) for at, value in zip(QUANTILES, found, strict=True)]


def _one(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"fieldbeat_{name}", meaning, value=float(value))


def _many(name: str, meaning: str, label: str, values: Sequence[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"fieldbeat_{name}", meaning, labels=[label])
    for said, value in values:
        family.add_metric([said], float(value))
    return family
