"""What a rep does offline: numbers, groups, dependencies, and what the screen shows of it."""

from datetime import UTC, datetime

import pytest

from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere, NotNow
from mobile_client_stub.faults import Crash
from tests.mobile_client_stub.conftest import Phone
from tests.mobile_client_stub.scripted import Scripted, page
from tests.mobile_client_stub.world import DEAL, FAR, OTHER, STAGES, STORE, VISIT


def test_a_check_in_begins_the_visit_on_the_screen_at_once(ana: Device) -> None:
    ana.go_offline()
    visit = ana.check_in(VISIT, 42.0301, -93.6199, 12.0)
    assert (visit["state"], visit["startedAt"]) == ("in_progress", "2026-05-04T12:00:00Z")
    (entry,) = ana.outbox()
    assert (entry.seq, entry.name, entry.entity_id, entry.label) == (
        1,
        "visit.checkIn",
        VISIT,
        "check in at Ames Liquor",
    )
    assert {name: entry.args[name] for name in ("lat", "lng", "accuracyM")} == {
        "lat": 42.0301,
        "lng": -93.6199,
        "accuracyM": 12.0,
    }


def test_a_check_in_at_an_account_uses_the_visit_planned_there_today(ana: Device) -> None:
    assert ana.check_in(STORE, None, None)["id"] == VISIT
    assert [entry.name for entry in ana.outbox()] == ["visit.checkIn"]


def test_a_check_in_where_none_is_planned_makes_a_visit_of_which_it_depends(ana: Device) -> None:
    visit = ana.check_in(OTHER, 42.06, -93.88)
    made, begun = ana.outbox()
    assert (made.name, made.entity_id, made.args["accountId"]) == ("visit.create", visit["id"], OTHER)
    assert (begun.name, begun.depends_on) == ("visit.checkIn", [made.id])
    assert [stop.place and stop.place.name for stop in ana.today()] == ["Boone Market", "Ames Liquor"]


def test_a_group_is_kept_whole_or_not_at_all(ana: Device) -> None:
    def half() -> None:
        with ana.store.writing():
            ana.check_in(OTHER, 42.06, -93.88)
            raise Crash

    with pytest.raises(Crash):
        half()
    assert ana.outbox() == []
    ana.add_note(STORE, "the number is not lost")
    assert [entry.seq for entry in ana.outbox()] == [1]


def test_a_report_ends_the_visit_and_depends_on_its_check_in(ana: Device) -> None:
    ana.check_in(VISIT, 42.03, -93.62)
    visit = ana.report(VISIT, "order", "two cases", {"shelf": "full"})
    assert visit["state"] == "completed"
    begun, told = ana.outbox()
    assert told.depends_on == [begun.id]
    with ana.screen() as view:
        (report,) = view.all("visitReport")
    assert (report["outcome"], report["summary"], report["answers"]) == ("order", "two cases", {"shelf": "full"})


def test_two_visits_at_once_are_refused_on_the_phone_already(ana: Device) -> None:
    ana.check_in(VISIT, None, None)
    with pytest.raises(NotNow, match="You are still at Ames Liquor") as refused:
        ana.check_in(OTHER, None, None)
    assert refused.value.code == "ALREADY_IN_PROGRESS"
    assert len(ana.outbox()) == 1


def test_a_report_before_the_check_in_is_refused(ana: Device) -> None:
    with pytest.raises(NotNow, match="check in before you report"):
        ana.report(VISIT, "order")


def test_a_visit_is_skipped_for_a_reason_only(ana: Device) -> None:
    with pytest.raises(NotNow, match="Say why"):
        ana.skip(VISIT, " ")
    assert ana.skip(VISIT, "closed for repairs")["state"] == "skipped"


