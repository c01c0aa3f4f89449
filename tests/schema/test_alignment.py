"""Changing territories through the gateway."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from backend.field.models import VisitSource
from backend.identity.models import User
from backend.kit import clock
from backend.schema.scalars import instant
from backend.sync.waiting import note_pending
from tests.factories.world import World
from tests.planning.test_realign_appointments import meeting
from tests.schema.conftest import Client
from tests.territories.drafted import draw, stores, worked
from tests.territories.test_alignment import strip

Ask = Callable[[User | None], Client]

BEGIN = 'mutation { beginAlignment(name: "Next") { alignment { id name state wholeOrg createdBy { username } } } }'
EDIT = """mutation ($i: EditAlignmentInput!) { editAlignment(input: $i) { alignment { revision plan } } }"""
OPTIONS = """mutation ($i: AlignmentOptionsInput!) { setAlignmentOptions(input: $i) { alignment { keepDays laterVisits } } }"""
PLACE = """mutation ($a: UUID!, $p: [AlignmentPlacementInput!]!) { placeInAlignment(alignmentId: $a, placements: $p) {
  alignment { revision } } }"""
PREVIEW = """query ($a: UUID!) { alignmentPreview(alignmentId: $a) { digest unclaimed unplaced
  alignment { id state total lookedAt }
  territories { id name change }
  pairs { fromTerritory { name } toTerritory { name } accounts }
  posts { territory { name } user { username } role given }
  people { user { username } gains loses }
  handovers { giver { username } taker { username } accounts }
  deals { giver { username } taker { username } currency count amount }
  visits { fate count appointments }
  appointments { fate count }
  workload { territory { name } accountsBefore accountsAfter minutesBefore minutesAfter }
  deviationBefore deviationAfter
  devices { id pending risk user { username } }
  warnings { code message count territories { name } } } }"""
MOVES = """query ($a: UUID!, $f: UUID) { alignmentMoves(alignmentId: $a, fromTerritoryId: $f) { pageInfo { hasNextPage } nodes {
  account { name } fromTerritoryId toTerritoryId why state } } }"""
DEALS = (
    "query ($a: UUID!) { alignmentDeals(alignmentId: $a) { nodes { name account { name } } pageInfo { hasNextPage } } }"
)
VISITS = """query ($a: UUID!) { alignmentVisits(alignmentId: $a) { nodes { visitId fate done account { name }
  rep { username } taker { username } } pageInfo { hasNextPage } } }"""
PROMISES = """query ($a: UUID!) { alignmentAppointments(alignmentId: $a) { nodes { title startsAt fate done
  account { name } rep { username } taker { username } } pageInfo { hasNextPage } } }"""
ACTIVATE = (
    """mutation ($i: ActivateAlignmentInput!) { activateAlignment(input: $i) { alignment { id state dueAt } } }"""
)
STATUS = "query ($a: UUID!) { alignment(id: $a) { name state total moved passed report effectiveAt undoesId } }"
LIST = "{ alignments { nodes { id name state createdBy { username } } } }"
ENTRIES = "query ($a: UUID!) { alignmentEntries(alignmentId: $a) { nodes { what detail by { username } } } }"
ROLL_BACK = """mutation ($a: UUID!) { rollBackAlignment(alignmentId: $a, note: "no") { alignment { id undoesId state report } } }"""
CALL_OFF = "mutation ($a: UUID!) { callOffAlignment(alignmentId: $a) { alignment { state dueAt } } }"
DISCARD = "mutation ($a: UUID!) { discardAlignment(alignmentId: $a) { alignment { state } } }"


def border_up(field: World) -> list[dict[str, Any]]:
    """The border between South and North moves half a degree to the north."""
    return [
        {"alter": {"territoryId": str(field.south.pk), "area": strip(41, 42.5)}},
        {"alter": {"territoryId": str(field.north.pk), "area": strip(42.5, 43)}},
    ]


def begun(ask: Client, field: World) -> str:
    """Begins a draft in which the border has moved."""
    key: str = ask(BEGIN)["beginAlignment"]["alignment"]["id"]
    ask(EDIT, i={"alignmentId": key, "edits": border_up(field)})
    return key


def test_dee_looks_activates_and_takes_it_back(field: World, ask: Ask) -> None:
    draw(field)
    made = stores(field, 4, south=42)
    field.deal(made[0])
    visit = field.visit(made[1], start=clock.now().replace(year=2100))
    visit.source = VisitSource.PLAN
    visit.save()
    promised = meeting(field.ana, made[1])
    phone = field.phone(field.ana)
    phone.streams.create(name="main", last_pull_at=clock.now())
    note_pending(phone.pk, 3)
    dee = ask(field.dee)
    key = begun(dee, field)
    seen = dee(PREVIEW, a=key)["alignmentPreview"]
    assert seen["pairs"] == [{"fromTerritory": {"name": "North"}, "toTerritory": {"name": "South"}, "accounts": 2}]
    assert seen["people"] == [
        {"user": {"username": "ana"}, "gains": 0, "loses": 2},
        {"user": {"username": "cy"}, "gains": 2, "loses": 0},
    ]
    assert seen["deals"] == [
        {"giver": {"username": "ana"}, "taker": {"username": "cy"}, "currency": "USD", "count": 1, "amount": "1200.00"}
    ]
    assert seen["visits"] == [{"fate": "suggested", "count": 1, "appointments": 0}]
    assert seen["appointments"] == [{"fate": "reassigned", "count": 1}]
    assert seen["devices"] == [{"id": str(phone.pk), "pending": 3, "risk": "pending", "user": {"username": "ana"}}]
    work = {one["territory"]["name"]: (one["accountsBefore"], one["accountsAfter"]) for one in seen["workload"]}
    assert work == {"North": (4, 2), "South": (0, 2)}
    assert (seen["deviationBefore"], seen["deviationAfter"], seen["warnings"]) == (0, 0, [])
    moves = dee(MOVES, a=key, f=str(field.north.pk))["alignmentMoves"]["nodes"]
    assert {(one["account"]["name"], one["why"], one["state"]) for one in moves} == {
        ("Store 42.12", "geometry", "planned"), ("Store 42.38", "geometry", "planned"),
    }  # fmt: skip
    assert dee(DEALS, a=key)["alignmentDeals"]["nodes"] == [
        {"name": "Spring order", "account": {"name": "Store 42.12"}}
    ]
    [planned] = dee(VISITS, a=key)["alignmentVisits"]["nodes"]
    assert planned == {
        "visitId": str(visit.pk), "fate": "suggested", "done": None, "account": {"name": "Store 42.38"},
        "rep": {"username": "ana"}, "taker": {"username": "cy"},
    }  # fmt: skip
    [told] = dee(PROMISES, a=key)["alignmentAppointments"]["nodes"]
    assert told == {
        "title": "Talk", "startsAt": instant(promised.starts_at), "fate": "reassigned", "done": None,
        "account": {"name": "Store 42.38"}, "rep": {"username": "ana"}, "taker": {"username": "cy"},
    }  # fmt: skip
    given = {"alignmentId": key, "digest": "what I never saw", "note": "spring"}
    assert dee.refused(ACTIVATE, i=given)["code"] == "PREVIEW_CHANGED"
    dee(ACTIVATE, i=given | {"digest": seen["digest"]})
    worked(field.model.__class__.objects.get(name="Next").alignment)
    done = dee(STATUS, a=key)["alignment"]
    assert (done["state"], done["moved"], done["passed"]) == ("done", 2, 0)
    assert done["report"]["difference"] == {"same": True, "more": 0, "fewer": 0, "elsewhere": 0, "accounts": []}
    after = dee(PREVIEW, a=key)["alignmentPreview"]
    same = ("pairs", "posts", "people", "handovers", "deals", "workload", "appointments", "digest", "deviationAfter")
    assert {name: after[name] for name in same} == {name: seen[name] for name in same}
    assert dee(PROMISES, a=key)["alignmentAppointments"]["nodes"] == [told | {"done": True}]
    visit.refresh_from_db()
    assert (visit.state, visit.reason) == ("cancelled", "Territories changed: the account is Cy's now.")
    back = dee(ROLL_BACK, a=key)["rollBackAlignment"]["alignment"]
    assert (back["undoesId"], back["state"]) == (key, "scheduled")
    what = [one["what"] for one in dee(ENTRIES, a=key)["alignmentEntries"]["nodes"]]
    assert what == ["begun", "edited", "scheduled", "begun to move"]


def test_who_may_see_and_do_what(field: World, ask: Ask) -> None:
    draw(field)
    stores(field, 2, south=42)
    dee, ben, ana, cy, bea = (ask(one) for one in (field.dee, field.ben, field.ana, field.cy, field.bea))
    key = begun(dee, field)
    for nobody in (ana, cy, ask(field.pat)):
        for document, given in ((LIST, {}), (PREVIEW, {"a": key}), (STATUS, {"a": key}), (MOVES, {"a": key})):
            assert nobody.refused(document, **given)["code"] == "MANAGER_ONLY"
        assert nobody.refused(BEGIN)["code"] == "MANAGER_ONLY"
    for stranger in (ben, bea, ask(field.zoe)):
        assert stranger(LIST)["alignments"]["nodes"] == []
        for document in (PREVIEW, STATUS, MOVES, DEALS, VISITS, ENTRIES, ROLL_BACK, CALL_OFF, DISCARD):
            assert stranger.refused(document, a=key)["code"] == "ALIGNMENT_NOT_FOUND"
    dee(DISCARD, a=key)
    mine = ben(BEGIN)["beginAlignment"]["alignment"]
    assert (mine["wholeOrg"], mine["createdBy"]) == (False, {"username": "ben"})
    refused = ben.refused(EDIT, i={"alignmentId": mine["id"], "edits": border_up(field)[:1]})
    assert refused["code"] == "TERRITORY_NOT_FOUND", "South is none of Ben's"
    assert ben(EDIT, i={"alignmentId": mine["id"], "edits": border_up(field)[1:]})
    rules = [{"rules": [{"priority": 1, "territoryId": str(field.north.pk), "criteria": {"tier": ["A"]}}]}]
    assert ben.refused(EDIT, i={"alignmentId": mine["id"], "edits": rules})["code"] == "WHOLE_ORG_ONLY"
    assert [one["id"] for one in dee(LIST)["alignments"]["nodes"]] == [mine["id"], key]
    assert bea(LIST)["alignments"]["nodes"] == []


def test_edits_are_refused_for_what_is_wrong_with_them(field: World, ask: Ask) -> None:
    draw(field)
    dee = ask(field.dee)
    key = begun(dee, field)
    north = str(field.north.pk)
    cases: list[tuple[list[dict[str, Any]], str]] = [
        ([{}], "BAD_VALUE"),
        ([{"keep": north, "close": {"territoryId": north}}], "BAD_VALUE"),
        ([{"alter": {"territoryId": str(uuid4()), "name": "X"}}], "TERRITORY_NOT_FOUND"),
        ([{"alter": {"territoryId": north, "name": "South"}}], "TERRITORY_NAME"),
        ([{"alter": {"territoryId": north, "name": " "}}], "BAD_VALUE"),
        ([{"alter": {"territoryId": str(field.region.pk), "parentId": north}}], "TERRITORY_CYCLE"),
        ([{"add": {"name": "West", "area": {"type": "Point", "coordinates": [0, 0]}}}], "AREA_INVALID"),
        ([{"add": {"name": "West", "area": "a square"}}], "AREA_INVALID"),
        ([{"close": {"territoryId": north, "heirId": north}}], "SAME_TERRITORY"),
        ([{"assign": {"territoryId": north, "userId": str(field.zoe.pk)}}], "USER_NOT_FOUND"),
        ([{"rules": [{"priority": 1, "territoryId": north, "criteria": {}}]}], "RULE_CRITERIA"),
        ([{"split": {"territoryId": str(field.region.pk), "parts": []}}], "AREA_INVALID"),
    ]
    for given, code in cases:
        assert dee.refused(EDIT, i={"alignmentId": key, "edits": given})["code"] == code, given
    assert (
        dee.refused(EDIT, i={"alignmentId": key, "revision": 0, "edits": border_up(field)})["code"]
        == "EDITED_MEANWHILE"
    )
    assert dee.refused(OPTIONS, i={"alignmentId": key, "keepDays": -1})["code"] == "OUT_OF_RANGE"
    far = [{"accountId": str(uuid4()), "territoryId": north}]
    assert dee.refused(PLACE, a=key, p=far)["code"] == "ACCOUNT_NOT_FOUND"
    unsaid = {"alignmentId": key, "digest": "", "note": " "}
    assert dee.refused(ACTIVATE, i=unsaid)["code"] == "NOTE_NEEDED"
    assert dee(OPTIONS, i={"alignmentId": key, "keepDays": 0, "laterVisits": "REASSIGN"})["setAlignmentOptions"] == {
        "alignment": {"keepDays": 0, "laterVisits": "reassign"}
    }
    assert dee.refused(ROLL_BACK, a=key)["code"] == dee.refused(CALL_OFF, a=key)["code"] == "ALIGNMENT_STATE"


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_rows(field: World, ask: Ask, count: int) -> None:
    draw(field)
    for days, account in enumerate(stores(field, count, south=42), start=20):
        field.deal(account)
        meeting(field.ana, account, days=days)
        field.visit(account, start=clock.now().replace(year=2100))
    dee = ask(field.dee)
    for number in range(count):
        dee(BEGIN.replace("Next", f"Other {number}"))
    key = dee(BEGIN)["beginAlignment"]["alignment"]["id"]
    close = [{"merge": {"intoId": str(field.south.pk), "otherIds": [str(field.north.pk)]}}]
    dee(EDIT, i={"alignmentId": key, "edits": close})
    asked = {
        "alignments": (LIST, {}),
        "preview": (PREVIEW, {"a": key}),
        "moves": (MOVES, {"a": key}),
        "deals": (DEALS, {"a": key}),
        "visits": (VISITS, {"a": key}),
        "promises": (PROMISES, {"a": key}),
        "entries": (ENTRIES, {"a": key}),
    }
    counted = {}
    for name, (document, given) in asked.items():
        data = dee(document, **given)
        counted[name] = dee.queries
        if name in ("moves", "deals", "visits", "promises"):
            [found] = data.values()
            assert len(found["nodes"]) == count
    assert counted == {
        "alignments": 2,
        "preview": 32,
        "moves": 2,
        "deals": 4,
        "visits": 6,
        "promises": 10,
        "entries": 2,
    }
