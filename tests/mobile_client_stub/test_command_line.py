"""What a person types, and the words they get back."""

from datetime import date, timedelta

import pytest
from rich.console import Console
from rich.table import Table

from mobile_client_stub.cli import find, show, show_plan
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere, NotNow
from mobile_client_stub.plan import DayPlan
from tests.mobile_client_stub.scripted import Scripted, page, put
from tests.mobile_client_stub.world import DEAL, OTHER, STORE, VISIT


def printed(table: Table) -> list[str]:
    """Returns the lines of a table as a person sees them."""
    console = Console(width=140, record=True, quiet=False, file=None)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_visit_is_meant_by_its_number_and_an_account_by_a_part_of_its_name(ana: Device) -> None:
    assert find.visit_or_account(ana, "1") == VISIT
    assert find.visit_or_account(ana, "boone") == OTHER
    assert find.place(ana, "ames LIQUOR").account["id"] == STORE
    assert find.deal(ana, "at ames", []).opportunity["id"] == DEAL
    assert find.deal(ana, "1", ana.opportunities()).opportunity["id"] == DEAL


def test_a_name_that_could_be_several_names_them_and_none_says_so(ana: Device) -> None:
    with pytest.raises(NotHere, match="'o' could be Ames Liquor; Boone Market; Far Goods"):
        find.place(ana, "o")
    with pytest.raises(NotHere, match="no account called 'Zed'"):
        find.place(ana, "Zed")


def test_the_visit_in_progress_needs_no_name(ana: Device) -> None:
    with pytest.raises(NotHere, match="You are nowhere"):
        find.visit(ana, None)
    ana.check_in(VISIT, None, None)
    assert find.visit(ana, None)["id"] == VISIT


@pytest.mark.parametrize("text", ["here", "42", "1,2,3", "91,0", "0,181", "nan,0"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(NotHere):
        find.point(text)


def test_days_are_said_as_people_say_them() -> None:
    today = date(2026, 5, 4)
    assert find.day(None, today) == find.day("today", today) == today
    assert find.day("tomorrow", today) == today + timedelta(days=1)
    assert find.day("2026-12-24", today) == date(2026, 12, 24)
    with pytest.raises(NotHere, match="not a day"):
        find.day("someday", today)


def test_a_name_in_brackets_is_shown_as_it_is_written(ana: Device) -> None:
    ana.edit_account(STORE, name="[red]Ames[/red] & Sons")
    (line,) = [line for line in printed(show.places(ana.accounts(), "Accounts")) if "Sons" in line]
    assert "[red]Ames[/red] & Sons" in line


def test_a_day_is_shown_in_the_persons_own_time(ana: Device) -> None:
    lines = printed(show.day(ana.today(), "Monday", ana.zone()))
    assert lines[2].split() == ["1", "10:00", "18:59", "Ames", "Liquor", "Main", "St,", "Ames", "planned"]


def test_the_outbox_says_what_is_unsent(ana: Device) -> None:
    ana.move_stage(DEAL, "Proposal")
    lines = printed(show.outbox(ana.outbox(), ana.zone()))
    assert lines[2].split() == ["1", "07:00", "move", "Cold", "case", "to", "Proposal", "unsent"]


def test_a_plan_says_why_each_left_out_visit_is(ana: Device) -> None:
    drop = {"account": {"name": "Far Goods"}, "reason": "DAY_FULL", "detail": "Day full: worth 3."}
    times = {
        "arrival": "2026-05-04T13:50:00Z",
        "plannedStart": "2026-05-04T14:00:00Z",
        "plannedEnd": "2026-05-04T14:30:00Z",
    }
    stop = {"account": {"name": "Ames Liquor"}, "why": "due today"} | times
    plan = DayPlan(
        "p",
        date(2026, 5, 4),
        times["arrival"],
        times["plannedEnd"],
        [stop],
        [drop],
        {"travelSeconds": 600, "dropped": 1},
    )
    stops, out = show_plan.plan(plan, ana.zone())
    assert show_plan.plan_in_short(plan, ana.zone()) == "Out at 08:50, back at 09:30, 10 min on the road."
    assert printed(stops)[2].split() == ["1", "08:50", "09:00", "09:30", "Ames", "Liquor", "due", "today"]
    assert printed(out)[2].split() == ["Far", "Goods", "DAY_FULL", "Day", "full:", "worth", "3."]


def test_distances_are_said_as_people_say_them() -> None:
    assert [show.distance(metres) for metres in (None, 3.2, 994.9, 995.0, 21_800.0)] == [
        "",
        "3 m",
        "995 m",
        "1.0 km",
        "21.8 km",
    ]


def test_a_conflict_shows_what_was_what_was_wanted_and_what_stands(ana: Device) -> None:
    issue = {
        "userId": ana.who.user_id if ana.who else "",
        "name": "account.patch",
        "entity": "account",
        "root": STORE,
        "message": "Changed meanwhile.",
        "fields": [{"name": "notes", "policy": "text", "base": "x", "mine": "a", "theirs": "b"}],
    }
    with ana.screen() as view:
        (line,) = [" ".join(one.split()) for one in printed(show.issues([issue], "Conflicts", view))[2:]]
    assert line == "1 you account.patch, Ames Liquor Changed meanwhile. notes: x notes: a notes: b"


def test_a_conflict_from_before_an_update_of_the_program_is_shown_too(ana: Device) -> None:
    old = {"entity": "account", "code": "GONE", "mine": {"set": {"notes": "a"}}, "theirs": {}, "userId": "x"}
    with ana.screen() as view:
        (line,) = [" ".join(one.split()) for one in printed(show.issues([old], "Conflicts", view))[2:]]
    assert line == "1 somebody account GONE notes: a"


def test_what_a_conflict_does_not_offer_is_refused_on_the_phone(server: Scripted, ana: Device) -> None:
    issue = {"id": "i1", "state": "open", "code": "DELETED", "actions": ["discard"], "createdAt": "2026-05-04"}
    server.pages["c1"] = [page(put("syncIssue", issue, OTHER), cursor="c2")]
    server.pages["c2"] = [page(cursor="c2")]
    ana.sync()
    with pytest.raises(NotNow, match="discard"):
        ana.resolve("i1", "keepMine")
    ana.resolve("i1")
    assert ana.conflicts() == []
    assert [(entry.name, entry.args) for entry in ana.outbox()] == [("syncIssue.resolve", {"action": "discard"})]
