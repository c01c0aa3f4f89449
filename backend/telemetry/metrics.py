"""THE table of what a process counts. Labels are of closed sets (doors, codes, root fields): never what somebody wrote.

Processes that serve starts share a folder (PROMETHEUS_MULTIPROC_DIR), so that whichever web process is asked tells of all;
see backend.config.metrics_door and docs/adr/0040."""

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.multiprocess import mark_process_dead

from backend.telemetry.tally import Count, Spread

REGISTRY = CollectorRegistry()
"""Of this process; what waits in the database is in backend.config.figures."""

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)


def _counter(name: str, meaning: str, *labels: str) -> Count:
    return Count(f"fieldbeat_{name}", meaning, labels, REGISTRY)


def _gauge(name: str, meaning: str, *labels: str, most: bool = False) -> Gauge:
    mode = "livemax" if most else "livesum"
    return Gauge(f"fieldbeat_{name}", meaning, labels, registry=REGISTRY, multiprocess_mode=mode)  # type: ignore[arg-type]


def _seconds(name: str, meaning: str, *labels: str, long: bool = False) -> Spread:
    return Spread(f"fieldbeat_{name}", meaning, labels, REGISTRY, _LONG if long else _QUICK)


HTTP = _counter("http_requests_total", "Answers, by door and status.", "door", "status")
HTTP_SECONDS = _seconds("http_request_seconds", "From the headers of a request to the end of its answer.", "door")
SOCKETS = _gauge("sockets_open", "WebSockets that are open.")
SOCKETS_CLOSED = _counter("sockets_closed_total", "WebSockets that ended, by close code.", "code")

OPERATIONS = _counter(
    "graphql_operations_total",
    "Operations that were executed, by their first root field and the name of their trusted document.",
    "type",
    "field",
    "outcome",
    "document",
)
OPERATION_SECONDS = _seconds("graphql_operation_seconds", "Execution of a query or mutation.", "type")
DOCUMENT_SECONDS = _counter(
    "graphql_document_seconds_total",
    "Time in queries and mutations, by the name of their trusted document.",
    "document",
)
ERRORS = _counter("graphql_errors_total", "Errors that clients were told, by code.", "code")
SUBSCRIPTIONS = _gauge("subscriptions_open", "Subscriptions that are open, by root field.", "field")
READ_BY_RESOLVERS = _counter(
    "reads_by_resolvers_total",
    "Reads, or fields of their rows, that one statement could not answer; the log names them.",
)
PLANS = _counter("plan_cache_total", "Plans of compiled reads: kept ones (hit) and new ones (miss).", "outcome")
STATEMENTS = _counter(
    "statement_cache_total",
    "Statements of compiled reads: kept (hit), made (miss), or made each time (unkept).",
    "outcome",
)
WHOLES = _counter(
    "whole_cache_total",
    "Operations asked of a loop's own lines: one kept statement (hit), not learned yet (miss), or not to be (unkept).",
    "outcome",
)
DOCUMENTS = _counter("document_cache_total", "Documents: parsed before (hit) and not (miss).", "outcome")

PULL_SECONDS = _seconds("sync_pull_seconds", "One page of a pull, in its turn, without the wait for the turn.")
PULL_ROWS = _counter("sync_pull_rows_total", "Operations on rows that pulls were given.")
PUSH_SECONDS = _seconds("sync_push_seconds", "One push, in its turn, without the wait for the turn.")
PUSHED = _counter("sync_pushed_mutations_total", "Mutations of phones that were settled, by status.", "status")

TAILER_SECONDS = _seconds("tailer_turn_seconds", "One look at the change log, until all that listen were told.")
TAILER_FAULTS = _counter("tailer_faults_total", "Looks at the change log that failed.")
RESYNCS = _counter("live_resyncs_total", "Listeners that did not keep up, and were told to look for themselves.")

DB_WAIT = _seconds("db_wait_seconds", "The wait for a thread with a database connection.")
DB_THREADS = _gauge("db_threads", "Threads with a database connection that web processes may use.")

EVENTS = _counter("events_handled_total", "Events that were handed to their handlers.", "event", "outcome")
EVENT_SECONDS = _seconds("event_age_seconds", "From an event to the end of its handling.", long=True)
JOBS = _counter("jobs_total", "Jobs that were done, by task.", "task", "outcome")
JOB_SECONDS = _seconds("job_seconds", "One run of a job.", "task", long=True)
WORKER_TURN = _gauge("worker_turn_timestamp_seconds", "When a worker last began a turn.", most=True)

ALERTS = _counter("alerts_noted_total", "Crossings that were noted, by kind and why nobody was told.", "kind", "quiet")
DELIVERIES = _counter("deliveries_total", "What became of deliveries each time they were taken up.", "channel", "state")
PROVIDER_SECONDS = _seconds("provider_seconds", "One message at its provider.", "channel", "outcome")

RATE_LIMITED = _counter("rate_limited_total", "Requests that were refused because there were too many.", "limit")
VALKEY_LOST = _gauge("valkey_lost", "Web processes that count what is asked for alone, because Valkey is lost.")
SIGN_INS = _counter("sign_ins_total", "Attempts to sign in.", "outcome")


def forget_process(folder: str, pid: int) -> None:
    """Takes what a process that ended had open out of the folder; what it counted stays counted."""
    mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
