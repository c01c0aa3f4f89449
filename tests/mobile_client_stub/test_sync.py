"""The sync loop against a scripted wire: pages, resets, lost replies, forks."""

import pytest

from mobile_client_stub.device import Device
from mobile_client_stub.errors import FlightMode, ProtocolBroken, SignInNeeded, Unreachable
from mobile_client_stub.faults import Crash
from mobile_client_stub.sync import Progress
from tests.mobile_client_stub.conftest import Phone
from tests.mobile_client_stub.scripted import Scripted, error, page, put, reset
from tests.mobile_client_stub.world import DEAL, FAR, OTHER, STORE, VISIT, account, deal, everything


def names(device: Device) -> list[str]:
    return [place.name for place in device.accounts()]


def two_pages(server: Scripted) -> None:
    rows = everything()
    server.pages = {
        None: [page(*rows[:8], cursor="p1", complete=False, counts={"account": 3, "rest": 11})],
        "p1": [page(*rows[8:], cursor="c1")],
        "c1": [page(cursor="c1")],
    }


def test_nothing_of_a_pull_is_shown_before_it_is_complete_and_then_all_of_it(server: Scripted, phone: Phone) -> None:
    two_pages(server)
    ana = phone()
    ana.sign_in("ana", "secret")
    ana.faults.crash_after_page(1)
    with pytest.raises(Crash):
        ana.sync()
    assert ana.store.sizes() == {}
    ana.sync()
    assert names(ana) == ["Ames Liquor", "Boone Market", "Far Goods"]
    assert ana.store.position().staged == 0


def test_after_a_crash_between_pages_the_next_start_goes_on_from_the_staged_page(
    server: Scripted, phone: Phone
) -> None:
    two_pages(server)
    ana = phone()
    ana.sign_in("ana", "secret")
    ana.faults.crash_after_page(1)
    with pytest.raises(Crash):
        ana.sync()
    ana.close()
    again = phone()
    again.sync()
    asked = [variables["cursor"] for name, variables in server.calls if name == "SyncPull"]
    assert asked == [None, "p1"]
    assert names(again) == ["Ames Liquor", "Boone Market", "Far Goods"]


def test_an_empty_phone_shows_the_coming_days_before_the_rest_has_come(server: Scripted, phone: Phone) -> None:
    two_pages(server)
    server.pages[None][0]["ready"] = 0
    ana = phone()
    ana.sign_in("ana", "secret")
    ana.faults.crash_after_page(1)
    with pytest.raises(Crash):
        ana.sync()
    shown_early = ana.store.contents()
    assert len(shown_early) == 8
    assert ana.store.position().staged == 8
    ana.sync()
    assert names(ana) == ["Ames Liquor", "Boone Market", "Far Goods"]
    assert ana.store.contents().items() >= shown_early.items()


def test_a_phone_that_shows_rows_shows_no_half_of_a_new_state(server: Scripted, ana: Device) -> None:
    before = ana.store.contents()
    rows = everything()
    server.pages = {
        "c1": [reset("TOO_OLD")],
        None: [page(*rows[:4], cursor="p1", complete=False, ready=0)],
        "p1": [page(*rows[4:8], cursor="c2")],
        "c2": [page(cursor="c2")],
    }
    ana.faults.crash_after_page(1)
    with pytest.raises(Crash):
        ana.sync()
    assert ana.store.contents() == before
    ana.sync()
    assert len(ana.store.contents()) == 8


def test_a_reset_for_a_reason_of_tomorrow_begins_anew_and_keeps_the_outbox(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "Ask for Jo")
    server.pages["c1"] = [reset("SOMETHING_NEW")]
    server.pages[None] = [page(*everything(), cursor="c9")]
    server.pages["c9"] = [page(cursor="c9")]
    report = ana.sync()
    assert report.resets == ["SOMETHING_NEW"]
    assert [entry.name for entry, _ in report.answers] == ["activity.create"]


