"""A week as it is planned while Ana watches, against a scripted server and scripted sockets."""

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from mobile_client_stub.cli import plan as commands
from mobile_client_stub.cli import show_plan
from mobile_client_stub.cli.phone import Phone
from mobile_client_stub.device import Device
from mobile_client_stub.errors import FlightMode, Refused, Unreachable
from mobile_client_stub.plan import DayPlan
from mobile_client_stub.week import WeekPlan
from tests.mobile_client_stub.scripted import NOON, Scripted, error
from tests.mobile_client_stub.socket_server import Script, Talk, scripted_sockets
from tests.mobile_client_stub.test_watch import at

PART = "part"


def told(coverage: float | None, *, finished: bool = False) -> dict[str, Any]:
    """Returns what the subscription tells of the run."""
    figures = {} if coverage is None else {"coverage": coverage, "travelSeconds": 3_600}
    part = {"id": PART, "figures": figures, "firstPlanAt": None if coverage is None else NOON}
    return {"state": "running", "finishedAt": NOON if finished else None, "parts": [part]}


def whole(coverage: float, stops: int, *, torn: bool = False) -> dict[str, Any]:
    """Returns the value of `planPart`; a torn one was read while a better one took its place."""
    times = {"arrival": NOON, "plannedStart": NOON, "plannedEnd": NOON}
    stop = {"accountId": "a", "account": {"name": "Ames Liquor"}, "fixed": False, "why": "due today"} | times
    day = {"id": "p", "day": "2026-05-04", "leaveAt": NOON, "backAt": NOON, "figures": {"stops": stops}}
    plans = [day | {"stops": [] if torn else [stop] * stops}]
    figures = {"coverage": coverage, "travelSeconds": 3_600}
    return {"planPart": {"figures": figures, "trouble": None, "plans": plans, "drops": []}}


def telling(*runs: dict[str, Any], then_close: bool = False) -> Script:
    """Returns the script of a socket that tells these, one after another."""

    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(type="connection_ack")
        asked = talk.hear()
        assert asked["payload"]["operationName"] == "RunProgress"
        for run in runs:
            talk.say(type="next", id=asked["id"], payload={"data": {"planRunProgress": {"run": run}}})
        if then_close:
            talk.close(1012, "restarting")
        else:
            talk.listen()

    return script


@pytest.fixture
def asked(server: Scripted, ana: Device) -> list[str]:
    """Ana's phone has asked for a week; returns nothing that a test needs but that it was asked for."""
    server.extra["ProposeWeek"] = lambda variables: {"proposeWeek": {"run": {"id": "run"}}}
    return [ana.propose_week(date(2026, 5, 4))]


def test_the_first_plan_is_shown_then_better_ones_then_the_last(
    server: Scripted, asked: list[str], tmp_path: Path
) -> None:
    parts = [whole(0.5, 1), whole(0.6, 1, torn=True), whole(0.8, 2), whole(0.8, 2)]
    server.extra["RunPart"] = lambda variables: parts.pop(0)
    script = telling(told(None), told(0.5), told(0.5), told(0.6), told(0.8), told(0.8, finished=True))
    with scripted_sockets(script) as (address, wrong), at(address, server, tmp_path) as phone:
        found = list(phone.follow_week(asked[0]))
    assert wrong == []
    assert server.calls[-5][1] == {"input": {"firstDay": "2026-05-04"}}
    assert [(one.figures["coverage"], len(one.days[0].stops), one.done) for one in found] == [
        (0.5, 1, False),
        (0.8, 2, False),
        (0.8, 2, True),
    ]


def test_a_line_that_is_lost_is_opened_again_and_one_that_stays_lost_says_so(
    server: Scripted, asked: list[str], tmp_path: Path
) -> None:
    server.extra["RunPart"] = lambda variables: whole(0.5, 1)
    scripts = telling(told(0.5), then_close=True), telling(told(0.5, finished=True))
    with scripted_sockets(*scripts) as (address, wrong), at(address, server, tmp_path) as phone:
        assert [one.done for one in phone.follow_week(asked[0])] == [False, True]
        with pytest.raises(Unreachable):
            list(phone.follow_week(asked[0]))
        phone.go_offline()
        with pytest.raises(FlightMode):
            list(phone.follow_week(asked[0]))
    assert wrong == []


def test_a_week_whose_answer_was_lost_is_accepted_again_and_a_refusal_names_the_stop(
    server: Scripted, ana: Device
) -> None:
    days = whole(0.8, 2)["planPart"]["plans"]
    trouble = {"code": "PLAN_STALE", "message": "It no longer holds.", "fields": {"2026-05-04.stops[1]": "closed"}}
    answers: list[dict[str, Any] | None] = [None, trouble]
    server.extra["PublishRun"] = lambda variables: {
        "publishPlanRun": {"parts": [{"visits": [{"id": "v"}], "trouble": answers.pop(0)}]}
    }
    plan = WeekPlan("run", True, {}, [DayPlan.of(one) for one in days], [])
    ana.faults.lose_request_once("PublishRun")
    ana.accept_week(plan)
    with pytest.raises(Refused) as refused:
        ana.accept_week(plan)
    assert list(commands._stops_named(refused.value.fields, plan.days)) == ["Monday, [bold]Ames Liquor[/bold]: closed"]


