"""What each person may write through the gateway, and how a refusal reads."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.crm.models import Opportunity
from backend.field.models import Visit
from backend.identity.models import Device, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.territories import moving
from tests.factories.world import PASSWORD, World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

SIGN_IN = """mutation ($input: SignInInput!) { signIn(input: $input) { session {
  accessToken accessExpiresAt refreshToken deviceId user { username role } } } }"""
REFRESH = "mutation ($t: String!) { refreshSession(refreshToken: $t) { session { refreshToken deviceId } } }"
PUSH = """mutation ($d: UUID!, $m: [SyncMutationInput!]!) { syncPush(deviceId: $d, mutations: $m) {
  lastSeq halt results { seq status code fields issueId replayed } } }"""
PULL = """query ($d: UUID!, $c: String, $p: Int! = 1) { syncPull(deviceId: $d, cursor: $c, protocol: $p) {
  ops cursor complete more lastSeq epoch serverTime reset counts } }"""


def credentials(password: str = PASSWORD) -> dict[str, Any]:
    """Returns the input of a sign-in."""
    return {"username": "ana", "password": password, "device": {"installKey": "k" * 32, "name": "Phone"}}


def test_signing_in_and_refreshing(field: World, ask: Ask) -> None:
    nobody = ask(None)
    session = nobody(SIGN_IN, input=credentials())["signIn"]["session"]
    assert session["user"] == {"username": "ana", "role": "rep"}
    after = nobody(REFRESH, t=session["refreshToken"])["refreshSession"]["session"]
    assert after["deviceId"] == session["deviceId"]
    assert after["refreshToken"] != session["refreshToken"]
    refusal = nobody.refused(SIGN_IN, input=credentials("wrong"))
    assert (refusal["code"], refusal["retry"]) == ("BAD_CREDENTIALS", "AUTH")
    assert nobody.refused(REFRESH, t="nonsense")["code"] == "TOKEN_INVALID"


def test_a_script_makes_a_device_and_syncs(field: World, ask: Ask) -> None:
    field.account("Hilltop", field.north)
    ana = ask(field.ana)
    made = ana('mutation { registerDevice(input: {installKey: "0123456789abcdef"}) { device { id } } }')
    device = made["registerDevice"]["device"]["id"]
    page = ana(PULL, d=device)["syncPull"]
    assert page["complete"] is True
    assert page["counts"]["account"] == 1
    assert {op["entity"] for op in page["ops"]} >= {"org", "user", "territory", "account", "address", "product"}


def test_nobody_syncs_anothers_device_or_an_unknown_protocol(field: World, ask: Ask) -> None:
    device = field.phone(field.ana)
    assert ask(field.cy).refused(PULL, d=str(device.pk))["code"] == "DEVICE_NOT_FOUND"
    refusal = ask(field.ana).refused(PULL, d=str(device.pk), p=99)
    assert (refusal["code"], refusal["retry"]) == ("SCHEMA_UNSUPPORTED", "UPGRADE")
    second = Client(field.ana, field.phone(field.ana))
    assert second.refused(PULL, d=str(device.pk))["code"] == "TOKEN_INVALID"
    Device.objects.filter(pk=device.pk).update(revoked_at=clock.now())
    refusal = ask(field.ana).refused(PULL, d=str(device.pk))
    assert (refusal["code"], refusal["retry"]) == ("DEVICE_REVOKED", "AUTH")


def test_a_push_answers_each_mutation_in_the_body_never_as_an_error(field: World, ask: Ask) -> None:
    account, device = field.account("Hilltop", field.north), field.phone(field.ana)
    mutations = [
        {"seq": 1, "id": str(new_id()), "name": "account.patch", "entityId": str(account.pk), "set": {"notes": "x"}},
        {"seq": 2, "id": str(new_id()), "name": "account.patch", "entityId": str(account.pk), "set": {"name": ""}},
    ]
    reply = ask(field.ana)(PUSH, d=str(device.pk), m=mutations)["syncPush"]
    assert (reply["lastSeq"], reply["halt"]) == (2, None)
    assert [(one["status"], one["code"]) for one in reply["results"]] == [("APPLIED", None), ("REJECTED", "REQUIRED")]
    assert reply["results"][1]["fields"] == {"name": "required"}
    again = ask(field.ana)(PUSH, d=str(device.pk), m=mutations)["syncPush"]
    assert [one["replayed"] for one in again["results"]] == [True, True]


@pytest.mark.parametrize("broken", [{"set": [1]}, {"args": "x"}, {"base": 5}])
def test_a_mutation_of_the_wrong_shape_is_refused_alone(field: World, ask: Ask, broken: dict[str, Any]) -> None:
    account, device = field.account("Hilltop", field.north), field.phone(field.ana)
    edit = {"name": "account.patch", "entityId": str(account.pk), "set": {"notes": "x"}, "args": []}
    mutations = [{"seq": 1, "id": str(new_id()), "name": "x", **broken}, {"seq": 2, "id": str(new_id()), **edit}]
    refused, applied = ask(field.ana)(PUSH, d=str(device.pk), m=mutations)["syncPush"]["results"]
    assert (refused["status"], refused["code"]) == ("REJECTED", "BAD_VALUE")
    assert list(refused["fields"]) == list(broken)
    assert applied["status"] == "APPLIED"
    [issue] = SyncIssue.objects.all()
    assert broken.items() <= issue.mine.items()
    assert issue.actions == ["discard"]


def test_moving_a_deal_and_who_may(field: World, ask: Ask) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    move = """mutation ($d: UUID!, $s: UUID!, $r: String!) { moveStage(opportunityId: $d, stageId: $s, reason: $r) {
      opportunity { stage { name } history { toStage { name } movedBy { username } } } } }"""
    offer, won = str(field.stages["offer"].pk), str(field.stages["won"].pk)
    moved = ask(field.ana)(move, d=str(deal.pk), s=offer, r="")["moveStage"]["opportunity"]
    assert moved["stage"] == {"name": "offer"}
    assert moved["history"][1] == {"toStage": {"name": "offer"}, "movedBy": {"username": "ana"}}
    assert ask(field.ana).refused(move, d=str(deal.pk), s=won, r="")["code"] == "REASON_REQUIRED"
    assert ask(field.ana).refused(move, d=str(deal.pk), s=str(new_id()), r="")["code"] == "STAGE_NOT_FOUND"
    for stranger in (field.cy, field.pat, field.zoe):
        assert ask(stranger).refused(move, d=str(deal.pk), s=offer, r="")["code"] == "OPPORTUNITY_NOT_FOUND"
    assert Opportunity.objects.get().stage_id == field.stages["offer"].pk


def test_editing_an_account_changes_only_what_is_given(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    edit = (
        "mutation ($i: UUID!, $c: AccountChanges!) { editAccount(id: $i, changes: $c) { account { name notes tier } } }"
    )
    after = ask(field.ana)(edit, i=str(account.pk), c={"notes": "back door"})["editAccount"]["account"]
    assert after == {"name": "Hilltop", "notes": "back door", "tier": "A"}
    assert ask(field.ana).refused(edit, i=str(account.pk), c={"name": ""})["fields"] == {"name": "required"}
    assert ask(field.cy).refused(edit, i=str(account.pk), c={"notes": "x"})["code"] == "ACCOUNT_NOT_FOUND"


def test_a_visit_from_schedule_to_report(field: World, ask: Ask) -> None:
    account, now = field.account("Hilltop", field.north), clock.now()
    ana = ask(field.ana)
    planned = {
        "accountId": str(account.pk),
        "plannedStart": now.isoformat(),
        "plannedEnd": (now + timedelta(minutes=30)).isoformat(),
    }
    schedule = "mutation ($i: ScheduleVisitInput!) { scheduleVisit(input: $i) { visit { id state rep { username } } } }"
    visit = ana(schedule, i=planned)["scheduleVisit"]["visit"]
    assert (visit["state"], visit["rep"]["username"]) == ("planned", "ana")
    check = (
        "mutation ($v: UUID!, $i: CheckInInput!) { checkIn(visitId: $v, input: $i) { checkIn { verdict distanceM } } }"
    )
    assert ask(field.ben).refused(check, v=visit["id"], i={})["code"] == "NOT_YOUR_VISIT"
    assert ana.refused(check, v=visit["id"], i={"lat": 99, "lng": 0})["code"] == "IMPOSSIBLE_COORDINATE"
    near = {"lat": 42.03, "lng": -93.62, "accuracyM": -1}
    assert ana.refused(check, v=visit["id"], i=near)["fields"] == {"accuracyM": "negative"}
    there = ana(check, v=visit["id"], i={"lat": 42.03, "lng": -93.62, "accuracyM": 5})["checkIn"]["checkIn"]
    assert there["verdict"] == "inside"
    report = "mutation ($v: UUID!, $i: ReportInput!) { completeVisit(visitId: $v, input: $i) { report { outcome } } }"
    assert ana.refused(report, v=visit["id"], i={"outcome": ""})["fields"] == {"outcome": "required"}
    ana(report, v=visit["id"], i={"outcome": "order"})
    assert Visit.objects.get().state == "completed"


def test_a_manager_schedules_for_a_rep_of_theirs_only(field: World, ask: Ask) -> None:
    account, now = field.account("Hilltop", field.north), clock.now()
    planned = {
        "accountId": str(account.pk),
        "repId": str(field.ana.pk),
        "plannedStart": now.isoformat(),
        "plannedEnd": (now + timedelta(minutes=30)).isoformat(),
    }
    schedule = "mutation ($i: ScheduleVisitInput!) { scheduleVisit(input: $i) { visit { id } } }"
    ask(field.ben)(schedule, i=planned)
    assert ask(field.bea).refused(schedule, i=planned)["code"] == "USER_NOT_FOUND"
    assert ask(field.cy).refused(schedule, i=planned)["code"] == "USER_NOT_FOUND"


def test_moving_an_account_between_territories(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    move = "mutation ($a: UUID!, $t: UUID!) { moveAccount(accountId: $a, territoryId: $t) { territory { name } } }"
    south = str(field.south.pk)
    assert ask(field.ana).refused(move, a=str(account.pk), t=str(field.north.pk))["code"] == "MANAGER_ONLY"
    assert ask(field.ben).refused(move, a=str(account.pk), t=south)["code"] == "TERRITORY_NOT_FOUND"
    moved = ask(field.dee)(move, a=str(account.pk), t=south)["moveAccount"]["territory"]
    assert moved == {"name": "South"}
    assert ask(field.ana)("{ accounts { nodes { name } } }")["accounts"]["nodes"] == []
    assert len(ask(field.cy)("{ accounts { nodes { name } } }")["accounts"]["nodes"]) == 1


def test_a_territory_moved_whole_and_how_far_it_is(field: World, ask: Ask) -> None:
    for number in range(3):
        field.account(f"Store {number}", field.north)
    move = """mutation ($a: UUID!, $b: UUID!) {
        moveTerritoryAccounts(fromTerritoryId: $a, toTerritoryId: $b) { move { state total moved target { name } } } }"""
    moves = "{ territoryMoves { state total moved pinned finishedAt source { name } target { name } } }"
    both = {"a": str(field.north.pk), "b": str(field.south.pk)}
    assert ask(field.ana).refused(move, a=both["a"], b=both["a"])["code"] == "MANAGER_ONLY"
    assert ask(field.ben).refused(move, **both)["code"] == "TERRITORY_NOT_FOUND"
    asked = ask(field.dee)(move, **both)["moveTerritoryAccounts"]["move"]
    assert asked == {"state": "waiting", "total": 3, "moved": 0, "target": {"name": "South"}}
    while moving.move_some():
        pass
    assert ask(field.ana).refused(moves)["code"] == "MANAGER_ONLY"
    [told] = ask(field.ben)(moves)["territoryMoves"]
    assert told.pop("finishedAt")
    assert told == {
        "state": "done",
        "total": 3,
        "moved": 3,
        "pinned": 0,
        "source": {"name": "North"},
        "target": {"name": "South"},
    }
    assert ask(field.zoe)(moves)["territoryMoves"] == []


def test_sharing_and_unsharing(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    share = "mutation ($a: UUID!, $u: UUID!) { shareAccount(accountId: $a, userId: $u) { account { name } } }"
    stop = "mutation ($a: UUID!, $u: UUID!) { unshareAccount(accountId: $a, userId: $u) { account { name } } }"
    names = "{ accounts { nodes { name } } }"
    ask(field.ana)(share, a=str(account.pk), u=str(field.pat.pk))
    assert ask(field.pat)(names)["accounts"]["nodes"] == [{"name": "Hilltop"}]
    ask(field.ana)(stop, a=str(account.pk), u=str(field.pat.pk))
    assert ask(field.pat)(names)["accounts"]["nodes"] == []
    assert ask(field.ana).refused(share, a=str(account.pk), u=str(field.zoe.pk))["code"] == "USER_NOT_FOUND"


def test_an_unexpected_error_is_masked_under_an_id(field: World, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr("backend.crm.queries.pipelines", broken)
    _, [error] = ask(field.ana).both("{ pipelines { name } }")
    assert (error["message"], error["extensions"]["code"]) == ("Something went wrong on our side.", "UNEXPECTED")
    assert error["extensions"]["errorId"]
    assert "hunter2" not in str(error)


def test_a_document_that_is_not_ours_gets_a_code_too(field: World, ask: Ask) -> None:
    ana = ask(field.ana)
    for document in (
        "{",
        "{ nothingLikeThis }",
        '{ accounts(first: "many") { pageInfo { hasNextPage } } }',
        '{ account(id: "x") { id } }',
    ):
        assert ana.refused(document)["code"] == "GRAPHQL_INVALID"
    assert (
        ana.refused("{ " + " ".join(f"a{n}: me {{ user {{ id }} }}" for n in range(400)) + " }")["code"]
        == "GRAPHQL_INVALID"
    )
