"""What the log forgets, and what a phone is told that missed it."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account
from backend.field.models import Visit
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.locks import Lock
from backend.sync import compaction, partitions, retention
from backend.sync.models import BulkChange, Change, DeviceScope, Purge, Stream, SyncOp
from backend.sync.protocol import Halt, ResetReason, Status
from backend.sync.retention import Kept
from backend.territories.actions import place_account
from tests.config.serving import until
from tests.factories.replica import Phone, codes, pulled, same_as_new
from tests.factories.world import World, acting


@pytest.fixture(autouse=True)
def _one_partition(field: World) -> None:
    """Other tests close partitions too, and emptying tables leaves them there."""
    partitions.empty()


def all_ended(before: int | None = None) -> None:
    """Waits until what was under way has ended, other tests' work too: a snapshot made now includes all that was written."""
    reached = before or partitions.edge()
    until(lambda: partitions.settled() >= reached, "the end of what was under way")


def kept(*, days: int, settled: bool = True) -> Kept:
    """Runs the job as it will run in so many days; once more when what was under way has ended, other tests' work too."""
    with clock.moved_to(clock.now() + timedelta(days=days)):
        done, reached = retention.keep(), partitions.edge()
        assert done is not None
        if not settled:
            return done
        all_ended(reached)
        rest = retention.keep()
    assert rest is not None
    return Kept(**{name: number + getattr(rest, name) for name, number in asdict(done).items()})


def renamed(account: Account, name: str) -> None:
    """Saves the account under another name."""
    account.name = name
    account.save()


@pytest.mark.trap(19)
def test_a_phone_that_missed_what_was_purged_starts_anew_and_keeps_its_outbox(field: World, phone: Phone) -> None:
    """Trap 19: Ana was away for a quarter, a visit of hers was deleted meanwhile, and the log knows no more of it."""
    visit = field.visit(field.account("Hilltop", field.north))
    all_ended()
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    waiting = ana.mutation("account.create", new_id(), args={"name": "New bar"})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM field_visit WHERE id = %s", [visit.pk])
    done = kept(days=91)
    assert (done.dropped, done.dropped_rows > 0, Change.objects.count()) == (1, True, 0)
    ana.pull()
    assert ana.resets == [ResetReason.TOO_OLD]
    assert same_as_new(ana, field)
    assert codes(ana.push(waiting)) == [(Status.APPLIED, None)]
    # Nothing of Cy's was touched: he was away as long, and goes on.
    cy.pull()
    assert cy.resets == []
    assert same_as_new(cy, field)


def test_a_page_after_the_purge_starts_anew_too(field: World, phone: Phone) -> None:
    accounts = [field.account(f"Store {number}", field.north) for number in range(6)]
    ana = pulled(phone(field.ana))
    for account in accounts:
        renamed(account, "Renamed")
    ana.take(ana.ask(limit=2))
    kept(days=91)
    ana.pull(limit=2)
    assert ana.resets == [ResetReason.TOO_OLD]
    assert same_as_new(ana, field)


