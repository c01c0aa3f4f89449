"""kill -9 of the web process in the middle of a push: after it is back, everything is there once."""

import threading

from backend.crm.models import Activity
from backend.sync.models import DeviceState, SyncOp
from mobile_client_stub.sync import SyncReport
from tests.config.serving import Serving, until
from tests.factories.world import World
from tests.flows.conftest import Phone

DEEDS = 90


def test_a_push_cut_by_kill_nine_is_finished_after_the_restart_with_each_deed_done_once(
    server: Serving, world: World, phone: Phone
) -> None:
    store = world.account("Ames Liquor", world.north)
    ana = phone(world.ana)
    ana.sync()
    ana.go_offline()
    for number in range(DEEDS):
        ana.add_note(str(store.pk), f"note {number:02}")
    sent = [entry.id for entry in ana.outbox()]
    ana.come_back()

    reports: list[SyncReport] = []
    pushing = threading.Thread(target=lambda: reports.append(ana.sync()), daemon=True)
    ledger = SyncOp.objects.filter(device__user=world.ana).order_by("seq")
    pushing.start()
    until(lambda: ledger.count() >= 5, "the first deeds in the ledger")
    server.family()["web"].kill()
    done_before = ledger.count()
    pushing.join(60)

    assert not pushing.is_alive()
    assert 5 <= done_before < DEEDS, "the kill came too late to prove anything"
    (report,) = reports
    assert report.count("APPLIED") == DEEDS
    assert report.replayed >= done_before - 1
    assert [str(op.pk) for op in ledger] == sent
    assert [op.seq for op in ledger] == list(range(1, DEEDS + 1))
    assert DeviceState.objects.get(device__user=world.ana).last_seq == DEEDS
    notes = Activity.objects.filter(org=world.org).values_list("subject", flat=True)
    assert sorted(notes) == [f"note {number:02}" for number in range(DEEDS)]
    assert (ana.unsent(), ana.store.sizes()["activity"]) == (0, DEEDS)
