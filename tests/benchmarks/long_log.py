"""Pulls from a log of 100,000 rows and from one of five million, in two databases, in turn."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account
from backend.identity.models import Device
from backend.kit.ids import new_id
from backend.sync import partitions
from backend.sync.pull import pull
from tests.benchmarks.costs import sql, world
from tests.benchmarks.side_by_side import Figure, Way, compare
from tests.factories.world import acting

SMALL, BIG, DAYS = 100_000, 5_000_000, 90
OTHERS = 98_000
"""Roots that nobody here holds; with Ana's two thousand they are a hundred thousand."""


@contextmanager
def _beside(name: str) -> Iterator[BaseDatabaseWrapper]:
    """Makes a copy of this database in the same server, and gives a line to it."""
    connection.close()
    here = connection.settings_dict
    there: Any = connections.create_connection("default")
    there.settings_dict = {**here, "NAME": "postgres"}
    with there.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE {name} TEMPLATE "{here["NAME"]}"')
    there.close()
    there.settings_dict = {**here, "NAME": name}
    try:
        yield there
    finally:
        there.close()


@contextmanager
def _using(line: BaseDatabaseWrapper) -> Iterator[None]:
    usual = connections["default"]
    connections["default"] = line
    try:
        yield
    finally:
        connections["default"] = usual


def _fill(rows: int, days: int, roots: list[UUID]) -> None:
    """Writes history as so many days would have, one of them in each partition."""
    for _ in range(days):
        sql(
            "INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at) SELECT pg_current_xact_id(), "
            f"'{world().org.pk}', 'visit', gen_random_uuid(), r[1 + (random() * {len(roots) - 1})::int], now() "
            f"FROM generate_series(1, {rows // days}), (SELECT '{{{','.join(map(str, roots))}}}'::uuid[] AS r OFFSET 0) r"
        )
        partitions.close_newest()
    sql("ANALYZE")


class _Phone:
    """Ana's phone on one of the two databases."""

    def __init__(self, line: BaseDatabaseWrapper) -> None:
        self.line = line
        self.cursor: str | None = None
        with _using(line):
            self.device: Device = world().phone(world().ana)
        self.pull()

    def pull(self) -> None:
        """Pulls until complete."""
        with _using(self.line):
            while True:
                page = pull(
                    actor=acting(world().ana, self.device), device_id=self.device.pk, protocol=2, cursor=self.cursor
                ).page
                self.cursor = page.cursor
                if page.complete:
                    return

    def changed(self, ids: list[UUID]) -> None:
        """Some rows change, as single people change them."""
        with _using(self.line):
            for start in range(0, len(ids), 100):
                Account.objects.filter(pk__in=ids[start : start + 100]).update(boost=random.randint(-9, 9))


def long_log() -> list[Figure]:
    """An idle pull of a phone with 2,000 roots, one after 50 changes and one after 500, on both logs."""
    mine = list(Account.objects.filter(name__startswith="Store").values_list("id", flat=True))
    roots = mine + [new_id() for _ in range(OTHERS)]
    partitions.empty()
    _fill(SMALL, 2, roots)
    with _beside("long_log") as there:
        with _using(there):
            partitions.empty()
            _fill(BIG, DAYS, roots)
        logs = {f"{SMALL:,}": _Phone(connections["default"]), f"{BIG:,}": _Phone(there)}
        figures: list[Figure] = []
        for number, rounds in ((0, 200), (50, 200), (500, 40)):
            ways: dict[str, Way] = {f"{size} rows, {number} changes": one.pull for size, one in logs.items()}
            before = partial(_change, logs, mine, number)
            figures += compare(ways, rounds=rounds, before=before)
        return figures


def _change(logs: dict[str, _Phone], ids: list[UUID], number: int, way: str) -> None:
    logs[way.split(" ", 1)[0]].changed(random.sample(ids, number))


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"long-log": long_log}
