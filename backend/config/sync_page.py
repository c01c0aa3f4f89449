"""`fieldbeat sync status` as a table for people."""

from dataclasses import asdict
from datetime import datetime

from rich.table import Table

from backend.kit import clock
from backend.sync.status import Status

_MEANINGS = {
    "epoch": "Epoch",
    "log_rows": "Change log: rows",
    "log_bytes": "Change log: size",
    "log_begins": "Change log: begins",
    "partitions": "Change log: partitions",
    "bulk_rows_waiting": "Change log: rows of bulk writes still in one piece",
    "purged_roots": "Accounts and people of whom something was purged",
    "devices": "Devices that ever pulled",
    "streams": "Streams (one or more on a device)",
    "streams_pulled_this_week": "Streams that pulled within a week",
    "streams_forgotten": "Streams forgotten as idle",
    "devices_behind": "Devices behind: something waits for them",
    "oldest_pull": "Oldest live cursor: last pull",
    "oldest_cursor": "Oldest live cursor: transaction",
    "open_conflicts": "Open conflicts",
    "ledger_rows": "Ledger: mutations",
    "ledger_bytes": "Ledger: size",
    "keeps_log_days": "The log is kept, days",
    "keeps_ledger_days": "Full answers are kept, days",
    "forgets_idle_days": "Idle streams are forgotten after, days",
}


def table(status: Status) -> Table:
    """Returns the table."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(justify="left")
    shown.add_column(justify="right")
    for name, value in asdict(status).items():
        shown.add_row(_MEANINGS[name], _text(name, value))
    return shown


def _text(name: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} ({_ago(value)})"
    if isinstance(value, int):
        return _bytes(value) if name.endswith("_bytes") else f"{value:,}"
    return str(value)


def _ago(at: datetime) -> str:
    minutes = int((clock.now() - at).total_seconds() // 60)
    for size, unit in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit} ago"
    return f"{max(minutes, 0)} minutes ago"


def _bytes(number: int) -> str:
    amount, units = float(number), ["bytes", "KiB", "MiB", "GiB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{amount:,.0f} {units[0]}"
