"""What lists are asked by: filters, and the order of rows; and what nobody may ask by."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from strawberry.utils.str_converters import to_camel_case

from backend.crm.models import Opportunity
from backend.identity.models import OUTSIDERS, User
from backend.kit import clock
from backend.kit.field_rules import may_read
from backend.schema.filters import conditions, operators, orders
from tests.factories.world import World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

ACCOUNTS = "query ($f: AccountFilter, $o: [AccountOrder!]) { accounts(filter: $f, orderBy: $o) { nodes { name } } }"
DEALS = """query ($f: OpportunityFilter, $o: [OpportunityOrder!], $n: Int, $a: String, $l: Int, $b: String) {
  opportunities(filter: $f, orderBy: $o, first: $n, after: $a, last: $l, before: $b) {
    nodes { name amount } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"""
VISITS = "query ($f: VisitFilter, $o: [VisitOrder!]) { visits(filter: $f, orderBy: $o) { nodes { account { name } } } }"


def _names(client: Client, document: str, **given: Any) -> list[str]:
    [connection] = client(document, **given).values()
    return [one["name"] for one in connection["nodes"]]


@pytest.fixture
def deals(field: World) -> list[Opportunity]:
    """Deals of Ana: with and without an amount and a day, some alike."""
    store = field.account("Store", field.north)
    made = []
    for number, (amount, days) in enumerate(
        [("100", 3), (None, 3), ("50.5", None), ("100", None), (None, None), ("7", 1)]
    ):
        deal = field.deal(store, name=f"Deal {number}")
        deal.amount = None if amount is None else Decimal(amount)
        deal.close_date = None if days is None else date(2026, 11, days)
        deal.save()
        made.append(deal)
    field.deal(field.account("Valley", field.south), owner=field.cy, name="Secret deal")
    return made


def test_visits_of_the_accounts_in_a_territory(field: World, ask: Ask) -> None:
    """Dee sees both territories, and asks for one."""
    for name, territory, rep in (("Hilltop", field.north, field.ana), ("Valley", field.south, field.cy)):
        field.visit(field.account(name, territory), rep)
    asked = {"account": {"territoryId": {"eq": str(field.north.pk)}}}
    found = ask(field.dee)(VISITS, f=asked)["visits"]["nodes"]
    assert [one["account"]["name"] for one in found] == ["Hilltop"]
    assert len(ask(field.dee)(VISITS)["visits"]["nodes"]) == 2
    assert ask(field.cy)(VISITS, f=asked)["visits"]["nodes"] == []


def test_open_deals_over_an_amount_closing_this_month(field: World, ask: Ask, deals: list[Opportunity]) -> None:
    asked = {"open": True, "amount": {"gt": "50"}, "closeDate": {"gte": "2026-11-01", "lt": "2026-12-01"}}
    assert _names(ask(field.ana), DEALS, f=asked) == ["Deal 0"]
    assert _names(ask(field.ana), DEALS, f={**asked, "open": False}) == []


def test_accounts_that_nobody_was_at_for_long(field: World, ask: Ask) -> None:
    now = clock.now()
    for name, days in (("Lately", 3), ("Long ago", 90), ("Never", None)):
        account = field.account(name, field.north)
        if days is not None:
            visit = field.visit(account)
            type(visit).objects.filter(pk=visit.pk).update(state="completed", ended_at=now - timedelta(days))
    ana, month = ask(field.ana), (now - timedelta(30)).isoformat()
    assert _names(ana, ACCOUNTS, f={"lastVisitAt": {"lt": month}}) == ["Long ago"]
    assert _names(ana, ACCOUNTS, f={"lastVisitAt": {"gte": month}}) == ["Lately"]
    overdue = {"or": [{"lastVisitAt": {"lt": month}}, {"lastVisitAt": {"isNull": True}}]}
    assert _names(ana, ACCOUNTS, f=overdue) == ["Long ago", "Never"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "0 1 2 3 4 5"),
        ({"name": {"eq": "Deal 1"}}, "1"),
        ({"name": {"in": ["Deal 1", "Deal 4", "Secret deal"]}}, "1 4"),
        ({"name": {"in": []}}, ""),
        ({"name": {"notIn": ["Deal 1", "Deal 4"]}}, "0 2 3 5"),
        ({"name": {"startsWith": "deAL 3"}}, "3"),
        ({"name": {"contains": "AL 5"}}, "5"),
        ({"name": {"contains": "%"}}, ""),
        ({"name": {"contains": "_"}}, ""),
        ({"name": {"startsWith": "\\"}}, ""),
        ({"amount": {"eq": "100.00"}}, "0 3"),
        ({"amount": {"ne": "100"}}, "1 2 4 5"),
        ({"amount": {"notIn": ["100", "7"]}}, "1 2 4"),
        ({"amount": {"gte": "7", "lte": "50.5"}}, "2 5"),
        ({"amount": {"isNull": True}}, "1 4"),
        ({"closeDate": {"isNull": False}}, "0 1 5"),
        ({"closeDate": {"lte": "2026-11-01"}}, "5"),
        ({"and": [{"amount": {"isNull": False}}, {"closeDate": {"isNull": True}}]}, "2 3"),
        ({"or": [{"amount": {"lt": "10"}}, {"name": {"eq": "Deal 1"}}]}, "1 5"),
        ({"not": {"or": [{"amount": {"lt": "10"}}, {"name": {"eq": "Deal 1"}}]}}, "0 2 3 4"),
        ({"or": []}, ""),
        ({"and": []}, "0 1 2 3 4 5"),
        ({"or": [{}, {"name": {"eq": "Deal 1"}}]}, "0 1 2 3 4 5"),
        ({"not": {}}, ""),
        ({"not": {"not": {}}}, "0 1 2 3 4 5"),
        ({"not": {"name": {"in": []}}}, "0 1 2 3 4 5"),
        ({"account": {"name": {"eq": "Store"}}}, "0 1 2 3 4 5"),
        ({"account": {"name": {"ne": "Store"}}}, ""),
        ({"not": {"account": {"name": {"eq": "Valley"}}}}, "0 1 2 3 4 5"),
        ({"name": None, "account": None}, "0 1 2 3 4 5"),
    ],
)
def test_what_a_filter_holds_of(
    field: World, ask: Ask, deals: list[Opportunity], asked: dict[str, Any], found: str
) -> None:
    assert _names(ask(field.ana), DEALS, f=asked) == [f"Deal {number}" for number in found.split()]


def test_letters_that_patterns_are_made_of_are_letters(field: World, ask: Ask) -> None:
    for name in ("100% Bio", "A_B", "C\\D", "Other"):
        field.account(name, field.north)
    for letter, name in (("%", "100% Bio"), ("_", "A_B"), ("\\", "C\\D")):
        assert _names(ask(field.ana), ACCOUNTS, f={"name": {"contains": letter}}) == [name]


def _barred() -> list[tuple[type, str]]:
    found = []
    for kind, model in [(kind, one.model) for kind, one in conditions._FILTERED.items()] + list(
        orders._ORDERED.items()
    ):
        names = {one.name for one in fields(kind)}
        for role in OUTSIDERS:
            found += [(kind, name) for name in sorted(names) if not may_read(model, role, name)]
    return found


ROOTS = {"Account": "accounts", "Opportunity": "opportunities", "Order": "orders", "Visit": "visits"}


@pytest.mark.parametrize(("kind", "name"), _barred(), ids=lambda one: getattr(one, "__name__", one))
def test_what_a_role_may_not_read_it_may_not_ask_by(field: World, ask: Ask, kind: type, name: str) -> None:
    """Pat would find an amount by halves; of every field that anybody is barred from, however deep it is asked for."""
    of = kind.__name__.removesuffix("Filter").removesuffix("Order") or "Order"
    column = to_camel_case(name)
    if kind.__name__.endswith("Filter"):
        ways: list[Any] = [{column: {"isNull": True}}, {"or": [{"not": {column: {"isNull": True}}}]}]
        asked = [(ROOTS[of], "filter: $x", f"{of}Filter", way) for way in ways]
        if of == "Account":
            asked += [("visits", "filter: $x", "VisitFilter", {"account": way}) for way in ways]
    else:
        asked = [(ROOTS[of], "orderBy: $x", f"[{of}Order!]", [{column: "DESC"}])]
    for root, argument, variable, value in asked:
        document = f"query ($x: {variable}) {{ {root}({argument}) {{ pageInfo {{ hasNextPage }} }} }}"
        refusal = ask(field.pat).refused(document, x=value)
        assert (refusal["code"], refusal["fields"]) == ("FIELD_HIDDEN", {column: "hidden"})
        assert ask(field.ana)(document, x=value)


def test_there_is_something_to_bar() -> None:
    assert {(kind.__name__, name) for kind, name in _barred()} >= {
        ("AccountFilter", "boost"), ("AccountOrder", "boost"), ("OpportunityFilter", "amount"),
        ("OpportunityOrder", "amount"), ("OrderFilter", "total"), ("OrderOrder", "total"),
    }  # fmt: skip


def test_every_field_is_a_column_or_is_declared() -> None:
    for kind, filtered in conditions._FILTERED.items():
        columns = {one.attname for one in filtered.model._meta.concrete_fields}
        told = {one.name for one in fields(kind)} - {"and_", "or_", "not_", "account"}
        assert told - columns == set(filtered.special), kind


@pytest.mark.parametrize("way", [one.value for one in operators.Ordering])
@pytest.mark.parametrize("second", ["ASC", "DESC"])
def test_pages_in_any_order_follow_one_another(
    field: World, ask: Ask, deals: list[Opportunity], way: str, second: str
) -> None:
    """Two columns that both may be missing, and rows that are alike in both."""
    field.deal(deals[0].account, name="Deal 6")
    Opportunity.objects.filter(name="Deal 6").update(amount=100, close_date=date(2026, 11, 3))
    ana, order = ask(field.ana), [{"closeDate": way}, {"amount": second}]
    whole = _names(ana, DEALS, o=order)
    rows = {one.name: one for one in Opportunity.objects.filter(name__startswith="Deal")}
    down = way.startswith("DESC")
    first = way.endswith("_FIRST") or (way == "DESC")
    days = [rows[name].close_date for name in whole]
    known = [one for one in days if one is not None]
    missing = [one for one in days if one is None]
    assert days == (missing + sorted(known, reverse=down) if first else sorted(known, reverse=down) + missing)
    for turned in (False, True):
        seen: list[str] = []
        cursor = None
        while True:
            given = {"l": 2, "b": cursor} if turned else {"n": 2, "a": cursor}
            page = ana(DEALS, o=order, **given)["opportunities"]
            names = [one["name"] for one in page["nodes"]]
            seen = names + seen if turned else seen + names
            cursor = page["pageInfo"]["startCursor" if turned else "endCursor"]
            if not page["pageInfo"]["hasPreviousPage" if turned else "hasNextPage"]:
                break
        assert seen == whole


def test_a_cursor_of_another_order_is_none_of_this(field: World, ask: Ask, deals: list[Opportunity]) -> None:
    ana = ask(field.ana)
    cursor = ana(DEALS, o=[{"amount": "ASC"}], n=2)["opportunities"]["pageInfo"]["endCursor"]
    assert ana(DEALS, o=[{"amount": "ASC"}], a=cursor)
    for order in ([{"amount": "DESC"}], [{"amount": "ASC_NULLS_FIRST"}], [{"amount": "ASC"}, {"name": "ASC"}], None):
        assert ana.refused(DEALS, o=order, a=cursor)["code"] == "BAD_CURSOR"


def _nested(levels: int) -> dict[str, Any]:
    return {"name": {"eq": "x"}} if levels == 0 else {"and": [_nested(levels - 1)]}


@pytest.mark.parametrize(
    ("document", "given", "code"),
    [
        (ACCOUNTS, {"f": {"name": {"contains": ""}}}, "BAD_FILTER"),
        (ACCOUNTS, {"f": {"name": {"startsWith": "x" * 101}}}, "BAD_FILTER"),
        (ACCOUNTS, {"f": {"name": {"eq": None}}}, "BAD_FILTER"),
        (ACCOUNTS, {"f": {"lastVisitAt": {"lt": None}}}, "BAD_FILTER"),
        (ACCOUNTS, {"f": {"name": {"in": ["x"] * 101}}}, "FILTER_TOO_LARGE"),
        (ACCOUNTS, {"f": {"territoryId": {"in": ["0" * 32] * 101}}}, "FILTER_TOO_LARGE"),
        (ACCOUNTS, {"f": {"or": [{"name": {"eq": "x"}}] * 41}}, "FILTER_TOO_LARGE"),
        (ACCOUNTS, {"f": _nested(6)}, "FILTER_TOO_LARGE"),
        (ACCOUNTS, {"f": _nested(400)}, "GRAPHQL_INVALID"),
        (ACCOUNTS, {"o": [{"name": "ASC"}, {"name": "DESC"}]}, "BAD_ORDER"),
        (ACCOUNTS, {"o": [{one: "ASC"} for one in ("name", "tier", "kind", "segment", "boost")]}, "BAD_ORDER"),
        (ACCOUNTS, {"o": [{"name": "ASC", "tier": "ASC"}]}, "GRAPHQL_INVALID"),
        (ACCOUNTS, {"o": [{"name": None}]}, "GRAPHQL_INVALID"),
        (DEALS, {"f": {"amount": {"lt": "NaN"}}}, "BAD_FILTER"),
        (DEALS, {"f": {"amount": {"lt": "1E+999999"}}}, "BAD_VALUE"),
    ],
)
def test_what_is_too_much_or_makes_no_sense_is_refused(
    field: World, ask: Ask, document: str, given: dict[str, Any], code: str
) -> None:
    refusal = ask(field.ana).refused(document, **given)
    assert (refusal["code"], refusal["retry"]) == (code, "NEVER")


def test_as_much_as_is_allowed_is_answered(field: World, ask: Ask) -> None:
    field.account("x", field.north)
    for asked in ({"name": {"in": ["x"] * 100}}, _nested(5), {"or": [{"name": {"eq": "x"}}] * 13}):
        assert _names(ask(field.ana), ACCOUNTS, f=asked) == ["x"]
