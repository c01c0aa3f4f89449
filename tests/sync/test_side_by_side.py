"""Several at once on one phone's account, and servers that die: nothing doubled, nothing torn."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from django.db import connections

from backend.crm.models import Account, Activity
from backend.kit.ids import new_id
from backend.sync import rows
from backend.sync.models import SyncOp
from backend.sync.protocol import PullPage, Status
from tests.factories.replica import Phone, fresh
from tests.factories.world import World


@contextmanager
def another_line() -> Iterator[Any]:
    """Opens a second line to the database, each of whose statements is committed at once."""
    line = connections.create_connection("default")
    try:
        with line.cursor() as cursor:
            yield cursor
    finally:
        line.close()


def test_pulls_of_one_phone_at_once_wait_for_one_another(field: World, phone: Phone) -> None:
    for number in range(5):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    ana.pull()
    field.account("New", field.north)
    pages: list[PullPage] = []

    def ask() -> None:
        try:
            pages.append(ana.ask())
        finally:
            connections.close_all()

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [page.complete for page in pages] == [True] * 3
    ana.pull()
    assert len(ana.of("account")) == 6
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


def test_a_page_is_one_instant_though_others_write_while_it_is_made(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that commits while the page is being read is in it whole or not at all."""
    account = field.account("Hilltop", field.north)
    deal = field.deal(account)
    ana = phone(field.ana)
    ana.pull()
    Account.objects.filter(pk=account.pk).update(notes="one")
    real = rows.named

    def named(*asked: Any) -> dict[str, str]:
        with another_line() as cursor:
            cursor.execute("UPDATE crm_account SET notes = 'two' WHERE id = %s", [account.pk])
            cursor.execute("UPDATE crm_opportunity SET notes = 'two' WHERE id = %s", [deal.pk])
        return real(*asked)

    monkeypatch.setattr(rows, "named", named)
    ana.take(ana.ask())
    assert ana.of("account")[str(account.pk)]["notes"] == "one"
    assert ana.of("opportunity")[str(deal.pk)]["notes"] == ""
    monkeypatch.undo()
    ana.pull()
    assert ana.of("opportunity")[str(deal.pk)]["notes"] == "two"


@pytest.mark.parametrize("where", ["before the ledger", "after the ledger"])
def test_a_server_that_dies_in_a_push_has_done_nothing(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Effects, ledger and last number are one commit: sent again, the mutation is applied once."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    args = {"accountId": str(account.pk), "kind": "note", "subject": "Keys"}
    sent = ana.mutation("activity.create", new_id(), args=args)
    real = SyncOp.save

    def save(self: SyncOp, **options: Any) -> None:
        if where == "after the ledger":
            real(self, **options)
        raise SystemError("the server dies here")

    monkeypatch.setattr(SyncOp, "save", save)
    with pytest.raises(SystemError):
        ana.push(sent)
    monkeypatch.undo()
    assert (Activity.objects.count(), SyncOp.objects.count()) == (0, 0)
    assert [result.status for result in ana.push(sent).results] == [Status.APPLIED]
    assert Activity.objects.count() == 1
