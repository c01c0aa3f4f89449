"""Making one account of two through the gateway."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.crm.models import Account
from backend.identity.models import User
from backend.merging.actions import merge_accounts
from backend.territories.actions import share_account
from tests.factories.world import World, acting
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

PREVIEW = """query ($i: MergeAccountsInput!) { previewAccountMerge(input: $i) {
  moves { what count } fields { field winner loser result taken conflict } gaining { username } } }"""
MERGE = """mutation ($i: MergeAccountsInput!) { mergeAccounts(input: $i) { account { id name }
  merge { id loserId winnerId undoneAt account { name } mergedBy { username } moves { what count }
          fields { field taken } } } }"""
UNDO = """mutation ($m: UUID!) { undoAccountMerge(mergeId: $m) { account { id } merge { undoneAt leftAsIs undoneBy {
  username } } } }"""
ACCOUNT = "query ($a: UUID!) { account(id: $a) { id name } }"
MERGES = """query ($a: UUID!) { accountMerges(accountId: $a) { nodes { loserId account { name } mergedBy { username }
  fields { field } moves { what } undoableUntil } } }"""


def pair(loser: Account, winner: Account, **choices: str) -> dict[str, Any]:
    """Returns the input of a merge."""
    chosen = [{"field": name, "take": take} for name, take in choices.items()]
    return {"loserId": str(loser.pk), "winnerId": str(winner.pk), "choices": chosen}


def test_ben_looks_merges_and_takes_it_back(field: World, ask: Ask) -> None:
    loser, winner = field.account("Hilltop Inc", field.north), field.account("Hilltop", field.north)
    field.visit(loser)
    share_account(actor=acting(field.ben), account=loser, user=field.pat)
    ben, ana = ask(field.ben), ask(field.ana)
    seen = ben(PREVIEW, i=pair(loser, winner, name="loser"))["previewAccountMerge"]
    assert {"what": "Visit", "count": 1} in seen["moves"]
    assert seen["gaining"] == [{"username": "pat"}]
    assert seen["fields"][0] == {
        "field": "name",
        "winner": "Hilltop",
        "loser": "Hilltop Inc",
        "result": "Hilltop Inc",
        "taken": "loser",
        "conflict": True,
    }
    assert ana(ACCOUNT, a=str(loser.pk))["account"]["id"] == str(loser.pk)
    done = ben(MERGE, i=pair(loser, winner, name="loser"))["mergeAccounts"]
    assert done["account"] == {"id": str(winner.pk), "name": "Hilltop Inc"}
    assert done["merge"]["moves"] == seen["moves"]
    assert done["merge"]["mergedBy"] == {"username": "ben"}
    again = ben(MERGE, i=pair(loser, winner))["mergeAccounts"]
    assert again["merge"]["id"] == done["merge"]["id"]
    assert ana(ACCOUNT, a=str(loser.pk))["account"] == {"id": str(winner.pk), "name": "Hilltop Inc"}
    back = ben(UNDO, m=done["merge"]["id"])["undoAccountMerge"]
    assert back["account"] == {"id": str(loser.pk)}
    assert (back["merge"]["leftAsIs"], back["merge"]["undoneBy"]) == ([], {"username": "ben"})
    assert ana(ACCOUNT, a=str(winner.pk))["account"]["name"] == "Hilltop"


def test_who_may_not_merge_is_told_no_more_than_who_may_not_see(field: World, ask: Ask) -> None:
    loser, winner, far = (
        field.account("A", field.north),
        field.account("B", field.north),
        field.account("Secret", field.south),
    )
    for document in (PREVIEW, MERGE):
        assert ask(field.ana).refused(document, i=pair(loser, winner))["code"] == "MANAGER_ONLY"
        for who, given in ((field.cy, pair(loser, winner)), (field.zoe, pair(loser, winner))):
            assert ask(who).refused(document, i=given)["code"] == "ACCOUNT_NOT_FOUND"
        refusal = ask(field.ben).refused(document, i=pair(far, winner))
        assert (refusal["code"], refusal["fields"]) == ("ACCOUNT_NOT_FOUND", {"loserId": "not found"})
        assert ask(field.ben).refused(document, i=pair(loser, winner, consent="loser"))["code"] == "NOT_A_CHOICE"
    merge = merge_accounts(actor=acting(field.ben), loser=loser, winner=winner)
    assert ask(field.cy).refused(UNDO, m=str(merge.pk))["code"] == "MERGE_NOT_FOUND"
    assert ask(field.ana).refused(UNDO, m=str(merge.pk))["code"] == "MANAGER_ONLY"
    assert ask(field.cy).refused(MERGES, a=str(loser.pk))["code"] == "ACCOUNT_NOT_FOUND"


@pytest.mark.parametrize("count", [1, 3])
def test_merges_of_an_account_take_three_queries_and_one_for_the_redirect(field: World, ask: Ask, count: int) -> None:
    winner = field.account("Hilltop", field.north)
    losers = [field.account(f"Hilltop {number}", field.north) for number in range(count)]
    for loser in losers:
        merge_accounts(actor=acting(field.ben), loser=loser, winner=winner)
    ana = ask(field.ana)
    found = ana(MERGES, a=str(winner.pk))["accountMerges"]["nodes"]
    assert ana.queries == 4
    assert [one["loserId"] for one in found] == [str(one.pk) for one in reversed(losers)]
    assert len(found[0]["fields"]) > 10
    assert len(ana(MERGES, a=str(losers[0].pk))["accountMerges"]["nodes"]) == count
    share_account(actor=acting(field.ben), account=winner, user=field.pat)
    shown = ask(field.pat)(MERGES, a=str(winner.pk))["accountMerges"]["nodes"]
    assert [(one["fields"], one["moves"]) for one in shown] == [([], [])] * count
