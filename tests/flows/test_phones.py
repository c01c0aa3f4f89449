"""Phones that are cut off, copied, or interrupted."""

import shutil
from pathlib import Path

import pytest

from backend.crm.models import Activity
from backend.identity.actions import revoke_device
from backend.identity.models import Device as DeviceRow
from backend.sync.models import SyncOp
from mobile_client_stub.device import Device
from mobile_client_stub.errors import Revoked, SignInNeeded
from mobile_client_stub.faults import Crash
from tests.config.serving import Serving
from tests.factories.world import PASSWORD, World, acting
from tests.flows.conftest import Phone
from tests.flows.line import Line
from tests.flows.watching import Watching


@pytest.mark.trap(23)
def test_a_revoked_phone_is_cut_off_while_it_watches_and_wipes_itself(world: World, phone: Phone) -> None:
    store = world.account("Ames Liquor", world.north)
    ana = phone(world.ana)
    ana.sync()
    ana.add_note(str(store.pk), "never sent")
    open_phone = Watching(ana)
    ana.sync()
    ana.go_offline()
    ana.add_note(str(store.pk), "really never sent")
    ana.come_back()
    revoke_device(actor=acting(world.dee), device_id=DeviceRow.objects.get(user=world.ana).pk, reason="left in a taxi")
    with pytest.raises(Revoked):
        open_phone.first("never comes")
    assert (ana.store.sizes(), ana.who) == ({}, None)
    assert [(entry.state, entry.args["subject"]) for entry in ana.outbox() if entry.state == "stranded"] == [
        ("stranded", "really never sent")
    ]
    assert list(Activity.objects.filter(org=world.org).values_list("subject", flat=True)) == ["never sent"]


@pytest.mark.trap(22)
def test_a_copied_phone_and_its_original_both_deliver_their_work(
    server: Serving, world: World, phone: Phone, tmp_path: Path
) -> None:
    store = world.account("Ames Liquor", world.north)
    ana = phone(world.ana)
    ana.sync()
    ana.store.close()
    shutil.copy(ana.store.path, tmp_path / "copy.sqlite3")
    original = Device(server.base, ana.store.path)
    copy = Device(server.base, tmp_path / "copy.sqlite3")
    with original, copy:
        original.add_note(str(store.pk), "from the original")
        original.sync()
        copy.add_note(str(store.pk), "from the copy")
        with pytest.raises(SignInNeeded, match="was copied"):
            copy.sync()
        copy.sign_in(world.ana.username, PASSWORD)
        copy.faults.lose_reply_once("SyncPush")
        assert copy.sync().count("APPLIED") == 1
        original.sync()
        subjects = {row["subject"] for row in original.store.rows("activity")}
        assert subjects == {"from the original", "from the copy"}
        assert copy.store.contents() == original.store.contents()
    assert SyncOp.objects.filter(device__user=world.ana).count() == 2
    assert DeviceRow.objects.filter(user=world.ana).count() == 2


def test_a_first_sync_that_crashes_between_pages_goes_on_and_ends_whole(
    server: Serving, world: World, tmp_path: Path
) -> None:
    for number in range(30):
        world.account(f"Store {number:02}", world.north)
    with Device(server.base, tmp_path / "small-pages.sqlite3", page_limit=20) as ana:
        ana.sign_in(world.ana.username, PASSWORD)
        ana.faults.crash_after_page(2)
        with pytest.raises(Crash):
            ana.sync()
        # The first page ended where what comes first does, and is shown; of the next nothing is.
        assert ana.accounts() == []
        assert ana.who is not None
        assert [row["id"] for row in ana.store.rows("user")] == [ana.who.user_id]
        staged = ana.store.position().staged
        assert staged > len(ana.store.contents())
    with Device(server.base, tmp_path / "small-pages.sqlite3", page_limit=20) as again:
        totals: list[tuple[int, int | None]] = []
        again.sync(lambda progress: totals.append((progress.done, progress.total)))
        assert totals[0][0] == staged + 20
        assert totals[-1][0] == totals[-1][1]
        with Device(server.base, tmp_path / "fresh.sqlite3") as fresh:
            fresh.sign_in(world.ana.username, PASSWORD)
            fresh.sync()
            assert again.store.contents() == fresh.store.contents()
            assert len(fresh.accounts()) == 30


def test_a_lost_line_is_found_again_and_nothing_of_what_happened_meanwhile_is_missed(
    server: Serving, world: World, phone: Phone, tmp_path: Path
) -> None:
    deal = world.deal(world.account("Ames Liquor", world.north), name="Cold case")
    ana = phone(world.ana)
    ana.sync()
    with Line(server.base) as line, Device(line.base, tmp_path / "bens.sqlite3") as ben:
        ben.sign_in(world.ben.username, PASSWORD)
        open_phone = Watching(ben)
        line.cut()
        open_phone.first("lost")
        ana.move_stage(str(deal.pk), "offer")
        ana.sync()
        line.mend()
        open_phone.first("synced")
        assert [shown.stage and shown.stage["name"] for shown in ben.opportunities()] == ["offer"]
        ana.move_stage(str(deal.pk), "won", "best price")
        ana.sync()
        assert open_phone.first("opportunity").data["opportunity"]["stage"]["name"] == "won"
        open_phone.stop()
