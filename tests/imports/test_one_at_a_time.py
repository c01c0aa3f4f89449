"""Two imports into one org at once: the second is refused, and does nothing."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from backend.crm.models import Account
from backend.imports import lock
from backend.kit.locks import Lock
from tests.factories.world import World
from tests.imports.desk import ACCOUNTS, STORES, Desk

FILE = STORES + "12,Hilltop,Ames,42.03,-93.62\n"


@pytest.fixture
def elsewhere(field: World, monkeypatch: pytest.MonkeyPatch) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Another connection, as another process has it, and an operator without patience."""
    monkeypatch.setattr(lock, "PATIENCE_S", 0.0)
    at = connection.settings_dict
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"], autocommit=True
    ) as other:
        yield other


def hold(other: "psycopg.Connection[tuple[object, ...]]", org: str) -> None:
    """Takes the org's import lock there as an import takes it here: found by looking at what one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM identity_org WHERE slug = %s", [org])
        [row] = cursor.fetchall()
    other.execute("SELECT pg_advisory_lock(%s, %s)", [int(Lock.IMPORT), row[0].int % (1 << 32) - (1 << 31)])


def test_the_second_is_refused_in_one_line(desk: Desk, elsewhere: "psycopg.Connection[tuple[object, ...]]") -> None:
    hold(elsewhere, desk.org)
    told = desk.bring(ACCOUNTS, desk.file("stores.csv", FILE))
    assert (told.code, Account.objects.count()) == (2, 0)
    assert told.refusal == (
        'Another import into "field" is running; nothing was done. Try again after it. [IMPORT_RUNNING]'
    )


def test_another_org_does_not_wait(
    desk: Desk, field: World, elsewhere: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    hold(elsewhere, field.other_org.slug)
    assert desk.bring(ACCOUNTS, desk.file("stores.csv", FILE)).code == 0


@pytest.mark.parametrize("file", [FILE, "no,title\n", FILE + "13,,Ames,,\n"])
def test_the_lock_is_given_back_however_it_ends(
    desk: Desk, elsewhere: "psycopg.Connection[tuple[object, ...]]", file: str
) -> None:
    desk.bring(ACCOUNTS, desk.file("stores.csv", file))
    held = elsewhere.execute(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
        "WHERE l.locktype = 'advisory' AND l.classid = %s",
        [Lock.IMPORT],
    )
    assert held.fetchone() == (0,)