def test_a_deal_moves_by_the_name_of_the_stage_over_what_the_screen_shows(ana: Device) -> None:
    ana.move_stage(DEAL, "proposal")
    ana.move_stage(DEAL, "Won", "best price")
    first, second = ana.outbox()
    assert (first.base, first.args) == ({"stageId": STAGES["Lead"]}, {"stageId": STAGES["Proposal"]})
    assert second.base == {"stageId": STAGES["Proposal"]}
    assert second.args == {"stageId": STAGES["Won"], "reason": "best price"}


def test_winning_needs_a_reason_and_a_stage_must_exist(ana: Device) -> None:
    with pytest.raises(NotNow, match="Say why it is won"):
        ana.move_stage(DEAL, "Won")
    with pytest.raises(NotHere, match="there are Lead, Proposal, Won, Lost"):
        ana.move_stage(DEAL, "Nowhere")


def test_an_edit_carries_only_what_changed_and_what_stood_there(ana: Device) -> None:
    shown = ana.edit_account(STORE, notes="ask for Joe", name="Ames Liquor")
    assert shown["notes"] == "ask for Joe"
    (entry,) = ana.outbox()
    assert (entry.base, entry.set) == ({"notes": ""}, {"notes": "ask for Joe"})
    ana.edit_account(STORE, notes="ask for Joe")
    assert len(ana.outbox()) == 1
    with pytest.raises(NotHere, match="colour"):
        ana.edit_account(STORE, colour="red")


def test_a_new_account_is_shown_and_what_is_done_there_depends_on_it(ana: Device) -> None:
    fresh = ana.create_account("New Deli", phone="515 555 0100")
    ana.add_note(fresh["id"], "promising")
    made, note = ana.outbox()
    assert note.depends_on == [made.id]
    assert "New Deli" in [place.name for place in ana.accounts()]


def test_too_much_for_one_message_is_refused_and_changes_nothing(ana: Device) -> None:
    with pytest.raises(NotNow, match="64 KiB"):
        ana.edit_account(STORE, notes="x" * 70_000)
    assert ana.outbox() == []


def test_an_edit_of_a_row_that_left_does_not_bring_it_back(server: Scripted, ana: Device) -> None:
    ana.check_in(VISIT, None, None)
    server.verdict = lambda mutation: None
    server.pages["c1"] = [page({"op": "evict", "root": STORE, "reason": "scope"}, cursor="c2", lastSeq=0)]
    server.pages["c2"] = [page(cursor="c2", lastSeq=0)]
    ana.sync()
    assert [entry.state for entry in ana.outbox()] == ["answered"]
    assert [place.name for place in ana.accounts()] == ["Boone Market", "Far Goods"]
    assert ana.today() == []


def test_mutations_carry_what_the_phone_says_the_time_is_even_when_it_lies(server: Scripted, phone: Phone) -> None:
    liar = phone(clock=lambda: datetime(2099, 1, 1, tzinfo=UTC))
    liar.sign_in("ana", "secret")
    liar.sync()
    assert [stop.visit["id"] for stop in liar.today()] == [VISIT]
    visit = liar.check_in(FAR, None, None)
    made, begun = liar.outbox()
    assert (made.args["plannedStart"], made.client_time) == ("2026-05-04T12:00:00Z", "2099-01-01T00:00:00Z")
    assert begun.args["at"] == "2099-01-01T00:00:00Z"
    assert visit["state"] == "in_progress"


def test_ids_and_numbers_survive_a_restart(phone: Phone, ana: Device) -> None:
    ana.check_in(VISIT, None, None)
    before = [entry.wire() for entry in ana.outbox()]
    ana.close()
    again = phone()
    again.add_note(STORE, "later")
    after = [entry.wire() for entry in again.outbox()]
    assert after[0] == before[0]
    assert [one["seq"] for one in after] == [1, 2]


def test_settled_numbers_are_never_given_again_even_when_nothing_remembers_the_deed(ana: Device) -> None:
    ana.add_note(STORE, "one")
    ana.sync()
    with ana.store.writing() as db:
        db.execute("DELETE FROM outbox")
    ana.add_note(STORE, "two")
    assert [entry.seq for entry in ana.outbox()] == [2]
