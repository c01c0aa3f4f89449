"""Moving 100,000 accounts to another territory, and giving such a territory to another person."""

import random
import threading
import time
from collections.abc import Callable
from functools import cache, partial

from django.db import connection

from backend.crm.models import Account
from backend.kit import clock
from backend.sync import compaction
from backend.sync.models import Change
from backend.territories.actions import assign_user, release_user
from backend.territories.models import AccountTerritory, MoveState, Territory, TerritoryMove
from backend.territories.moving import move_all, move_some
from tests.benchmarks import costs
from tests.benchmarks.costs import sql, world
from tests.benchmarks.side_by_side import Figure, figure, timed
from tests.factories.world import acting

MANY = 100_000
SLICE = 10_000


@cache
def crowded() -> Territory:
    """Makes a territory with 100,000 accounts that nobody works."""
    field, now = world(), clock.now()
    territory = Territory.objects.create(org=field.org, model=field.model, name="Crowded")
    for start in range(0, MANY, SLICE):
        made = Account.objects.bulk_create(
            Account(org=field.org, name=f"Far {number}") for number in range(start, start + SLICE)
        )
        AccountTerritory.objects.bulk_create(
            AccountTerritory(org=field.org, account=one, territory=territory, source="manual", valid_from=now)
            for one in made
        )
    compaction.unpack_all()
    sql("ANALYZE")
    return territory


class _Writer(threading.Thread):
    """Somebody who goes on writing single accounts of the crowd; notes how long each write takes, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.ids = list(Account.objects.filter(name__startswith="Far").values_list("id", flat=True)[:MANY:7])
        self.taken: list[float] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.taken.append(timed(partial(Account.objects.filter(pk=random.choice(self.ids)).update, boost=1)))
            time.sleep(0.002)
        connection.close()


def _written_while(act: Callable[[], object]) -> list[float]:
    writer = _Writer()
    writer.start()
    act()
    writer.over.set()
    writer.join()
    return writer.taken


def move() -> list[Figure]:
    """How long it takes, how long the longest batch, and what somebody who writes the same accounts feels of it."""
    field, source = world(), crowded()
    target = Territory.objects.create(org=field.org, model=field.model, name="Far side")
    quiet = _written_while(lambda: time.sleep(5))
    batches: list[float] = []

    def run() -> None:
        asked = move_all(actor=acting(field.dee), source=source, target=target)
        while TerritoryMove.objects.get(pk=asked.pk).state != MoveState.DONE:
            batches.append(timed(move_some))

    began = time.perf_counter()
    felt = _written_while(run)
    whole = (time.perf_counter() - began) * 1000
    rows = AccountTerritory.objects.count()
    logged = Change.objects.count()

    def given() -> None:
        assign_user(actor=acting(field.dee), user=field.cy, territory=target)
        release_user(actor=acting(field.dee), user=field.cy, territory=target)

    new_rep = timed(given)
    cost = (AccountTerritory.objects.count() - rows, Change.objects.count() - logged)
    return [
        figure("a write beside nothing", quiet),
        figure("a write beside the move", felt),
        figure(f"a batch of the move ({len(batches)})", batches),
        figure(f"all {MANY:,} accounts moved", [whole]),
        figure(
            f"a territory of {MANY:,} given and taken ({cost[0]} rows of accounts, {cost[1]} of the log)", [new_rep]
        ),
    ]


def pull_in_crowd() -> list[Figure]:
    """The same as `pull`, in an org that has 100,000 accounts more, none of them Ana's."""
    crowded()
    return costs.idle_and_small_pulls()


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"pull-in-a-large-org": pull_in_crowd, "move": move}
