"""What is measured here: a pull against the database's own floor, the planner; and what all benchmarks share."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from django.db import connection

from backend.crm.models import Account, Address, Opportunity
from backend.field.models import Visit
from backend.identity.models import Device
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from backend.planning.solver.solve import solve
from backend.planning.travel import GreatCircle
from backend.sync.models import DeviceState
from backend.sync.pull import pull
from backend.territories.models import AccountTerritory
from tests.benchmarks.side_by_side import Figure, compare
from tests.factories.world import World, acting, build

ACCOUNTS = 2_000
DAY = 9 * 3600


@cache
def world() -> World:
    """Returns the org of this run."""
    return build()


def stock() -> None:
    """Fills Ana's territory: accounts with an address, a deal and three visits each (12,000 rows)."""
    field, now = world(), clock.now()
    accounts = [Account(org=field.org, name=f"Store {number}", tier="A") for number in range(ACCOUNTS)]
    Account.objects.bulk_create(accounts)
    Address.objects.bulk_create(
        Address(org=field.org, account=one, lat=42.0 + number / 10_000, lng=-93.6, quality="source")
        for number, one in enumerate(accounts)
    )
    AccountTerritory.objects.bulk_create(
        AccountTerritory(org=field.org, account=one, territory=field.north, source="manual", valid_from=now)
        for one in accounts
    )
    Opportunity.objects.bulk_create(
        Opportunity(
            org=field.org, account=one, owner=field.ana, name="Deal", pipeline=field.pipeline, stage=field.stages["new"]
        )
        for one in accounts
    )
    Visit.objects.bulk_create(
        Visit(
            org=field.org,
            account=one,
            rep=field.ana,
            state="completed",
            planned_start=now,
            planned_end=now + timedelta(minutes=30),
            ended_at=now,
        )
        for one in accounts
        for _ in range(3)
    )
    sql("ANALYZE")


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def phone() -> Device:
    return world().phone(world().ana)


def _first_sync() -> None:
    device, cursor = phone(), None
    while True:
        page = pull(actor=acting(world().ana, device), device_id=device.pk, protocol=1, cursor=cursor).page
        cursor = page.cursor
        if page.complete:
            return


def _floor() -> None:
    """The same rows as JSON text, read by one client that knows nothing of scope."""
    with connection.cursor() as cursor:
        for table in ("crm_account", "crm_address", "crm_opportunity", "field_visit"):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            cursor.fetchall()


def first_sync() -> list[Figure]:
    """A first sync of 12,000 rows in pages of 500, against reading the bare rows as JSON."""
    return compare({"bare rows as JSON": _floor, "first sync": _first_sync}, rounds=5)


def idle_and_small_pulls() -> list[Figure]:
    """A pull with nothing new, and one after 50 changed rows, of a phone that holds 2,000 accounts."""
    device, cursor = phone(), None
    actor = acting(world().ana, device)

    def once() -> None:
        nonlocal cursor
        while True:
            page = pull(actor=actor, device_id=device.pk, protocol=1, cursor=cursor).page
            cursor = page.cursor
            if page.complete:
                return

    once()
    some = list(Account.objects.values_list("id", flat=True)[:50])

    def changed() -> None:
        Account.objects.filter(pk__in=some).update(boost=random.randint(-9, 9))
        once()

    def bare() -> None:
        DeviceState.objects.get(pk=device.pk)

    return compare({"one row read": bare, "idle pull": once, "50 changes": changed}, rounds=30)


def a_day() -> list[Figure]:
    """A day planned from 25 and from 100 due accounts around one town."""
    return compare({f"{count} due accounts": _day(count) for count in (25, 100)}, rounds=3)


def _day(count: int) -> Callable[[], object]:
    chance = random.Random(7)
    points = [LatLng(42.03 + chance.uniform(-0.2, 0.2), -93.62 + chance.uniform(-0.2, 0.2)) for _ in range(count + 1)]
    problem = Problem(
        clients=tuple(
            Client(id=str(n), location=n, prize=chance.randint(1, 100), service=1800, windows=(TimeWindow(0, DAY),))
            for n in range(1, count + 1)
        ),
        shifts=(Shift(id="day", start=0, end=0, window=TimeWindow(0, DAY)),),
        matrix=GreatCircle().matrix(points).seconds,
    )
    return lambda: solve(problem, seed=1)


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "first-sync": first_sync,
    "pull": idle_and_small_pulls,
    "day": a_day,
}
