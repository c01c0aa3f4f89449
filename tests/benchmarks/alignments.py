"""A change of territories over 100,000 accounts, of which some 9,000 move: the look at it, the activation, and who writes meanwhile."""

import json
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection
from shapely.geometry import box, mapping

from backend.crm.models import Account, Address
from backend.field.models import Visit, VisitSource
from backend.identity.models import Role
from backend.kit import clock
from backend.planning.realign import impact, settling
from backend.planning.realign.pages import fates
from backend.sync import compaction
from backend.territories.alignment import drafts, edits
from backend.territories.alignment.activating import activate_alignment
from backend.territories.alignment.looking import look
from backend.territories.alignment.undoing import roll_back
from backend.territories.models import AccountTerritory, Alignment, AlignmentState, Territory, UserTerritory
from tests.benchmarks.costs import sql, world
from tests.benchmarks.side_by_side import Figure, figure, timed
from tests.factories.world import acting, person

ACCOUNTS, ACROSS = 100_000, 10
VISITS = 5
"""Every so many accounts have a planned visit."""


def _area(column: int, row: int, west: float = 0.0, east: float = 1.0) -> dict[str, Any]:
    shape = box(-100 + column + west, 35 + row, -100 + column + east, 36 + row)
    plain: dict[str, Any] = json.loads(json.dumps(mapping(shape)))
    return plain


def crowded() -> list[Territory]:
    """Makes 100 territories of a degree each, with their reps and 1,000 accounts each, by their areas."""
    field, now = world(), clock.now()
    chance = random.Random(1)
    made = []
    for number in range(ACROSS * ACROSS):
        column, row = divmod(number, ACROSS)
        rep = person(field.org, f"bench{number}", Role.REP, field.ben)
        territory = Territory.objects.create(
            org=field.org, model=field.model, name=f"Square {number}", area=_area(column, row)
        )
        UserTerritory.objects.create(org=field.org, user=rep, territory=territory, valid_from=now - timedelta(days=9))
        accounts = Account.objects.bulk_create(
            Account(org=field.org, name=f"Square {number} {one}", tier="A") for one in range(ACCOUNTS // ACROSS**2)
        )
        Address.objects.bulk_create(
            Address(
                org=field.org,
                account=one,
                lat=35 + row + chance.random(),
                lng=-100 + column + chance.random(),
                quality="source",
            )
            for one in accounts
        )
        AccountTerritory.objects.bulk_create(
            AccountTerritory(
                org=field.org, account=one, territory=territory, source="geometry", valid_from=now - timedelta(days=9)
            )
            for one in accounts
        )
        Visit.objects.bulk_create(
            Visit(
                org=field.org,
                account=one,
                rep=rep,
                source=VisitSource.PLAN,
                planned_start=now + timedelta(days=20),
                planned_end=now + timedelta(days=20, minutes=30),
            )
            for one in accounts[::VISITS]
        )
        made.append(territory)
    compaction.unpack_all()
    sql("ANALYZE")
    return made


class _Writer(threading.Thread):
    """Somebody who goes on writing accounts that are on the move; notes how long each write takes, in milliseconds."""

    def __init__(self, alignment: Alignment) -> None:
        super().__init__()
        self.ids = list(alignment.moves.values_list("account_id", flat=True)[:5_000])
        self.taken: list[float] = []
        self.over = threading.Event()

    def run(self) -> None:
        """Writes until it is over."""
        while not self.over.is_set():
            self.taken.append(timed(partial(Account.objects.filter(pk=random.choice(self.ids)).update, boost=1)))
            time.sleep(0.002)
        connection.close()


def _through(alignment: Alignment) -> tuple[list[float], float]:
    """Lets the worker do it; returns how long each step took that did something, and all of it."""
    steps: list[float] = []
    began = time.perf_counter()
    while Alignment.objects.get(pk=alignment.pk).state != AlignmentState.DONE:
        at = time.perf_counter()
        if settling.advance():
            steps.append((time.perf_counter() - at) * 1000)
        else:
            time.sleep(0.05)
    return steps, (time.perf_counter() - began) * 1000


def align() -> list[Figure]:
    """A tenth of each territory goes to its neighbour, and back."""
    field, territories = world(), crowded()
    dee = acting(field.dee)
    draft = drafts.begin_alignment(actor=dee, name="Borders")
    changes = []
    for number, territory in enumerate(territories):
        column, row = divmod(number, ACROSS)
        west = 0.1 if column else 0.0
        east = 1.1 if column < ACROSS - 1 else 1.0
        changes.append(edits.alter(territory.pk, area=_area(column, row, west, east)))
    for start in range(0, len(changes), 50):
        draft = drafts.edit_alignment(actor=dee, alignment=draft, changes=changes[start : start + 50])
    looks = [timed(lambda: look(actor=dee, alignment=draft)) for _ in range(3)]
    draft.refresh_from_db()
    more = [timed(lambda: (impact.impact(draft), fates(draft))) for _ in range(3)]
    writer = _Writer(draft)
    activate_alignment(actor=dee, alignment=draft, note="because", digest=draft.digest)
    writer.start()
    steps, whole = _through(draft)
    writer.over.set()
    writer.join()
    undo: list[Alignment] = []
    asked = timed(lambda: undo.append(roll_back(actor=dee, alignment=draft, note="no")))
    back, whole_back = _through(undo[0])
    draft.refresh_from_db()
    return [
        figure(f"a look at {draft.total:,} accounts that move among {ACCOUNTS:,}", looks),
        figure("what it means for deals, visits and work", more),
        figure(f"a step of the worker ({len(steps)})", steps),
        figure("all of it, its instant included", [whole]),
        figure("a write beside it", writer.taken),
        figure("asking for the rollback", [asked]),
        figure(f"a step of the rollback ({len(back)})", back),
        figure("all of the rollback", [whole_back]),
    ]


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"align": align}
