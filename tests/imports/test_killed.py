"""kill -9 in the middle of an import: the next run finishes it, and every row is there once."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from django.db.models import Count, Sum

from backend.crm.models import Account, AccountSales, Address, ExternalId, OrderLine
from tests.aftermath import until_the_server_noticed
from tests.factories.world import World, build
from tests.imports.desk import ACCOUNTS, ORDER_COLUMNS, ORDERS, STORES, Desk

ROWS = 950


@pytest.fixture
def field(transactional_db: None) -> World:
    """Returns the world, committed."""
    return build()


def run_and_kill(mapping: Path, file: Path, *, after: int) -> None:
    """Starts the import, waits until it stands in the middle of the part after `after`, and kills it."""
    at = connection.settings_dict
    user, password, host = (quote(str(at[key]), safe="") for key in ("USER", "PASSWORD", "HOST"))
    url = f"postgresql://{user}:{password}@/{at['NAME']}?host={host}&port={at['PORT']}"
    root = Path(__file__).parents[2]
    doomed = subprocess.Popen(
        [sys.executable, "-m", "tests.imports.doomed_import", str(mapping), str(file), str(after)],
        cwd=root,
        env={**os.environ, "DATABASE_URL": url, "TEST_DATABASE_URL": url, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with doomed:
        assert doomed.stdout is not None
        assert doomed.stdout.readline() == "in the middle\n"
        doomed.send_signal(signal.SIGKILL)
    assert doomed.returncode == -signal.SIGKILL
    until_the_server_noticed()


@pytest.mark.parametrize("after", [0, 4])
def test_accounts(desk: Desk, after: int) -> None:
    mapping = desk.file("mapping.toml", f'org = "{desk.org}"{ACCOUNTS}')
    rows = "".join(f"{number},Store {number},Ames,42.0,-93.6\n" for number in range(ROWS))
    file = desk.file("stores.csv", STORES + rows)
    run_and_kill(mapping, file, after=after)
    assert Account.objects.count() == Address.objects.count() == ExternalId.objects.count() == after * 100
    told = desk.bring(mapping, file)
    assert (told.code, told.counts) == (0, (ROWS - after * 100, 0, after * 100, 0))
    assert Account.objects.count() == Address.objects.count() == ExternalId.objects.count() == ROWS
    assert desk.bring(mapping, file).counts == (0, 0, ROWS, 0)


@pytest.mark.parametrize("after", [0, 4])
def test_order_lines(desk: Desk, after: int) -> None:
    desk.stores("10", "11")
    mapping = desk.file("orders.toml", f'org = "{desk.org}"{ORDERS}')
    rows = [f"O{n // 10},{n % 10},2026-01-{n % 28 + 1:02},1{n % 2},P1,1,{n}.25" for n in range(ROWS)]
    file = desk.file("orders.csv", "\n".join([ORDER_COLUMNS, *rows]))
    run_and_kill(mapping, file, after=after)
    # Parts are of a hundred lines of the file, and its first line is the header.
    there = after * 100 - 1 if after else 0
    assert (OrderLine.objects.count(), AccountSales.objects.count()) == (there, 0)
    told = desk.bring(mapping, file)
    assert (told.code, told.counts) == (0, (ROWS - there, 0, there, 0))
    rows_there = OrderLine.objects.values_list("order_no", "line_no", "amount")
    assert sorted(rows_there) == sorted((f"O{n // 10}", n % 10, Decimal(n) + Decimal("0.25")) for n in range(ROWS))
    by_store = OrderLine.objects.values("account").annotate(
        total=Sum("amount"), orders=Count("order_no", distinct=True)
    )
    assert set(AccountSales.objects.values_list("account", "amount_12m")) == {
        (row["account"], row["total"]) for row in by_store
    }
    assert desk.bring(mapping, file).counts == (0, 0, ROWS, 0)
