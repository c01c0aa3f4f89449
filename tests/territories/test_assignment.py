"""Where an account belongs: pin before rule, rule before area, the lowest area of a branch."""

from uuid import UUID

import pytest

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng
from backend.territories.assignment import Assignment, Decision, Facts, Node, Rule
from tests.territories.test_geometry import square

STATE, NORTH, SOUTH, TOWN, CHAINS = (UUID(int=number) for number in range(1, 6))
NODES = [
    Node(STATE, "State", None, square(size=4)),
    Node(NORTH, "North", STATE, square(south=43, size=2)),
    Node(SOUTH, "South", STATE, square(south=41, size=2)),
    Node(TOWN, "Town", SOUTH, square(south=42, size=1)),
    Node(CHAINS, "Chains", STATE),
]
RULES = [
    Rule(20, NORTH, {"segment": ["chain"]}),
    Rule(10, CHAINS, {"segment": ["chain"], "tier": ["A", "B"]}),
]


def belongs(facts: Facts) -> Decision | None:
    """Returns the decision."""
    return Assignment(NODES, RULES).decide(facts)


def test_the_lowest_area_of_its_branch_wins() -> None:
    assert belongs(Facts({}, LatLng(42.5, -93.5))) == Decision(TOWN, "geometry")
    assert belongs(Facts({}, LatLng(41.5, -93.5))) == Decision(SOUTH, "geometry")
    assert belongs(Facts({}, LatLng(41.5, -90.5))) == Decision(STATE, "geometry")
    assert belongs(Facts({}, LatLng(50.0, -93.5))) is None


def test_a_point_on_a_border_always_falls_to_the_same_side() -> None:
    border = Facts({}, LatLng(43.0, -92.5))
    assert belongs(border) == Assignment(NODES[::-1], RULES).decide(border) == Decision(NORTH, "geometry")


def test_a_rule_outranks_an_area_and_the_lowest_priority_number_wins() -> None:
    here = LatLng(42.5, -93.5)
    assert belongs(Facts({"segment": "chain", "tier": "A"}, here)) == Decision(CHAINS, "rule")
    assert belongs(Facts({"segment": "chain", "tier": "C"}, here)) == Decision(NORTH, "rule")
    assert belongs(Facts({"segment": "", "tier": "A"}, here)) == Decision(TOWN, "geometry")
    assert belongs(Facts({"segment": "chain"})) == Decision(NORTH, "rule")


def test_a_pin_outranks_everything_while_its_territory_is_there() -> None:
    chain = {"segment": "chain", "tier": "A"}
    assert belongs(Facts(chain, LatLng(42.5, -93.5), pinned=SOUTH)) == Decision(SOUTH, "pin")
    assert belongs(Facts(chain, LatLng(42.5, -93.5), pinned=UUID(int=99))) == Decision(CHAINS, "rule")


def test_nothing_known_is_nowhere() -> None:
    assert belongs(Facts({})) is None


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ({"postcod": ["50010"]}, "asks for postcod"),
        ({}, "asks for nothing, and would take every account"),
        ({"postcode": "50010"}, "not a list"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(criteria: dict[str, list[str]], told: str) -> None:
    with pytest.raises(Invalid) as refused:
        Assignment(NODES, [Rule(1, NORTH, criteria)])
    assert (refused.value.code, refused.value.fields) == ("RULE_CRITERIA", {"criteria": told})


def test_a_circle_of_territories_is_refused() -> None:
    with pytest.raises(Invalid, match="form a circle"):
        Assignment([Node(NORTH, "North", SOUTH, square()), Node(SOUTH, "South", NORTH, square())], [])
