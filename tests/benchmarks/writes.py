"""What the change log costs who writes: the same statements with its triggers and without, each committed and on disk."""

import random
from collections.abc import Callable
from functools import cache
from uuid import UUID

from backend.crm.models import Account
from backend.field.models import Visit
from tests.benchmarks.costs import ACCOUNTS, sql, world
from tests.benchmarks.side_by_side import Figure, Way, compare

SINGLES = 200
NEW = "Made in bulk"


def _singles() -> None:
    for one in _some():
        Account.objects.filter(pk=one).update(boost=random.randint(-9, 9))


@cache
def _some() -> list[UUID]:
    return list(Account.objects.values_list("id", flat=True)[:SINGLES])


def _one_update() -> None:
    Account.objects.update(boost=random.randint(-9, 9))


def _visits() -> None:
    Visit.objects.update(purpose=str(random.random()))


def _created() -> None:
    Account.objects.bulk_create(Account(org=world().org, name=f"{NEW} {number}") for number in range(ACCOUNTS))


CASES: tuple[tuple[str, str, Way, int], ...] = (
    (f"{SINGLES} single updates", "crm_account", _singles, 15),
    (f"one update of {ACCOUNTS:,} accounts", "crm_account", _one_update, 30),
    (f"one update of {3 * ACCOUNTS:,} visits", "field_visit", _visits, 15),
    (f"{ACCOUNTS:,} accounts made", "crm_account", _created, 15),
)


def _capture(table: str, on: bool) -> None:
    for kind in ("insert", "update", "delete"):
        sql(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER sync_capture_{kind}")


def _pair(name: str, table: str, act: Way, rounds: int) -> list[Figure]:
    without, with_log = f"{name}, no log", f"{name}, log"

    def before(way: str) -> None:
        _capture(table, False)
        sql(f"DELETE FROM crm_account WHERE name LIKE '{NEW}%'")
        sql(f"VACUUM {table}")
        sql("TRUNCATE sync_bulkchange")
        _capture(table, way == with_log)

    figures = compare({without: act, with_log: act}, rounds=rounds, before=before)
    before(with_log)
    return figures


def log_cost() -> list[Figure]:
    """Single and bulk writes; 1 / ratio is the throughput that is left of what it is without the log."""
    return [one for case in CASES for one in _pair(*case)]


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"log": log_cost}