def test_a_first_sync_tells_how_far_it_is(server: Scripted, phone: Phone) -> None:
    two_pages(server)
    ana = phone()
    ana.sign_in("ana", "secret")
    told: list[Progress] = []
    ana.sync(told.append)
    assert told == [Progress("pull", 8, 14), Progress("pull", 14, 14)]


def test_puts_dels_and_evictions_are_applied_in_their_order(server: Scripted, ana: Device) -> None:
    renamed = account(STORE, "Ames Liquor and Deli")
    server.pages["c1"] = [
        page(
            {"op": "evict", "root": STORE, "reason": "refresh"},
            put("account", renamed, STORE),
            {"op": "del", "entity": "account", "id": OTHER},
            {"op": "evict", "root": FAR, "reason": "scope"},
            cursor="c2",
        )
    ]
    server.pages["c2"] = [page(cursor="c2")]
    report = ana.sync()
    assert ana.store.rows("account") == [renamed]
    assert [row["accountId"] for row in ana.store.rows("address")] == [OTHER]
    assert (report.evicted, report.dels.total(), report.puts.total()) == ([STORE, FAR], 1, 1)


def test_more_means_pull_again_at_once(server: Scripted, ana: Device) -> None:
    server.pages["c1"] = [page(cursor="c2", more=True)]
    server.pages["c2"] = [page({"op": "evict", "root": FAR, "reason": "scope"}, cursor="c3")]
    assert ana.sync().pages == 2
    assert names(ana) == ["Ames Liquor", "Boone Market"]


@pytest.mark.parametrize("reason", ["CURSOR_INVALID", "CURSOR_REWOUND", "EPOCH_CHANGED"])
def test_a_reset_replaces_every_row_and_keeps_the_outbox(server: Scripted, ana: Device, reason: str) -> None:
    ana.go_offline()
    ana.add_note(STORE, "asked for a cooler")
    ana.come_back()
    server.pages["c1"] = [reset(reason)]
    server.pages[None] = [page(put("account", account(OTHER, "Boone Market"), OTHER), cursor="c9")]
    server.pages["c9"] = [page(cursor="c9")]
    server.answers["SyncPush"] = [error("BUSY", "RETRY")] * 3
    with pytest.raises(Exception, match="BUSY"):
        ana.sync()
    report = ana.sync()
    assert report.resets == [reason]
    assert ana.store.sizes() == {"account": 1}
    assert [entry.name for entry, _ in report.answers] == ["activity.create"]


def test_during_a_reset_the_old_rows_stay_until_the_new_ones_are_whole(server: Scripted, ana: Device) -> None:
    server.pages["c1"] = [reset("CURSOR_INVALID")]
    server.pages[None] = [page(put("account", account(OTHER, "Boone"), OTHER), cursor="p1", complete=False)]
    server.pages["p1"] = [page(cursor="c9")]
    ana.faults.crash_after_page(1)
    with pytest.raises(Crash):
        ana.sync()
    assert names(ana) == ["Ames Liquor", "Boone Market", "Far Goods"]
    ana.sync()
    assert names(ana) == ["Boone"]


def test_superseded_pages_go_and_the_last_complete_cursor_is_used_again(server: Scripted, ana: Device) -> None:
    gone = put("account", account("ghost", "Ghost"), "ghost")
    server.pages["c1"] = [page(gone, cursor="p1", complete=False), page(cursor="c2")]
    server.pages["p1"] = [reset("PAGES_SUPERSEDED")]
    report = ana.sync()
    assert report.resets == ["PAGES_SUPERSEDED"]
    asked = [variables["cursor"] for name, variables in server.calls if name == "SyncPull"]
    assert asked == [None, "c1", "p1", "c1"]
    assert names(ana) == ["Ames Liquor", "Boone Market", "Far Goods"]


def test_a_server_that_resets_for_ever_is_given_up(server: Scripted, ana: Device) -> None:
    server.pages = {"c1": [reset("CURSOR_INVALID")], None: [reset("CURSOR_INVALID")]}
    with pytest.raises(ProtocolBroken, match="CURSOR_INVALID"):
        ana.sync()


