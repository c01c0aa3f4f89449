"""kill -9 of the web process in the middle of a push: after it is back, everything is there once."""

import threading

import pytest
from django.db import transaction

from backend.crm.models import Account, Activity
from backend.sync.models import DeviceState, SyncOp
from mobile_client_stub.sync import SyncReport
from tests.config.serving import Serving, until
from tests.factories.world import World
from tests.flows.conftest import Phone

HALF = 20


@pytest.mark.trap(10)
def test_a_push_cut_by_kill_nine_is_finished_after_the_restart_with_each_deed_done_once(
    server: Serving, world: World, phone: Phone
) -> None:
    store, held = world.account("Ames Liquor", world.north), world.account("Boone Market", world.north)
    ana = phone(world.ana)
    ana.sync()
    ana.go_offline()
    for account in (store, held):
        for number in range(HALF):
            ana.add_note(str(account.pk), f"{account.name} {number:02}")
    sent = [entry.id for entry in ana.outbox()]
    ana.come_back()

    reports: list[SyncReport] = []
    pushing = threading.Thread(target=lambda: reports.append(ana.sync()), daemon=True)
    ledger = SyncOp.objects.filter(device__user=world.ana).order_by("seq")
    with transaction.atomic():
        # Whoever writes on the second store waits here, so the server dies with half of the push behind it.
        Account.objects.select_for_update().get(pk=held.pk)
        pushing.start()
        until(lambda: ledger.count() == HALF, "the first half in the ledger")
        server.family()["web"].kill()
    pushing.join(60)

    assert not pushing.is_alive()
    (report,) = reports
    assert (report.count("APPLIED"), report.replayed) == (2 * HALF, HALF)
    assert [str(op.pk) for op in ledger] == sent
    assert [op.seq for op in ledger] == list(range(1, 2 * HALF + 1))
    assert DeviceState.objects.get(device__user=world.ana).last_seq == 2 * HALF
    subjects = Activity.objects.filter(org=world.org).values_list("subject", flat=True)
    assert sorted(subjects) == [f"{account.name} {number:02}" for account in (store, held) for number in range(HALF)]
    assert (ana.unsent(), ana.store.sizes()["activity"]) == (0, 2 * HALF)
