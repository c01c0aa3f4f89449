"""Lists as connections: pages forwards and backwards, their edges and cursors, and what is told of the page."""

import base64
import json
from collections.abc import Callable

import pytest

from backend.crm.models import Account
from backend.identity.models import User
from tests.factories.world import World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]
PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) {
  accounts(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { name } } nodes { name }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
def stores(field: World) -> list[str]:
    """Seven stores of Ana, some of one name, in order."""
    made = [field.account(f"Store {number % 3}", field.north) for number in range(7)]
    field.account("Valley", field.south)
    return [str(one.pk) for one in sorted(made, key=lambda one: (one.name, one.pk))]


def test_forwards_and_backwards_show_the_same_rows(field: World, ask: Ask, stores: list[str]) -> None:
    ana = ask(field.ana)
    document = PAGE.replace("name }", "id }")
    seen: list[str] = []
    after = None
    while True:
        page = ana(document, first=3, after=after)["accounts"]
        assert ana.queries == 1
        told = page["pageInfo"]
        assert [one["node"] for one in page["edges"]] == page["nodes"]
        assert (told["startCursor"], told["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        assert told["hasPreviousPage"] is (after is not None)
        seen += [one["id"] for one in page["nodes"]]
        after = told["endCursor"]
        if not told["hasNextPage"]:
            break
    assert seen == stores
    back: list[str] = []
    before = None
    while True:
        page = ana(document, last=3, before=before)["accounts"]
        assert ana.queries == 1
        assert [one["node"] for one in page["edges"]] == page["nodes"]
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        back = [one["id"] for one in page["nodes"]] + back
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert back == stores


def test_what_lies_between_two_cursors(field: World, ask: Ask, stores: list[str]) -> None:
    ana = ask(field.ana)
    cursors = [one["cursor"] for one in ana(PAGE)["accounts"]["edges"]]
    between = ana(PAGE.replace("name }", "id }"), after=cursors[1], before=cursors[5], first=2)["accounts"]
    assert [one["id"] for one in between["nodes"]] == stores[2:4]
    assert (between["pageInfo"]["hasNextPage"], between["pageInfo"]["hasPreviousPage"]) == (True, True)
    nothing = ana(PAGE, after=cursors[6])["accounts"]
    assert nothing["edges"] == nothing["nodes"] == []
    assert nothing["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None,
    }  # fmt: skip


def test_a_row_that_was_renamed_meanwhile_breaks_no_cursor(field: World, ask: Ask, stores: list[str]) -> None:
    ana = ask(field.ana)
    cursor = ana(PAGE, first=3)["accounts"]["pageInfo"]["endCursor"]
    Account.objects.filter(pk=stores[2]).update(name="Zebra's")
    rest = ana(PAGE.replace("name }", "id }"), after=cursor)["accounts"]
    assert [one["id"] for one in rest["nodes"]] == [*stores[3:], stores[2]]


def test_edges_may_be_asked_for_under_any_names(field: World, ask: Ask, stores: list[str]) -> None:
    document = """{ accounts(first: 1) { __typename again: edges { at: cursor __typename a: node { id } node { name } }
      p: pageInfo { __typename more: hasNextPage } bare: edges { __typename } } }"""
    page = ask(field.ana)(document)["accounts"]
    [edge] = page["again"]
    assert (page["__typename"], edge["__typename"], page["bare"]) == (
        "AccountConnection", "AccountEdge", [{"__typename": "AccountEdge"}],
    )  # fmt: skip
    assert (edge["a"], edge["node"]) == ({"id": stores[0]}, {"name": "Store 0"})
    assert page["p"] == {"__typename": "PageInfo", "more": True}


@pytest.mark.parametrize(
    ("given", "code", "named"),
    [
        ({"first": 3, "last": 3}, "FIRST_OR_LAST", "last"),
        ({"last": 0}, "OUT_OF_RANGE", "last"),
        ({"last": 101}, "OUT_OF_RANGE", "last"),
        ({"before": "x"}, "BAD_CURSOR", "before"),
        ({"after": base64.urlsafe_b64encode(json.dumps(["Store", "no id"]).encode()).decode()}, "BAD_CURSOR", "after"),
    ],
)
def test_a_page_that_cannot_be_is_refused(
    field: World, ask: Ask, given: dict[str, object], code: str, named: str
) -> None:
    refusal = ask(field.ana).refused(PAGE, **given)
    assert (refusal["code"], list(refusal["fields"])) == (code, [named])


def test_a_cursor_of_another_list_is_none_of_this(field: World, ask: Ask, stores: list[str]) -> None:
    field.deal(Account.objects.get(pk=stores[0]))
    ana = ask(field.ana)
    [deal] = ana("{ opportunities { edges { cursor } } }")["opportunities"]["edges"]
    assert ana.refused(PAGE, after=deal["cursor"])["code"] == "BAD_CURSOR"


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("rows", ["nodes {", "edges { node {"])
def test_long_pages_of_long_lists_cost_too_much_from_either_end(field: World, ask: Ask, end: str, rows: str) -> None:
    ana = ask(field.ana)
    body = f"{rows} visits {{ checkIns {{ id }} }} {'} }' if 'edges' in rows else '}'}"
    assert ana.refused(f"{{ accounts({end}: 100) {{ {body} }} }}")["code"] == "QUERY_TOO_LARGE"
    asked = f"query ($n: Int = 100, $no: Int) {{ accounts({end}: $n, {'last' if end == 'first' else 'first'}: $no) {{ {body} }} }}"
    assert ana.refused(asked)["code"] == "QUERY_TOO_LARGE"
    assert ana(asked, n=2, no=None)["accounts"]


def test_scripts_of_those_who_lead_read_large_pages(field: World, ask: Ask, stores: list[str]) -> None:
    """Ben's phone and Ana do not: their pages stay small."""
    document = (
        "query ($n: Int!) { accounts(first: $n) { nodes { id contacts { fullName } } pageInfo { hasNextPage } } }"
    )
    assert [one["id"] for one in ask(field.ben)(document, n=10_000)["accounts"]["nodes"]] == stores
    assert ask(field.ben).refused(document, n=10_001)["code"] == "OUT_OF_RANGE"
    for client in (ask(field.ana), Client(field.ben, field.phone(field.ben))):
        assert [client.refused(document, n=n)["code"] for n in (101, 10_000)] == ["OUT_OF_RANGE"] * 2
    dear = document.replace("id contacts", "visits { id checkIns { id } } contacts").replace(
        "$n: Int!", "$n: Int = 10000"
    )
    assert ask(field.ben).refused(dear)["code"] == "QUERY_TOO_LARGE"


def test_the_ends_of_a_page_are_named_as_its_rows_are(field: World, ask: Ask) -> None:
    """Names that JSON and base64 write each in their way: whole pages name their ends elsewhere than edges are named."""
    for name in ('Zoë "Q" \\ Sons', "tab\tline\n\r\b\f\x01\x1f\x7f", "漢字 🎉 \u2028", "x" * 190, "</a>'"):
        field.account(name, field.north)
    for size in range(1, 6):
        page = ask(field.ana)(PAGE, first=size)["accounts"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
