"""Trap 19: a backup is restored under phones that are ahead of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from backend.crm.models import Account
from backend.kit import embedded_postgres
from backend.kit.ids import new_id
from backend.sync import changes, epoch, partitions, retention
from backend.sync.cursor import Bearer, Cursor, seal
from backend.sync.models import Change, Epoch, Purge, Stream
from backend.sync.protocol import Halt, ResetReason, Status
from tests.factories.replica import Phone, codes, pulled, same_as_new
from tests.factories.world import World
from tests.sync.restored import backup, restored

BURN = "DO $$ BEGIN FOR i IN 1..2000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Returns an empty database of a cluster made just now: its transactions begin far below those of the dump."""
    with connection.cursor() as cursor:
        cursor.execute(BURN)
    server = embedded_postgres.start(tmp_path_factory.mktemp("pg"), durable=False)
    yield server.uri
    server.stop()


def test_phones_ahead_of_the_backup_start_anew_and_lose_nothing_unsent(
    field: World, phone: Phone, tmp_path: Path, elsewhere: str
) -> None:
    hill = field.account("Hilltop", field.north)
    ana, ben, cy = (pulled(phone(user)) for user in (field.ana, field.ben, field.cy))
    file = backup(tmp_path)
    # The day goes on: Ana writes one thing that the server takes and one it does not get, Ben sees it, Cy does nothing.
    sent = ana.mutation("account.patch", hill.pk, base={"name": "Hilltop"}, set={"name": "Sent"})
    assert codes(ana.push(sent)) == [(Status.APPLIED, None)]
    kept = ana.mutation("account.create", new_id(), args={"name": "New bar"})
    pulled(ana)
    pulled(ben)
    before = Epoch.objects.get().epoch
    with restored(file, elsewhere):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(xid::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM sync_log"
            )
            in_log, reached = cursor.fetchone()
        assert in_log > reached, "a fresh cluster counts from the beginning"
        for one in (ana, ben, cy):
            one.pull()
            assert one.resets == [ResetReason.EPOCH_CHANGED]
            assert same_as_new(one, field)
        assert [row["name"] for row in ana.of("account").values()] == ["Hilltop"]
        assert Epoch.objects.get().epoch != before
        # The server no longer has number 1: the phone closes the hole with what it has, under the same ids.
        reply = ana.push(kept)
        assert (reply.halt, reply.last_seq) == (Halt.SEQ_GAP, 0)
        ana.next_seq = 1
        again = ana.mutation("account.create", kept.entity_id, args={"name": "New bar"})
        assert codes(ana.push(again)) == [(Status.APPLIED, None)]
        # Life goes on in the log that still holds the old life, and when the worker has been at it.
        Account.objects.filter(pk=hill.pk).update(name="After")
        assert partitions.has_future()
        ben.pull()
        assert retention.keep() is not None
        assert not partitions.has_future()
        Account.objects.filter(pk=hill.pk).update(name="Much later")
        for one in (ana, ben, cy):
            one.pull()
            assert one.resets == [ResetReason.EPOCH_CHANGED]
            assert same_as_new(one, field)
        assert {row["name"] for row in ben.of("account").values()} >= {"Much later"}


def test_a_copy_of_the_files_is_given_away_by_the_first_phone_that_is_ahead(
    field: World, phone: Phone, tmp_path: Path, elsewhere: str
) -> None:
    """All by which a database knows itself is as it was, and Cy comes when the transactions have caught up with him."""
    hill = field.account("Hilltop", field.north)
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    file = backup(tmp_path)
    hill.name = "Lost"
    hill.save()
    pulled(ana)
    pulled(cy)
    with restored(file, elsewhere):
        Epoch.objects.update(life="")
        before = epoch.current()
        ana.pull()
        assert ana.resets == [ResetReason.EPOCH_CHANGED]
        assert epoch.current() != before
        # Long after, the transactions have come to where Cy's position is, and it would fit.
        bearer = Bearer(field.org.pk, field.cy.pk, cy.device.pk, cy.protocol)
        gen = Stream.objects.get(device=cy.device).last_gen
        cy.cursor = seal(Cursor(before, gen, changes.snapshot()), bearer, secret=settings.SECRET_KEY)
        cy.pull()
        assert cy.resets == [ResetReason.EPOCH_CHANGED]
        for one in (ana, cy):
            assert same_as_new(one, field)


def test_an_operator_begins_a_new_epoch(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    Account.objects.update(name="Renamed")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO sync_purge VALUES (%s, '1')", [account.pk])
    partitions.close_newest()
    before = epoch.current()
    after = epoch.begin_anew()
    assert after == epoch.current() != before
    assert (Change.objects.count(), Purge.objects.count(), len(partitions.partitions())) == (0, 0, 1)
    ana.pull()
    assert ana.resets == [ResetReason.EPOCH_CHANGED]
    account.name = "After"
    account.save()
    ana.pull()
    assert len(ana.resets) == 1
    assert [row["name"] for row in ana.of("account").values()] == ["After"]


def test_a_database_that_is_what_it_was_keeps_its_epoch(field: World) -> None:
    begun = epoch.current()
    connection.close()
    assert retention.keep() is not None
    assert epoch.current() == begun
    assert Epoch.objects.get().life


def test_a_host_that_does_not_let_itself_be_asked_serves_all_the_same(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epoch, "LIFE", "no_such_function()::text FROM (VALUES (1)) v")
    epoch._life.cache_clear()
    try:
        ana = pulled(phone(field.ana))
        begun = epoch.current()
        assert epoch.renew() != begun
        ana.pull()
        assert ana.resets == [ResetReason.EPOCH_CHANGED]
        assert Epoch.objects.get().life == ""
    finally:
        epoch._life.cache_clear()
