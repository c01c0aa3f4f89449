"""Phones at work while a web process or a worker is killed every few seconds: in the end, everything is there once.

`make soak` does it for minutes."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from backend.crm.models import Account, Activity
from backend.events.models import OutboxEvent
from backend.field.models import CheckIn, Visit, VisitReport
from backend.identity.models import User
from backend.sync.models import SyncOp
from backend.territories.actions import place_account
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotNow, NotReached, Refused
from mobile_client_stub.patience import Patience
from tests.config.serving import until
from tests.copies import uri_of
from tests.factories.world import PASSWORD, World, acting
from tests.flows.day import Impatient
from tests.flows.farm import Farm

SECONDS = 300.0 if "SOAK" in os.environ else 9.0
EVERY = 3.0 if "SOAK" in os.environ else 2.5
LEAST = 3
"""So many are killed at the least, however slow the machine."""
STORES = 6
MOST_TRIES = 300


class Rep:
    """A person who works and syncs in a thread of their own, over a line that leads to whichever server lives."""

    def __init__(self, number: int, person: User, base: str, folder: Path) -> None:
        self.name = f"{person.full_name} {number}"
        self.person = person
        self.chance = Random(number)
        self.made: list[str] = []
        self.subjects: list[str] = []
        self.retries = 0
        self.failure: BaseException | None = None
        patience = Patience(tries=3, base=0.05)
        self.device = Device(
            base, folder / f"{number}.sqlite3", network=Impatient(5.0), patience=patience, page_limit=25
        )
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)

    def begin(self) -> None:
        """Goes to work."""
        self._thread.start()

    def end(self) -> None:
        """Goes home, with everything sent."""
        self._enough.set()
        self._thread.join(120)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure
        self.sync()

    def _live(self) -> None:
        try:
            self.keep_trying(lambda: self.device.sign_in(self.person.username, PASSWORD))
            while not self._enough.is_set():
                self.sync()
                for _ in range(self.chance.randint(1, 3)):
                    self.work()
        except BaseException as error:  # noqa: BLE001 - told to the test, in its own thread
            self.failure = error

    def sync(self) -> None:
        """Syncs, however often it takes."""
        self.keep_trying(self._sync)
        assert self.device.unsent() == 0

    def _sync(self) -> None:
        self.retries += self.device.sync().retries

    def keep_trying(self, what: Callable[[], object]) -> None:
        """Does what needs a server until it has been done."""
        for _ in range(MOST_TRIES):
            try:
                what()
            except (NotReached, Refused) as trouble:
                if isinstance(trouble, Refused) and trouble.retry != "RETRY":
                    raise
                self.retries += 1
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"{self.name} does not get through")

    def work(self) -> None:
        """Does something at one of the stores that the phone holds."""
        places = self.device.accounts()
        if not places:
            return
        place = self.chance.choice(places)
        try:
            if self.chance.random() < 0.3:
                visit = self.device.check_in(place.account["id"], 42.03, -93.62, 8.0)
                self.device.report(visit["id"], "order", self.name)
            else:
                subject = f"{self.name} {len(self.subjects)}"
                self.device.add_note(place.account["id"], subject)
                self.subjects.append(subject)
        except NotNow:
            return
        self.made += [entry.id for entry in self.device.outbox() if entry.id not in self.made]


def stir(world: World, stores: list[Account], chance: Random) -> None:
    """Somebody in the office is busy too."""
    store = chance.choice(stores)
    if chance.random() < 0.5:
        place_account(actor=acting(world.dee), account=store, territory=chance.choice([world.north, world.south]))
    else:
        Account.objects.filter(pk=store.pk).update(notes=f"called at {chance.random():.5f}")


def check(world: World, reps: list[Rep], farm: Farm, folder: Path) -> None:
    """What every phone holds is a fresh snapshot; each deed stands once in the ledger, and once in the tables."""
    for rep in reps:
        rep.sync()
        who = rep.device.who
        assert who is not None
        ledger = [str(op.pk) for op in SyncOp.objects.filter(device_id=who.device_id).order_by("seq")]
        assert ledger == rep.made, rep.name
        with Device(farm.base("web 1"), folder / f"fresh {rep.name}.sqlite3") as fresh:
            fresh.sign_in(rep.person.username, PASSWORD)
            fresh.sync()
            assert rep.device.store.contents() == fresh.store.contents(), rep.name
    subjects = sorted(Activity.objects.filter(org=world.org).values_list("subject", flat=True))
    refused = [op for op in SyncOp.objects.filter(org=world.org) if op.status != "APPLIED"]
    assert [op.result["code"] for op in refused] == []
    assert subjects == sorted(subject for rep in reps for subject in rep.subjects)
    completed = Visit.objects.filter(org=world.org, state="completed").count()
    assert (
        completed == CheckIn.objects.filter(org=world.org).count() == VisitReport.objects.filter(org=world.org).count()
    )
    until(lambda: not OutboxEvent.objects.filter(org=world.org, done_at=None).exists(), "the workers to end their work")


@pytest.mark.parametrize("seed", [1])
def test_killed_one_after_another_they_lose_and_double_nothing(world: World, tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    stores = [world.account(f"Store {number}", world.north) for number in range(STORES)]
    with ExitStack() as stack:
        farm = stack.enter_context(Farm(uri_of(str(connection.settings_dict["NAME"])), tmp_path))
        people = [world.ana, world.ben, world.cy, world.bea]
        lines = [stack.enter_context(farm.line(chance)) for _ in people]
        reps = [
            Rep(number, one, line.base, tmp_path) for number, (one, line) in enumerate(zip(people, lines, strict=True))
        ]
        for rep in reps:
            stack.callback(rep.device.close)
            rep.begin()
        ends, next_kill = time.monotonic() + SECONDS, time.monotonic() + EVERY
        while time.monotonic() < ends or len(farm.kills) < LEAST:
            stir(world, stores, chance)
            if time.monotonic() >= next_kill:
                farm.kill(chance)
                next_kill += EVERY
            time.sleep(0.2)
        farm.until_ready()
        for rep in reps:
            rep.end()
        check(world, reps, farm, tmp_path)
    assert len(farm.kills) >= LEAST
    assert sum(rep.retries for rep in reps) > 0, "nobody noticed a kill"
    assert sum(len(rep.made) for rep in reps) > 10
