"""Random days of a whole sales force: after every round each phone holds what its person may see, and nothing else.

FIELDBEAT_SEED sets the seed (printed when a round fails), FIELDBEAT_ROUNDS how many rounds are played."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from django.db import DatabaseError, connection, connections, transaction
from django.db.models import ProtectedError

from backend.crm.models import Account, Activity
from backend.identity.models import Device, User
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.kit.ids import new_id
from backend.sync.models import DeviceState, Stream, SyncOp
from tests.factories.replica import Replica, fresh
from tests.factories.world import World
from tests.sync.crowd import truth
from tests.sync.crowd.happenings import HAPPENINGS, Happenings
from tests.sync.crowd.moves import MOVES, flip_territory
from tests.sync.crowd.phones import Phone

SEED = int(os.environ.get("FIELDBEAT_SEED", "7"))
ROUNDS = int(os.environ.get("FIELDBEAT_ROUNDS", "20"))
STEPS = 40
AWAKE = 3
"""How many phones act in a round; few, so that much happens between two pages of one."""


class Crowd:
    """The world, its phones, one source of chance, and one clock that may go backwards."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = Random(seed)
        self.at = Happenings(world, self.chance)
        self.now: datetime = clock.now()
        self.done: Counter[str] = Counter()
        self.trace: list[str] = []
        self.awake: list[Phone] = []
        for number in range(6):
            world.deal(world.account(f"Store {number}", world.north if number % 2 else world.south))
        people = (world.ana, world.ana, world.cy, world.cy, world.ben, world.bea, world.dee, world.pat, world.zoe)
        self.phones = [Phone(Replica(person, world.phone(person)), self.chance) for person in people]

    def play_round(self) -> None:
        """Things happen and phones act, one thing at a time, in any order; then all become quiet and are compared."""
        self.awake = self.chance.sample(self.phones, AWAKE)
        with slow_writer(self.world, self.chance) as slow:
            for _ in range(STEPS):
                with clock.moved_to(self.now):
                    self.step(slow)
                self.now += timedelta(seconds=self.chance.choice([1, 1, 60, 1800, -600]))
        with clock.moved_to(self.now):
            self.compare()

    def step(self, slow: "SlowWriter") -> None:
        if self.chance.random() < 0.45:
            self.happen()
            return
        phone = self.chance.choice(self.awake)
        if self.chance.random() < 0.15:
            phone.write([str(pk) for pk in Account.objects.order_by("pk").values_list("pk", flat=True)])
        if self.chance.random() < 0.1:
            slow.turn()
        if self.chance.random() < 0.05:
            self.flap(phone)
        self.trace.append(f"{phone.replica.user.username} {phone.step()}")

    def flap(self, phone: Phone) -> None:
        """A whole territory goes and comes back; what the phone is told in between is lost."""
        for _ in range(2):
            flip_territory(self.at)
            phone.ask()
            for _ in range(3):
                self.happen()
        self.trace.append(f"{phone.replica.user.username} saw nothing of a territory that went and came back")

    def happen(self) -> None:
        """One transaction of one to three things; one that a rule or the database refuses leaves nothing behind."""
        things = [
            self.chance.choice(HAPPENINGS if self.chance.random() < 0.65 else MOVES)
            for _ in range(self.chance.randint(1, 3))
        ]
        names = [thing.__name__ for thing in things]
        try:
            with transaction.atomic():
                for thing in things:
                    thing(self.at)
                if self.chance.random() < 0.05:
                    raise LookupError("somebody thought better of it")
        except (DomainError, DatabaseError, LookupError, ProtectedError) as error:
            self.trace.append(f"not {names}: {error!r:.60}")
            return
        self.done.update(names)
        self.trace.append(" + ".join(names))

    def compare(self) -> None:
        for phone in self.phones:
            phone.empty_outbox()
            self.check_ledger(phone)
        rows = truth.everything()
        for phone in self.phones:
            phone.limit = self.chance.choice([3, 20, 500])
            phone.settle(rows)
        person = self.chance.choice(self.phones).replica.user
        device = self.world.phone(person)
        assert fresh(person, device) == truth.seen_by(person, rows)
        Stream.objects.filter(device=device).delete()
        DeviceState.objects.filter(device=device).delete()
        Device.objects.filter(pk=device.pk).delete()

    def check_ledger(self, phone: Phone) -> None:
        """Each answered mutation stands once, in order, without a gap."""
        ops = SyncOp.objects.filter(device=phone.replica.device).order_by("seq")
        assert [(op.seq, op.id) for op in ops] == [(m.seq, m.id) for m in phone.sent]
        made = [m.entity_id for m in phone.applied() if m.name == "account.create" and m.entity_id]
        assert Account.objects.filter(pk__in=made).count() == len(made)


class SlowWriter:
    """Somebody whose transaction stays open while others come and go."""

    def __init__(self, world: World, chance: Random) -> None:
        self.world = world
        self.chance = chance
        self.line = connections.create_connection("default")
        self.line.set_autocommit(False)

    def turn(self) -> None:
        """Writes one more row, or commits, or thinks better of it."""
        ending = self.chance.random()
        if ending < 0.3:
            self.line.commit()
        elif ending < 0.4:
            self.line.rollback()
        else:
            with self.line.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO crm_activity (id, org_id, version, created_at, updated_at, account_id, owner_id, kind, "
                    "subject, body, status) SELECT %s, %s, 1, now(), now(), a.id, %s, 'note', 'Slow', '', 'done' "
                    "FROM crm_account a WHERE a.org_id = %s ORDER BY random() LIMIT 1",
                    [new_id(), self.world.org.pk, self.world.ana.pk, self.world.org.pk],
                )


@contextmanager
def slow_writer(world: World, chance: Random) -> Iterator[SlowWriter]:
    """Opens a slow writer, and commits what it has written in the end."""
    writer = SlowWriter(world, chance)
    try:
        yield writer
        writer.line.commit()
    finally:
        writer.line.close()


def play(world: World, *, seed: int, rounds: int) -> Crowd:
    """Plays; a failure tells the seed, the round and what happened in it."""
    crowd = Crowd(world, seed)
    for number in range(rounds):
        crowd.trace.clear()
        try:
            crowd.play_round()
        except AssertionError as error:
            story = "\n  ".join(crowd.trace)
            raise AssertionError(f"seed {seed}, round {number}: {error}\n  {story}") from error
    return crowd


def test_every_phone_is_right_after_any_round(field: World) -> None:
    crowd = play(field, seed=SEED, rounds=ROUNDS)
    assert User.objects.count() == 7
    assert Activity.objects.exists()
    never = {thing.__name__ for thing in (*HAPPENINGS, *MOVES)} - crowd.done.keys()
    assert ROUNDS < 20 or not never, never
    assert connection.in_atomic_block is False
