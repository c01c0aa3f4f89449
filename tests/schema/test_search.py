"""Search in names and notes, in any writing; and what is not found by whom."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from backend.crm.models import Account, AccountContactRelation, Address, Contact, Opportunity
from backend.identity.models import OUTSIDERS, User
from backend.kit.field_rules import FieldRule
from backend.territories.actions import share_account
from tests.factories.world import World, acting
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]
SEARCH = """query ($t: String!, $k: [SearchKind!], $n: Int! = 20) {
  search(text: $t, kinds: $k, first: $n) { kind id title rank account { name } } }"""
FILTER = "query ($t: String!) { accounts(filter: {search: $t}) { nodes { name } } }"
NAMES = {
    "東京都立図書館": "東京 京都立 館 図書館 東",
    "北京大学书店": "北京 大学 店 书店",
    "서울 상점": "서울 상 상점 점",
    "カフェ・ド・フロール": "カフェ フロール ル",
    "Bäckerei Müller": "backerei mueller Müller MÜLL müller",
    "Mueller Bros": "mueller",
    "O'Brien's Pub": "O'Brien brien o’brien",
    "Café L’Oréal": "cafe oreal CAFÉ oré",
    "Store ABC商店 12": "ABC 商店 abc商店 12 store",
    "Groß & Söhne": "gross sohne soehne gro",
}


@pytest.fixture
def shops(field: World) -> None:
    for name in NAMES:
        field.account(name, field.north)


@pytest.mark.parametrize(("name", "words"), list(NAMES.items()))
def test_a_name_is_found_in_its_own_writing(field: World, ask: Ask, shops: None, name: str, words: str) -> None:
    for word in words.split():
        hits = ask(field.ana)(SEARCH, t=word)["search"]
        assert name in [one["title"] for one in hits], word
        assert name in [one["name"] for one in ask(field.ana)(FILTER, t=word)["accounts"]["nodes"]], word


@pytest.mark.parametrize(
    "text",
    [
        "京東",
        "都京",
        "店商",
        "brie n",
        "uller",
        "xyz",
        "!!!",
        "' | ''",
        ":*",
        "a' & !'b",
        "\\",
        "%",
        "(((",
        "<->",
        "東 西",
    ],
)
def test_what_is_not_there_is_not_found_and_breaks_nothing(field: World, ask: Ask, shops: None, text: str) -> None:
    assert ask(field.ana)(SEARCH, t=text)["search"] == []
    assert ask(field.ana)(FILTER, t=text)["accounts"]["nodes"] == []


@pytest.mark.parametrize("text", ["", "   ", "x" * 101])
def test_what_is_no_search_is_refused(field: World, ask: Ask, text: str) -> None:
    assert ask(field.ana).refused(SEARCH, t=text)["code"] == "BAD_SEARCH"
    assert ask(field.ana).refused(FILTER, t=text)["code"] == "BAD_SEARCH"


def test_people_places_and_deals_are_found_names_before_notes(field: World, ask: Ask) -> None:
    hilltop, other = field.account("Hilltop Market", field.north), field.account("Other", field.north)
    Account.objects.filter(pk=other.pk).update(notes="Sends people to Hilltop when it is shut.")
    field.contact(other, "Hilltop Hannah")
    Opportunity.objects.filter(pk=field.deal(other, name="Shelf").pk).update(notes="as at hilltop")
    ana = ask(field.ana)
    hits = ana(SEARCH, t="hillt")["search"]
    assert {(one["kind"], one["title"]) for one in hits[2:]} == {("ACCOUNT", "Other"), ("OPPORTUNITY", "Shelf")}
    assert {one["title"] for one in hits[:2]} == {"Hilltop Market", "Hilltop Hannah"}
    assert {one["account"]["name"] for one in hits} == {"Hilltop Market", "Other"}
    assert [one["title"] for one in ana(SEARCH, t="hillt", k=["CONTACT"])["search"]] == ["Hilltop Hannah"]
    assert len(ana(SEARCH, t="hillt", n=1)["search"]) == 1
    assert {one["title"] for one in ana(SEARCH, t="ames")["search"]} == {"Hilltop Market", "Other"}
    assert str(hilltop.pk) in {one["id"] for one in ana(SEARCH, t="market hill")["search"]}


def test_nobody_finds_what_they_do_not_see(field: World, ask: Ask) -> None:
    valley = field.account("Valley Market", field.south)
    field.contact(valley, "Valley Vera")
    field.deal(valley, owner=field.cy, name="Valley deal")
    for who in (field.ana, field.pat, field.zoe, field.ben):
        assert ask(who)(SEARCH, t="valley")["search"] == []
    assert len(ask(field.cy)(SEARCH, t="valley")["search"]) == 3
    assert len(ask(field.dee)(SEARCH, t="valley")["search"]) == 3


def test_what_is_gone_is_not_found(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    relation = field.contact(account, "Hilltop Hannah")
    Contact.objects.filter(pk=relation.contact_id).update(deleted_at="2026-01-01T00:00:00Z")
    Address.objects.filter(account=account).update(deleted_at="2026-01-01T00:00:00Z")
    ana = ask(field.ana)
    assert [one["kind"] for one in ana(SEARCH, t="hilltop")["search"]] == ["ACCOUNT"]
    assert ana(SEARCH, t="ames")["search"] == []
    AccountContactRelation.objects.filter(pk=relation.pk).update(deleted_at="2026-01-01T00:00:00Z")
    Account.objects.filter(pk=account.pk).update(deleted_at="2026-01-01T00:00:00Z")
    assert ana(SEARCH, t="hilltop")["search"] == []


def test_notes_that_a_role_may_not_read_are_not_searched_for_it(
    field: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "FIELD_RULES", {**Account.FIELD_RULES, "notes": FieldRule(hidden_from=OUTSIDERS)})
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(notes="Owes us money")
    share_account(actor=acting(field.dee), account=account, user=field.pat)
    for who, found in ((field.ana, 1), (field.pat, 0)):
        assert len(ask(who)(SEARCH, t="owes")["search"]) == found
        assert len(ask(who)(FILTER, t="owes")["accounts"]["nodes"]) == found
        assert len(ask(who)(SEARCH, t="hill")["search"]) == 1


def test_the_same_pairs_in_another_order_are_another_word(field: World, ask: Ask) -> None:
    """The index knows which pairs of letters stand in a name, not where."""
    for name, territory in (
        ("京都東京", field.north),
        ("東京都", field.north),
        ("東京都", field.south),
    ):  # the last is Cy's
        field.account(name, territory)
    for who, found in ((field.ana, 1), (field.ben, 1), (field.dee, 2), (field.pat, 0)):
        assert [one["title"] for one in ask(who)(SEARCH, t="東京都")["search"]] == ["東京都"] * found
        assert [one["name"] for one in ask(who)(FILTER, t="東京都")["accounts"]["nodes"]] == ["東京都"] * found


def test_words_are_the_same_whichever_way_they_are_made(field: World) -> None:
    """An index holds what the way before has made."""
    way_before = """SELECT crm_search_vector(t, 'A') = (
        SELECT setweight(coalesce(string_agg('''' || word || ''':' || least(place, 16383), ' '), '')::tsvector, 'A')
        FROM unnest(crm_search_words(t)) WITH ORDINALITY w(word, place)) FROM (VALUES (%s)) v(t)"""
    texts = [*NAMES, "", " ", "--", "x" * 9000, "ab " * 5000, "東" * 9000, "a 1-2 東京 b", "あ\u0301 é\u0301"]
    with connection.cursor() as cursor:
        for text in texts:
            cursor.execute(way_before, [text])
            assert cursor.fetchone() == (True,), text[:40]


def test_long_texts_and_long_words_can_be_written(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    for notes in ("x" * 100_000, "東京都" * 40_000, "word " * 40_000, "a1 " * 20_000):
        Account.objects.filter(pk=account.pk).update(notes=notes)
    assert len(ask(field.ana)(SEARCH, t="a1")["search"]) == 1


def test_an_index_answers(field: World, shops: None) -> None:
    """Not how fast it is, but that the index has the very expression that is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for table, words, index in (
            ("crm_account", "name, number, notes", "account_search"),
            ("crm_opportunity", "name, '', notes", "opportunity_search"),
            ("crm_contact", "full_name, email, ''", "contact_search"),
            ("crm_address", "street, postcode || ' ' || city, ''", "address_search"),
        ):
            cursor.execute(
                f"EXPLAIN (FORMAT JSON) SELECT FROM {table} WHERE crm_search_named({words}) @@ crm_search_query('a', 'AB')"
            )
            [plan] = cursor.fetchone()
            assert index in _indexes(plan if isinstance(plan, list) else json.loads(plan))


def _indexes(plan: Any) -> set[str]:
    if isinstance(plan, list):
        return {name for one in plan for name in _indexes(one)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["Index Name"]} if "Index Name" in plan else set()
    return own | {name for value in plan.values() for name in _indexes(value)}
