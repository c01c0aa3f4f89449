"""A whole sales force on random days: what happens to the rows, what the phones do, and what must hold after each round."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from backend.crm.models import Account
from backend.identity.models import Device
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.sync import retention
from backend.sync.cursor import MAIN
from backend.sync.models import DeviceState, IssueState, Resolution, SyncIssue, SyncOp
from backend.sync.protocol import CURRENT, FLOOR, Status
from backend.sync.tables import TABLES, SyncedTable
from tests.factories.replica import Replica, Rows, fresh
from tests.factories.world import World
from tests.sync.crowd import everywhere, seeds, truth
from tests.sync.crowd.everywhere import EVERYWHERE
from tests.sync.crowd.happenings import BORN, HAPPENINGS, Happenings
from tests.sync.crowd.moves import MOVES, flip_territory
from tests.sync.crowd.outbox import Deeds
from tests.sync.crowd.phones import Phone
from tests.sync.crowd.slow import SlowWriter, slow_writer

STEPS = 16
AWAKE = 2
"""How many phones act in a round; few, so that much happens between two pages of one."""
PLACES = frozenset({"account", "address", "contact", "opportunity", "opportunityLine", "activity", "visit", "checkIn"})


class Crowd:
    """The world, its phones, one source of chance, and one clock that may go backwards."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.seed = seed
        self.chance = Random(seed)
        self.now: datetime = clock.now()
        self.done: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self.trace: list[str] = []
        self.awake: list[Phone] = []
        self.round = 0
        self.waiting = list(TABLES)
        self.chance.shuffle(self.waiting)
        with clock.moved_to(self.now):
            self.counted = seeds.sow(world)
            self.at = Happenings(world, self.chance, spared=(self.counted.pk,))
            for number in range(6):
                world.deal(world.account(f"Store {number}", world.north if number % 2 else world.south))
        # Waiting for the slow writer would be waiting for ourselves.
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '30ms'")
        self.phones = self._phones()
        with clock.moved_to(self.now):
            coverage = truth.Coverage.now()
            for phone in self.phones:
                phone.settle(truth.everything(phone.replica.protocol), coverage.seen(phone.replica.user.pk))

    def _phones(self) -> list[Phone]:
        world = self.world
        people = (world.ana, world.ben, world.dee, world.pat, world.zoe)
        phones = [self._phone(Replica(person, world.phone(person))) for person in people]
        phones.append(self._phone(Replica(world.ana, world.phone(world.ana), protocol=FLOOR)))
        rest = frozenset(table.entity for table in TABLES) - PLACES
        device = world.phone(world.cy)
        for stream, entities in ((MAIN, PLACES), ("rest", rest)):
            replica = Replica(world.cy, device, stream=stream, entities=entities)
            phones.append(self._phone(replica, writing=stream == MAIN))
        return phones

    def _phone(self, replica: Replica, *, writing: bool = True) -> Phone:
        return Phone(replica, Deeds(self.world, replica, self.chance, self.counted.pk), writing=writing)

    def play_round(self) -> None:
        """Things happen and phones act, one thing at a time, in any order; then all become quiet and are compared."""
        self.awake = self.chance.sample(self.phones, AWAKE)
        with slow_writer(self.world, self.chance) as slow:
            for _ in range(STEPS):
                with clock.moved_to(self.now):
                    self.step(slow)
                self.now += timedelta(seconds=self.chance.choice([1, 1, 60, 1800, -600]))
        if self.chance.random() < 0.1:
            self.keep()
        with clock.moved_to(self.now):
            self.compare()
        self.round += 1

    def step(self, slow: SlowWriter) -> None:
        if self.chance.random() < 0.45:
            self.happen()
            return
        phone = self.chance.choice(self.awake)
        if self.chance.random() < 0.5:
            phone.write()
        if self.chance.random() < 0.1:
            self.slowly(slow)
        if self.chance.random() < 0.03:
            self.flap(phone)
        self.trace.append(f"{phone.replica.user.username} v{phone.replica.protocol} {phone.step()}")

    def slowly(self, slow: SlowWriter) -> None:
        slow.turn()
        self.trace.append("the slow writer goes on")

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
        kinds = self.chance.choices((HAPPENINGS, MOVES, EVERYWHERE), (50, 30, 20), k=self.chance.randint(1, 3))
        things = [self.chance.choice(kind) for kind in kinds]
        names = [thing.__name__ for thing in things]
        try:
            with transaction.atomic():
                for thing in things:
                    thing(self.at)
                if self.chance.random() < 0.05:
                    raise LookupError("somebody thought better of it")
        except (DomainError, DatabaseError, LookupError, ProtectedError, ObjectDoesNotExist) as error:
            self.trace.append(f"not {names}: {error!r:.60}")
            return
        self.done.update(names)
        self.trace.append(" + ".join(names))

    def keep(self) -> None:
        """The job that keeps the log runs, as it will some day: what it purges, phones must do without."""
        days = self.chance.choice([0, 2, 91, 91, 121])
        with clock.moved_to(clock.now() + timedelta(days=days)):
            done = retention.keep()
        assert done is not None
        for name in ("closed", "dropped", "forgotten", "thinned"):
            self.kept[name] += getattr(done, name)
        self.trace.append(f"kept, in {days} days: {done.told()}")

    def touch_in_turn(self) -> None:
        """Over the rounds, a row of every entity is written, or, where rows are never written again, born."""
        for table in self.waiting[:3]:
            for way in (everywhere.touch, everywhere.copy, _bear):
                try:
                    with transaction.atomic():
                        way(self.at, table)
                except (DatabaseError, LookupError, DomainError):
                    continue
                self.waiting.remove(table)
                self.done[f"wrote {table.entity}"] += 1
                break
            else:
                self.waiting.append(self.waiting.pop(self.waiting.index(table)))

    def compare(self) -> None:
        self.touch_in_turn()
        for phone in self.phones:
            phone.empty_outbox()
        self.check_ledger()
        newest = truth.everything()
        rows = {CURRENT: newest, FLOOR: truth.as_before(newest, FLOOR)}
        coverage = truth.Coverage.now()
        for phone in self.phones:
            phone.limit = self.chance.choice([20, 500, 500, 500])
            phone.stammers = self.chance.random() < 0.2
            seen = coverage.seen(phone.replica.user.pk)
            phone.settle(rows[phone.replica.protocol], seen)
        if self.chance.random() < 0.3:
            self.compare_a_new_phone(rows[CURRENT], coverage)

    def compare_a_new_phone(self, rows: Rows, coverage: truth.Coverage) -> None:
        """Somebody gets a phone, and gives it back."""
        person = self.chance.choice(self.phones).replica.user
        device = self.world.phone(person)
        seen = coverage.seen(person.pk)
        assert seen.roots == truth.roots_of(person), f"who sees what: {person.username}"
        assert fresh(person, device) == truth.seen_by(seen, rows)
        Device.objects.filter(pk=device.pk).delete()

    def check_ledger(self) -> None:
        """Each answered mutation stands once, in order, without a gap, and what was counted is what was answered."""
        found: dict[object, list[SyncOp]] = {}
        for op in SyncOp.objects.filter(org__in=(self.world.org, self.world.other_org)).order_by("seq"):
            found.setdefault(op.device_id, []).append(op)
        last: dict[object, int] = dict(DeviceState.objects.values_list("device_id", "last_seq"))
        for device, ops in found.items():
            assert [op.seq for op in ops] == list(range(1, len(ops) + 1))
            assert last[device] == len(ops)
        counted: dict[object, str] = {}
        for phone in self.phones:
            for device, mutation, result in phone.settled:
                assert found[device][mutation.seq - 1].status == result.status
                if mutation.entity_id == self.counted.pk and mutation.name == "account.patch":
                    counted[mutation.id] = result.status
        done = sum(status in (Status.APPLIED, Status.MERGED) for status in counted.values())
        # What was refused first may have been tried again from somebody's inbox.
        again = SyncIssue.objects.filter(
            entity_id=self.counted.pk,
            state=IssueState.RESOLVED,
            resolution__in=(Resolution.RETRY, Resolution.KEEP_MINE),
        )
        displays = Account.objects.values_list("displays", flat=True).get(pk=self.counted.pk)
        assert displays == done + again.count(), f"{displays} are counted, {done} + {again.count()} were put up"
        made = [
            mutation.entity_id
            for phone in self.phones
            for _, mutation, result in phone.settled
            if mutation.name == "account.create" and mutation.entity_id and result.status is Status.APPLIED
        ]
        assert set(Account.objects.filter(pk__in=made).values_list("id", flat=True)) == set(made)

    def figures(self) -> Counter[str]:
        """Returns what was counted over all phones."""
        total: Counter[str] = Counter(rounds=self.round)
        for phone in self.phones:
            total += phone.figures
        total.update({f"log {name}": number for name, number in self.kept.items()})
        return total


def _bear(at: Happenings, table: SyncedTable) -> None:
    BORN[table.entity](at)


def play(world: World, *, seed: int, rounds: int) -> Crowd:
    """Plays; a failure tells the seed, the round and what happened in it."""
    crowd = Crowd(world, seed)
    go_on(crowd, rounds)
    return crowd


def go_on(crowd: Crowd, rounds: int) -> None:
    """Plays more rounds of the same crowd."""
    for _ in range(rounds):
        crowd.trace.clear()
        try:
            crowd.play_round()
        except Exception as error:
            story = "\n  ".join(crowd.trace)
            raise AssertionError(f"seed {crowd.seed}, round {crowd.round}: {error!r}\n  {story}") from error