def test_ctrl_c_takes_the_best_so_far(server: Scripted, asked: list[str], tmp_path: Path) -> None:
    server.extra["RunPart"] = lambda variables: whole(0.5, 1)
    stopped = list[dict[str, Any]]()

    def cancelled(variables: dict[str, Any]) -> dict[str, Any]:
        stopped.append(variables)
        return {"cancelPlanRun": {"run": {}}}

    server.extra["CancelRun"] = cancelled
    out = Console(width=120, record=True, quiet=False, file=StringIO())

    class Interrupted(Device):
        def follow_week(self, run_id: str) -> Any:
            for found in super().follow_week(run_id):
                yield found
                if not stopped:
                    raise KeyboardInterrupt

    scripts = telling(told(0.5)), telling(told(0.5, finished=True))
    with scripted_sockets(*scripts) as (address, wrong):
        device = Interrupted(address, tmp_path / "ana.sqlite3", network=server.network())
        commands._plan_week(Phone(tmp_path, None, out, device), device, date(2026, 5, 4), False)
        device.close()
    assert (wrong, stopped) == ([], [{"run": "run"}])
    said = out.export_text()
    assert "First plan: 1 visit on 1 day, 60 min on the road, 50 % of what is due." in said
    assert "Not accepted" in said


def run_row(number: int, state: str, kind: str = "WEEK", scope: str = "REP") -> dict[str, Any]:
    """Returns a run as the server lists it."""
    return {"id": f"run {number}", "kind": kind, "scope": scope, "firstDay": f"2026-05-0{number}", "days": 7} | {
        "state": state,
        "createdAt": NOON,
        "leader": {"fullName": "Ana Rep"},
    }


def test_a_plan_that_is_still_being_made_is_cancelled_and_of_several_the_one_that_is_named(
    server: Scripted, ana: Device, tmp_path: Path
) -> None:
    listed = [run_row(3, "running", "CYCLE", "TEAM"), run_row(2, "done"), run_row(1, "waiting")]
    gone = list[str]()

    def cancelled(variables: dict[str, Any]) -> dict[str, Any]:
        gone.append(variables["run"])
        return {"cancelPlanRun": {"run": {}}}

    server.extra["PlanRuns"] = lambda variables: {"planRuns": {"nodes": [x for x in listed if x["id"] not in gone]}}
    server.extra["CancelRun"] = cancelled

    def say(which: str | None = None) -> str:
        out = Console(width=120, record=True, file=StringIO())
        try:
            commands._cancel(Phone(tmp_path, None, out, ana), ana, which)
        except typer.Exit as left:
            return f"{out.export_text()}exit {left.exit_code}"
        return out.export_text()

    asked = say()
    assert "the people of Ana Rep" in asked
    assert asked.endswith("Say which: `plan cancel 1`, or `plan cancel all`.\nexit 1")
    assert gone == []
    assert say("2") == "Cancelled: call cycle from 2026-05-03.\n"
    assert say() == "Cancelled: week from 2026-05-01.\n"
    assert gone == ["run 3", "run 1"]
    assert say("all") == "No plan is being made.\n"
    listed.append(run_row(4, "running"))
    server.answers["CancelRun"] = [error("NOT_YOUR_RUN", "NEVER")]
    assert say().startswith("Not cancelled: week from 2026-05-04: ")


def test_what_is_left_of_the_day_is_planned_from_the_last_check_in(server: Scripted, ana: Device) -> None:
    server.answers["ReplanFromHere"] = [error("DAY_OVER", "NEVER")]
    with pytest.raises(Refused, match="DAY_OVER"):
        ana.replan_from_here(1.0, 2.0)
    assert ana.last_check_in() is None
    visit = ana.today()[0].visit["id"]
    ana.check_in(visit, 42.5, -93.5, 8.0)
    assert ana.last_check_in() == (42.5, -93.5)
    server.extra["ReplanFromHere"] = lambda variables: {
        "replanFromHere": {"plan": whole(0.5, 1)["planPart"]["plans"][0] | {"drops": []}}
    }
    server.extra["AcceptPlan"] = lambda variables: {"acceptPlan": {"visits": []}}
    plan = ana.replan_from_here(42.5, -93.5)
    ana.accept_plan(plan)
    assert ("AcceptPlan", {"plan": "p", "replace": True}) in server.calls
    before = {"a": "2026-05-04T14:00:00Z"}
    table = show_plan.stops(plan, ana.zone(), before)
    assert list(table.columns[4].cells) == ["09:00"]
    assert list(show_plan.stops(plan, ana.zone(), {}).columns[4].cells) == ["new"]
