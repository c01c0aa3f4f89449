"""Where an account belongs: pin before rule, rule before area, the lowest area of a branch."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng
from backend.territories.assignment import Assignment, Batch, Decision, Facts, Node, Rule
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


ASKED = ("segment", "tier", "city")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "chain", "bar"]),
            st.sampled_from(["", "A", "B", "C"]),
            st.sampled_from(["Ames", "Boone"]),
            st.one_of(st.none(), st.tuples(st.sampled_from([40.0, 41.0, 41.5, 42.5, 43.0, 44.9]), st.floats(-95, -89))),
            st.sampled_from([None, None, SOUTH, UUID(int=99)]),
        ),
        max_size=30,
    )
)
def test_a_batch_is_decided_as_each_alone(
    accounts: list[tuple[str, str, str, tuple[float, float] | None, UUID | None]],
) -> None:
    engine = Assignment(NODES, [*RULES, Rule(30, TOWN, {"city": ["Boone"], "segment": ["", "bar"]})])
    facts = [
        Facts(dict(zip(ASKED, words, strict=True)), None if at is None else LatLng(*at), pinned)
        for *words, at, pinned in accounts
    ]
    points = [(float("nan"), float("nan")) if at is None else at for *_, at, _ in accounts]
    decided = engine.decide_all(
        Batch(
            {name: [one.values[name] for one in facts] for name in ASKED},
            np.array([lat for lat, _ in points]),
            np.array([lng for _, lng in points]),
            [one.pinned for one in facts],
        )
    )
    assert [decided.at(number) for number in range(len(facts))] == [engine.decide(one) for one in facts]


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


def a_batch(*kinds: tuple[str, str, UUID | None]) -> Batch:
    """Returns accounts of (segment, tier, pin) without a point."""
    nowhere = np.full(len(kinds), np.nan)
    return Batch(
        {"segment": [one[0] for one in kinds], "tier": [one[1] for one in kinds]},
        nowhere,
        nowhere,
        [one[2] for one in kinds],
    )


def test_rules_that_claim_the_same_are_told_with_the_one_that_wins() -> None:
    batch = a_batch(("chain", "A", None), ("chain", "B", None), ("chain", "C", None), ("bar", "A", None))
    (conflict,) = Assignment(NODES, RULES).conflicts(batch, [5, 2, 1, 1])
    assert (conflict.code, conflict.rule.priority, conflict.accounts) == ("RULES_CLAIM_THE_SAME", 20, 7)
    assert conflict.winner is not None
    assert conflict.winner.priority == 10


def test_a_rule_that_never_wins_and_one_that_meets_nobody() -> None:
    batch = a_batch(("chain", "A", None))
    told = Assignment(NODES, [*RULES, Rule(30, NORTH, {"tier": ["D"]})]).conflicts(batch)
    assert [(one.code, one.rule.priority) for one in told] == [
        ("RULE_NEVER_WINS", 20), ("RULES_CLAIM_THE_SAME", 20), ("RULE_MEETS_NOBODY", 30),
    ]  # fmt: skip


def test_pins_that_hold_out_against_a_rule_are_counted() -> None:
    batch = a_batch(("chain", "A", SOUTH), ("chain", "A", CHAINS), ("chain", "C", None), ("chain", "B", None))
    told = Assignment(NODES, RULES).conflicts(batch)
    held = [(one.rule.priority, one.accounts) for one in told if one.code == "PINS_HOLD_OUT"]
    assert held == [(10, 1), (20, 2)]


def test_an_explanation_names_all_that_was_weighed() -> None:
    found = Assignment(NODES, RULES).explain(
        Facts({"segment": "chain", "tier": "A"}, LatLng(42.5, -93.5), pinned=SOUTH)
    )
    assert found.decision == Decision(SOUTH, "pin")
    assert [rule.priority for rule in found.rules] == [10, 20]
    assert found.areas == [TOWN, SOUTH, STATE]
