"""Areas and rules looked at through the gateway: what is wrong with them, and why an account lies where it lies."""

from collections.abc import Callable

from backend.crm.models import Account, Address
from backend.identity.models import User
from backend.territories.models import AssignmentRule
from tests.factories.world import World
from tests.schema.conftest import Client
from tests.territories.test_geometry import square
from tests.territories.test_validation import COUNTIES

Ask = Callable[[User | None], Client]

PROBLEMS = """query ($d: [DrawnAreaInput!]) { territoryProblems(drawn: $d) {
  code message territoryIds at { lat lng } km2 geometry remedy } }"""
CONFLICTS = "{ ruleConflicts { code message accounts rule { priority } winner { priority } } }"
PLACEMENT = """query ($a: UUID!) { accountPlacement(accountId: $a) { territory { name } source wouldBe { name } wouldBeBy
  rules { priority } areas { name } } }"""
FEATURES = 'query ($c: JSON!, $v: [String!]!) { areaOfFeatures(collection: $c, name: "name", values: $v) }'


def draw(field: World) -> None:
    """Gives North and South areas that touch, and two rules that want the same accounts."""
    field.north.area, field.south.area = square(south=42), square(south=41)
    field.north.save()
    field.south.save()
    for priority, territory, criteria in ((1, field.north, {"tier": ["A"]}), (2, field.south, {"tier": ["A"]})):
        AssignmentRule.objects.create(
            org=field.org, model=field.model, territory=territory, priority=priority, criteria=criteria
        )


def test_an_overlap_is_told_with_the_nearest_account_before_it_is_saved(field: World, ask: Ask) -> None:
    draw(field)
    account = field.account("Hilltop", field.south, lat=41.95, lng=-93.5)
    Address.objects.filter(account=account).update(city="Ames")
    ben = ask(field.ben)
    assert ben(PROBLEMS)["territoryProblems"] == []
    drawn = [{"territoryId": str(field.north.pk), "area": square(south=41.9)}]
    [problem] = ben(PROBLEMS, d=drawn)["territoryProblems"]
    assert problem["code"] == "OVERLAP"
    assert "near Hilltop, Ames" in problem["message"]
    assert problem["geometry"]["type"] == "Polygon"
    assert ask(field.ana).refused(PROBLEMS)["code"] == "MANAGER_ONLY"


def test_rules_that_want_the_same_accounts_are_told(field: World, ask: Ask) -> None:
    draw(field)
    for name in ("One", "Two"):
        Account.objects.filter(pk=field.account(name, field.south).pk).update(tier="A")
    told = ask(field.dee)(CONFLICTS)["ruleConflicts"]
    assert [(one["code"], one["rule"], one["winner"], one["accounts"]) for one in told] == [
        ("RULE_NEVER_WINS", {"priority": 2}, None, 2),
        ("RULES_CLAIM_THE_SAME", {"priority": 2}, {"priority": 1}, 2),
    ]
    assert told[1]["message"] == (
        "Rule 2 (South) and rule 1 (North) both claim 2 accounts; rule 1 (North) wins, its number is lower."
    )


def test_why_an_account_lies_where_it_lies(field: World, ask: Ask) -> None:
    draw(field)
    account = field.account("Hilltop", field.south, lat=41.5, lng=-93.5)
    Account.objects.filter(pk=account.pk).update(tier="A")
    assert ask(field.dee)(PLACEMENT, a=str(account.pk))["accountPlacement"] == {
        "territory": {"name": "South"},
        "source": "manual",
        "wouldBe": {"name": "North"},
        "wouldBeBy": "rule",
        "rules": [{"priority": 1}, {"priority": 2}],
        "areas": [{"name": "South"}],
    }
    assert ask(field.ben).refused(PLACEMENT, a=str(account.pk))["code"] == "ACCOUNT_NOT_FOUND"


def test_counties_become_one_area(field: World, ask: Ask) -> None:
    assert ask(field.ben)(FEATURES, c=COUNTIES, v=["Polk", "Story"])["areaOfFeatures"]["type"] == "Polygon"
    assert ask(field.ben).refused(FEATURES, c=COUNTIES, v=["Linn"])["code"] == "FEATURE_NOT_FOUND"