def test_a_push_whose_reply_is_lost_is_repeated_and_done_once(server: Scripted, ana: Device) -> None:
    ana.check_in(VISIT, 42.03, -93.62, 10)
    ana.report(VISIT, "order", "two cases")
    ana.faults.lose_reply_once("SyncPush")
    report = ana.sync()
    assert ana.faults.happened == ["lost reply SyncPush"]
    assert [answer.status for _, answer in report.answers] == ["APPLIED", "APPLIED"]
    assert (report.replayed, report.retries, report.unsent) == (2, 1, 0)
    first, second = [variables["mutations"] for name, variables in server.calls if name == "SyncPush"]
    assert first == second
    assert len(server.effects) == 2


def test_a_reply_cut_short_is_no_reply(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "hello")
    ana.faults.cut_after("SyncPush", 40)
    report = ana.sync()
    assert (report.replayed, len(server.effects)) == (1, 1)


def test_a_lost_pull_reply_is_asked_for_again_with_the_same_cursor(server: Scripted, ana: Device) -> None:
    ana.faults.lose_reply_once("SyncPull")
    ana.sync()
    asked = [variables["cursor"] for name, variables in server.calls if name == "SyncPull"]
    assert asked == [None, "c1", "c1"]


def test_patience_ends_and_what_was_done_is_kept(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "hello")
    server.down = True
    before = len(server.calls)
    with pytest.raises(Unreachable, match=r"Cannot reach http://server\.test"):
        ana.sync()
    assert (ana.unsent(), len(server.calls)) == (1, before)


def test_offline_nothing_is_sent_and_everything_is_kept(server: Scripted, phone: Phone, ana: Device) -> None:
    ana.go_offline()
    before = len(server.calls)
    ana.add_note(STORE, "hello")
    with pytest.raises(FlightMode):
        ana.sync()
    ana.close()
    again = phone()
    assert again.offline
    assert len(server.calls) == before
    again.come_back()
    assert again.sync().count("APPLIED") == 1


def test_a_busy_server_is_asked_again(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "hello")
    busy = {"lastSeq": 0, "halt": "BUSY", "message": "later", "results": []}
    server.answers["SyncPush"] = [{"data": {"syncPush": busy}}]
    report = ana.sync()
    assert (report.halts, report.count("APPLIED")) == (["BUSY"], 1)


def test_a_gap_is_closed_by_sending_again_what_the_server_forgot(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "one")
    ana.add_note(STORE, "two")
    ana.sync()
    (ledger,) = server.devices.values()
    ledger.last_seq = 0
    ledger.by_seq.clear()
    server.effects.clear()
    ana.add_note(STORE, "three")
    report = ana.sync()
    assert report.halts == ["SEQ_GAP"]
    assert [entry.args["subject"] for entry, _ in report.answers] == ["one", "two", "three"]
    assert len(server.effects) == 3


def test_a_hole_in_the_numbers_is_closed_with_the_same_ids(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "lost with the old phone")
    ana.add_note(STORE, "kept")
    with ana.store.writing() as db:
        db.execute("DELETE FROM outbox WHERE seq = 1")
    (kept,) = ana.outbox()
    report = ana.sync()
    assert [(entry.seq, entry.id) for entry, _ in report.answers] == [(1, kept.id)]


def test_a_restored_server_is_told_again_what_it_forgot(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "one")
    ana.sync()
    (ledger,) = server.devices.values()
    ledger.last_seq = 0
    ledger.by_seq.clear()
    server.effects.clear()
    server.pages = {
        "c1": [reset("EPOCH_CHANGED")],
        None: [page(*everything(), cursor="d1", epoch="e2")],
        "d1": [page(cursor="d1", epoch="e2")],
    }
    report = ana.sync()
    assert (len(server.effects), report.unsent) == (1, 0)