def test_a_phone_that_had_seen_it_goes_on(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    renamed(account, "Old news")
    all_ended()
    ana.pull()
    assert kept(days=91).dropped == 1
    renamed(account, "News")
    ana.pull()
    assert ana.resets == []
    assert [row["name"] for row in ana.of("account").values()] == ["News"]


def test_a_phone_that_had_seen_the_newest_but_not_a_slow_one_starts_anew(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    """What is purged of a root is more than its newest change: a slow import began before it, and ended after the pull."""
    hill = field.account("Hilltop", field.north)
    with other.cursor() as slow:
        slow.execute(
            "INSERT INTO crm_activity (id, org_id, version, created_at, updated_at, account_id, owner_id, kind, subject, body, "
            "status) VALUES (%s, %s, 1, now(), now(), %s, %s, 'note', 'Slow', '', 'done')",
            [new_id(), field.org.pk, hill.pk, field.ana.pk],
        )
        field.visit(hill)
        ana = pulled(phone(field.ana))
    other.commit()
    assert kept(days=91).dropped == 1
    ana.pull()
    assert ana.resets == [ResetReason.TOO_OLD]
    assert [row["subject"] for row in ana.of("activity").values()] == ["Slow"]


def test_thinning_keeps_what_was_written_last_and_not_what_began_last(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    """A slow import takes its number first and writes the account last; between the two a phone has pulled."""
    hill, mall = field.account("Hilltop", field.north), field.account("Mall", field.north)
    with other.cursor() as slow:
        slow.execute("UPDATE crm_account SET segment = 'bars' WHERE id = %s", [mall.pk])
        renamed(hill, "Newer")
        ana = pulled(phone(field.ana))
        slow.execute("UPDATE crm_account SET segment = 'bars' WHERE id = %s", [hill.pk])
    other.commit()
    assert kept(days=2).dropped == 0
    ana.pull()
    assert (ana.resets, same_as_new(ana, field)) == ([], True)


def test_the_log_is_thinned_and_no_phone_misses_a_word(field: World, phone: Phone) -> None:
    """Phones that stand at different places of the past all come to the same, whatever was thinned between."""
    hill, lake = field.account("Hilltop", field.north), field.account("Lakeside", field.north)
    deals = [field.deal(hill, name=f"Deal {number}") for number in range(3)]
    phones = [pulled(phone(field.ana)), pulled(phone(field.cy))]
    for number in range(4):
        for deal in deals:
            deal.name = f"Deal {number}"
            deal.save()
        deals[number % 3].account = lake if number % 2 else hill
        deals[number % 3].save()
        phones.append(pulled(phone(field.ana)))
        kept(days=2)
    Visit.objects.filter(pk=field.visit(hill).pk).delete()
    place_account(actor=acting(field.dee), account=lake, territory=field.south)
    before = Change.objects.count()
    assert kept(days=2).thinned > 0
    assert Change.objects.count() < before
    assert not Change.objects.filter(entity__startswith="~").exists()
    for one in phones:
        one.pull()
        assert one.resets == []
        assert same_as_new(one, field)


def test_a_bulk_write_is_seen_in_one_piece_and_taken_apart(field: World, phone: Phone) -> None:
    accounts = [field.account(f"Store {number}", field.north) for number in range(101)]
    early, late = pulled(phone(field.ana)), pulled(phone(field.ana))
    Account.objects.update(name="Renamed")
    assert [len(bulk.roots) for bulk in BulkChange.objects.all()] == [101]
    early.pull()
    while compaction.unpack():
        pass
    assert not BulkChange.objects.exists()
    assert Change.objects.filter(entity="account", xid=Change.objects.order_by("-seq")[0].xid).count() == 101
    late.pull()
    for ana in (early, late):
        assert {row["name"] for row in ana.of("account").values()} == {"Renamed"}
        assert len(ana.of("account")) == len(accounts)


def test_a_partition_is_closed_while_somebody_writes(field: World, phone: Phone, other: BaseDatabaseWrapper) -> None:
    """The writer began before the partition ended, and commits into it after; nothing is lost and nobody is refused."""
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
    renamed(account, "Quick")
    partitions.close_newest()
    with other.cursor() as cursor:
        cursor.execute("UPDATE crm_account SET name = 'Slow' WHERE id = %s", [account.pk])
    renamed_since = field.account("Lakeside", field.north)
    assert kept(days=0, settled=False).thinned == 0, "the old partition is not settled while the slow one goes on"
    ana.pull()
    other.commit()
    ana.pull()
    assert {row["name"] for row in ana.of("account").values()} == {"Slow", renamed_since.name}
    assert len(partitions.partitions()) == 2


def test_a_log_in_use_is_left_alone_and_seen_to_later(field: World, other: BaseDatabaseWrapper) -> None:
    field.account("Hilltop", field.north)
    with other.cursor() as cursor:
        cursor.execute("UPDATE crm_account SET name = 'Not committed yet'")
    assert kept(days=2, settled=False).closed == 0
    other.commit()
    assert kept(days=2, settled=False).closed == 1


def test_one_worker_at_a_time(field: World, other: BaseDatabaseWrapper) -> None:
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [int(Lock.SYNC_LOG), -(1 << 31)])
    assert retention.keep() is None
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert retention.keep() is not None


def test_an_idle_phone_is_forgotten_and_told_so(field: World, phone: Phone) -> None:
    field.account("Hilltop", field.north)
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    all_ended()
    with clock.moved_to(clock.now() + timedelta(days=60)):
        cy.pull()
    assert kept(days=121).forgotten == 1
    assert not DeviceScope.objects.filter(stream__device=ana.device).exists()
    assert DeviceScope.objects.filter(stream__device=cy.device).exists()
    for one in (ana, cy):
        one.pull()
        assert same_as_new(one, field)
    assert (ana.resets, cy.resets) == ([ResetReason.TOO_OLD], [])
    assert Stream.objects.get(device=ana.device).forgotten_at is None


def test_old_answers_are_shortened_and_a_replay_is_still_known(field: World, phone: Phone) -> None:
    ana = pulled(phone(field.ana))
    good = ana.mutation("account.create", new_id(), args={"name": "New bar"})
    bad = ana.mutation("account.create", new_id(), args={"name": ""})
    first = ana.push(good, bad)
    assert first.results[1].message
    assert kept(days=89).shortened == 0
    assert kept(days=91).shortened == 1
    again = ana.push(good, bad)
    assert [(one.status, one.code, one.replayed) for one in again.results] == [
        (one.status, one.code, True) for one in first.results
    ]
    assert (again.results[1].message, again.results[1].fields) == (None, {})
    forged = ana.mutation("account.create", good.entity_id, args={"name": "Another bar"})
    forged = replace(forged, seq=1)
    assert ana.push(forged).halt is Halt.DEVICE_FORKED
    assert SyncOp.objects.count() == 2


def test_the_marker_of_a_root_that_left_goes_after_the_grace(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull()
    assert kept(days=4).markers == 0, "she has not shown yet that she dropped it"
    ana.pull()
    assert kept(days=2).markers == 0
    assert kept(days=4).markers == 1
    assert not DeviceScope.objects.filter(root=account.pk, stream__device=ana.device).exists()


def test_what_was_purged_is_marked_before_it_goes(field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies between the two: the phone is sent away for nothing, but not lied to."""
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    renamed(account, "News")

    def die(partition: partitions.Partition) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(partitions, "drop", die)
    with pytest.raises(KeyboardInterrupt):
        kept(days=91)
    assert Purge.objects.filter(root=account.pk).exists()
    ana.pull()
    assert same_as_new(ana, field)
    monkeypatch.undo()
    kept(days=91)
    assert not Change.objects.exists()
