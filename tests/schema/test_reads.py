"""What each person reads, and how many queries it takes: the same number for one row and for three."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from backend.crm.models import Account
from backend.field.models import CheckIn, VisitReport
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.territories.actions import share_account
from tests.factories.world import World, acting
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]


def _stock(field: World, count: int) -> None:
    """Makes accounts with everything on them, in Ana's territory, and one in Cy's."""
    for number in range(count):
        account = field.account(f"Store {number}", field.north)
        field.contact(account)
        deal = field.deal(account)
        deal.lines.create(org=field.org, product=field.product, quantity="2", unit_price="12.50")
        visit = field.visit(account)
        CheckIn.objects.create(org=field.org, visit=visit, rep=field.ana, at=clock.now(), verdict="inside")
        VisitReport.objects.create(
            org=field.org, visit=visit, author=field.ana, outcome="order", submitted_at=clock.now()
        )
        _issue(field, field.ana, account)
    theirs = field.account("Valley", field.south)
    _issue(field, field.cy, theirs, code="Secret code")
    field.contact(theirs, "Secret Person")
    field.deal(theirs, owner=field.cy, name="Secret deal")
    field.visit(theirs, field.cy)


def _issue(field: World, user: User, account: Account, code: str = "FIELD_CONFLICT") -> None:
    """Makes an issue that was settled."""
    changed = {"name": "phone", "policy": "merge", "base": "", "mine": "1", "theirs": "2"}
    SyncIssue.objects.create(
        org=field.org,
        user=user,
        device=field.phone(user),
        op_id=new_id(),
        name="account.patch",
        kind="CONFLICT",
        code=code,
        entity="account",
        entity_id=account.pk,
        root=account.pk,
        fields=[changed],
        state="resolved",
        resolution="retry",
        resolved_by=user,
        resolved_at=clock.now(),
    )


LISTS = {
    "accounts": ("{ accounts { nodes { id name } pageInfo { endCursor hasNextPage } } }", 1),
    "account.parent": ("{ accounts { nodes { name parent { name } } } }", 1),
    "account.address": ("{ accounts { nodes { name address { lat quality } } } }", 1),
    "account.sales": ("{ accounts { nodes { name sales { amount12m } } } }", 1),
    "account.contacts": ("{ accounts { nodes { name contacts { fullName email phone } } } }", 1),
    "account.opportunities": ("{ accounts { nodes { name opportunities { name amount } } } }", 1),
    "account.visits": ("{ accounts { nodes { name visits { state } } } }", 1),
    "opportunities": ("{ opportunities { nodes { id name amount } } }", 1),
    "opportunity.account": ("{ opportunities { nodes { name account { name } } } }", 1),
    "opportunity.owner": ("{ opportunities { nodes { name owner { fullName } } } }", 1),
    "opportunity.owner.manager": ("{ opportunities { nodes { name owner { manager { fullName } } } } }", 1),
    "opportunity.stage": ("{ opportunities { nodes { name stage { name category } } } }", 1),
    "opportunity.pipeline": ("{ opportunities { nodes { name pipeline { name stages { name } } } } }", 1),
    "opportunity.lines": ("{ opportunities { nodes { name lines { quantity product { name } } } } }", 1),
    "opportunity.history": (
        "{ opportunities { nodes { name history { fromStage { name } toStage { name } movedBy { username } } } } }",
        1,
    ),
    "nearbyAccounts": ("{ nearbyAccounts(lat: 42, lng: -93) { distanceM account { name } } }", 1),
    "products": ("{ products { nodes { sku name unitPrice } } }", 1),
    "pipelines": ("{ pipelines { name stages { name } } }", 1),
    "territories": ("{ territories { name } }", 1),
    "territories.parent": ("{ territories { name parent { name } } }", 1),
    "syncIssues": ("{ syncIssues { nodes { code state } } }", 1),
    "syncIssues.account": ("{ syncIssues { nodes { code account { name } user { username } } } }", 1),
    "syncConflicts": ("{ syncConflicts { nodes { fields { name policy base mine theirs } } } }", 2),
    "syncConflicts.resolvedBy": ("{ syncConflicts { nodes { code resolvedBy { username } } } }", 1),
    "devices": ("{ devices { name } }", 1),
    "me": ("{ me { user { username } org { slug } device { id } } }", 2),
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(field: World, ask: Ask, name: str, count: int) -> None:
    document, expected = LISTS[name]
    _stock(field, count)
    ana = ask(field.ana)
    data = ana(document)
    assert ana.queries == expected
    assert "Secret" not in str(data)
    assert "Valley" not in str(data)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("id state", 2),
        ("account { name }", 2),
        ("rep { username }", 2),
        ("checkIns { verdict }", 2),
        ("report { outcome }", 2),
    ],
)
def test_a_day_takes_as_many_queries_for_three_visits_as_for_one(
    field: World, ask: Ask, selection: str, expected: int, count: int
) -> None:
    _stock(field, count)
    ana = ask(field.ana)
    data = ana(f'{{ visitsOfDay(day: "{_day(field)}") {{ {selection} }} }}')
    assert ana.queries == expected
    assert len(data["visitsOfDay"]) == count


def _day(field: World) -> str:
    return clock.now().astimezone(ZoneInfo(field.ana.timezone)).date().isoformat()


@pytest.mark.parametrize("count", [1, 3])
def test_due_accounts_take_one_query_for_the_rep_and_one_for_what_is_due(field: World, ask: Ask, count: int) -> None:
    for number in range(count):
        field.account(f"Store {number}", field.north)
    field.account("Valley", field.south)
    ana = ask(field.ana)
    data = ana(f'{{ dueAccounts(day: "{_day(field)}") {{ name daysOverdue }} }}')
    assert (ana.queries, len(data["dueAccounts"])) == (2, count)


@pytest.mark.parametrize("who", ["cy", "pat", "zoe"])
def test_who_has_no_business_there_reads_nothing_of_it(field: World, ask: Ask, who: str) -> None:
    """A leak test for every way in: list, detail, nested edge, nearby, search."""
    account = field.account("Hilltop", field.north)
    field.contact(account)
    deal, visit = field.deal(account), field.visit(account)
    stranger = ask(getattr(field, who))
    for document in (
        "{ accounts(first: 100) { nodes { name contacts { fullName } opportunities { name } visits { id } } } }",
        '{ accounts(filter: {search: "Hill"}) { nodes { name } } }',
        "{ opportunities(first: 100) { nodes { name account { name } } } }",
        "{ nearbyAccounts(lat: 42.03, lng: -93.62, first: 100) { account { name } } }",
    ):
        assert "Hilltop" not in str(stranger(document))
        assert "Spring order" not in str(stranger(document))
    for name, row in (("account", account), ("opportunity", deal), ("visit", visit)):
        refusal = stranger.refused(f'{{ {name}(id: "{row.pk}") {{ id }} }}')
        assert (refusal["code"], refusal["retry"]) == (f"{name.upper()}_NOT_FOUND", "NEVER")


def test_an_edge_that_crosses_scope_is_empty_not_open(field: World, ask: Ask) -> None:
    """Pat is shown a store whose parent lies in a territory Pat has nothing to do with."""
    head, branch = field.account("Head office", field.north), field.account("Branch", field.south)
    branch.parent = head
    branch.save()
    share_account(actor=acting(field.dee), account=branch, user=field.pat)
    [node] = ask(field.pat)("{ accounts { nodes { name parent { name } } } }")["accounts"]["nodes"]
    assert node == {"name": "Branch", "parent": None}


def test_pages_follow_one_another_without_gap_or_repeat(field: World, ask: Ask) -> None:
    for number in range(7):
        field.account(f"Store {number % 3}", field.north)
    ana, seen, after = ask(field.ana), [], None
    while True:
        page = ana(
            "query($a: String) { accounts(first: 2, after: $a) { nodes { id } pageInfo { endCursor hasNextPage } } }",
            a=after,
        )
        seen += [node["id"] for node in page["accounts"]["nodes"]]
        after = page["accounts"]["pageInfo"]["endCursor"]
        if not page["accounts"]["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("document", "code", "field_named"),
    [
        ("{ accounts(first: 101) { pageInfo { hasNextPage } } }", "OUT_OF_RANGE", "first"),
        ("{ accounts(first: 0) { pageInfo { hasNextPage } } }", "OUT_OF_RANGE", "first"),
        ('{ accounts(after: "x") { pageInfo { hasNextPage } } }', "BAD_CURSOR", "after"),
        ("{ nearbyAccounts(lat: 91, lng: 0) { distanceM } }", "IMPOSSIBLE_COORDINATE", "lat"),
    ],
)
def test_bad_questions_get_a_coded_answer(field: World, ask: Ask, document: str, code: str, field_named: str) -> None:
    refusal = ask(field.ana).refused(document)
    assert (refusal["code"], next(iter(refusal["fields"]))) == (code, field_named)


def test_without_a_token_only_the_open_doors_answer(field: World, ask: Ask) -> None:
    nobody = ask(None)
    told = nobody("{ serverInfo { version protocolVersions serverTime protocols { number since until says } } }")
    assert told["serverInfo"]["protocolVersions"] == [1, 2]
    first, newest = told["serverInfo"]["protocols"]
    assert (first["number"], first["until"], newest["until"]) == (1, "2027-11-23", None)
    assert nobody.refused("{ me { user { id } } }")["code"] == "NOT_SIGNED_IN"
    assert nobody.refused("{ accounts { pageInfo { hasNextPage } } }")["retry"] == "AUTH"


def test_nearest_come_first_with_their_distance(field: World, ask: Ask) -> None:
    field.account("Far", field.north, lat=42.5)
    field.account("Near", field.north, lat=42.031)
    field.account("Here", field.north, lat=42.03)
    found = ask(field.ana)("{ nearbyAccounts(lat: 42.03, lng: -93.62, first: 2) { distanceM account { name } } }")
    assert [(one["account"]["name"], round(one["distanceM"])) for one in found["nearbyAccounts"]] == [
        ("Here", 0),
        ("Near", 111),
    ]


def test_nearest_works_across_the_date_line(field: World, ask: Ask) -> None:
    field.account("West of it", field.north, lat=-17.0, lng=179.99)
    field.account("Far", field.north, lat=-17.0, lng=170.0)
    found = ask(field.ana)("{ nearbyAccounts(lat: -17, lng: -179.99, first: 1) { account { name } } }")
    assert found["nearbyAccounts"][0]["account"]["name"] == "West of it"