def test_a_copied_phone_asks_for_a_sign_in_and_sends_its_work_as_another_device(server: Scripted, ana: Device) -> None:
    assert ana.who is not None
    old_device = ana.who.device_id
    ana.add_note(STORE, "before the copy was made")
    ana.sync()
    ledger = server.devices[old_device]
    ledger.last_seq, ledger.by_seq[2] = 2, ("what the copy did", {})
    ana.add_note(STORE, "mine")
    (mine,) = ana.outbox()
    with pytest.raises(SignInNeeded, match="This phone was copied"):
        ana.sync()
    assert (ana.unsent(), len(ana.accounts())) == (1, 3)
    session = ana.sign_in("ana", "secret")
    assert session.device_id != old_device
    report = ana.sync()
    assert report.halts == []
    assert [(entry.seq, entry.id, answer.status) for entry, answer in report.answers] == [(1, mine.id, "APPLIED")]
    last_pull = [variables for name, variables in server.calls if name == "SyncPull"][-1]
    assert (last_pull["cursor"], last_pull["device"]) == (None, session.device_id)
    assert names(ana) == ["Ames Liquor", "Boone Market", "Far Goods"]


def test_what_is_done_on_the_screen_stays_until_a_pull_covers_it(server: Scripted, ana: Device) -> None:
    ana.move_stage(DEAL, "Proposal")
    server.pages["c1"] = [page(cursor="c2", lastSeq=0), page(cursor="c2", lastSeq=0)]
    server.pages["c2"] = [
        page(put("opportunity", deal("Proposal") | {"amount": "5.00"}, STORE), cursor="c3", lastSeq=1)
    ]
    server.pages["c3"] = [page(cursor="c3")]
    ana.sync()
    assert ana.unsent() == 0
    assert [entry.state for entry in ana.outbox()] == ["answered"]
    (shown,) = ana.opportunities()
    assert (shown.stage and shown.stage["name"], shown.opportunity["amount"]) == ("Proposal", "1200.00")
    ana.sync()
    (shown,) = ana.opportunities()
    assert (shown.stage and shown.stage["name"], shown.opportunity["amount"]) == ("Proposal", "5.00")
    assert ana.outbox() == []


def test_what_was_refused_is_told_and_leaves_the_screen_with_the_pull_that_covers_it(
    server: Scripted, ana: Device
) -> None:
    server.verdict = lambda mutation: {"status": "CONFLICT", "code": "STAGE_MOVED_MEANWHILE", "issueId": "issue"}
    issue = {
        "id": "issue",
        "state": "open",
        "code": "STAGE_MOVED_MEANWHILE",
        "createdAt": "2026-05-04",
        "mine": {},
        "theirs": {},
    }
    server.pages["c1"] = [page(put("opportunity", deal("Won"), STORE), put("syncIssue", issue, "ana"), cursor="c2")]
    server.pages["c2"] = [page(cursor="c2")]
    ana.move_stage(DEAL, "Proposal")
    report = ana.sync()
    assert [(entry.label, answer.code) for entry, answer in report.refused] == [
        ("move Cold case to Proposal", "STAGE_MOVED_MEANWHILE")
    ]
    (shown,) = ana.opportunities()
    assert shown.stage is not None
    assert (shown.stage["name"], [row["id"] for row in ana.conflicts()]) == ("Won", ["issue"])


def test_an_answerless_push_does_not_loop(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "hello")
    server.answers["SyncPush"] = [{"data": {"syncPush": {"lastSeq": 0, "halt": None, "message": None, "results": []}}}]
    with pytest.raises(ProtocolBroken):
        ana.sync()
    assert ana.unsent() == 1


def test_two_hundred_deeds_go_in_pushes_of_a_hundred_in_order(server: Scripted, ana: Device) -> None:
    for number in range(201):
        ana.add_note(STORE, f"note {number}")
    ana.sync()
    sizes = [len(variables["mutations"]) for name, variables in server.calls if name == "SyncPush"]
    assert sizes == [100, 100, 1]
    (ledger,) = server.devices.values()
    assert ledger.last_seq == 201
