"""Ben plans Ana's Monday over GraphQL; Cy finds nothing there."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.identity.models import User
from backend.planning.actions import propose_day
from backend.planning.solver.stop import Stop
from tests.planning.story import MONDAY, SUNDAY_EVENING, Story, actor
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

PROPOSE = """mutation($input: ProposeDayInput!) { proposeDay(input: $input) { plan {
  id day status seed leaveAt backAt figures rep { fullName }
  stops { position fixed arrival plannedStart plannedEnd waitSeconds prize why account { name } }
  drops { reason detail displacedBy prize why account { name } } } } }"""
ACCEPT = """mutation($id: UUID!) { acceptPlan(planId: $id) {
  plan { status } visits { state source planId account { name } rep { fullName } } } }"""
DISCARD = "mutation($id: UUID!) { discardPlan(planId: $id) { plan { status } } }"
PLAN = "query($id: UUID!) { plan(id: $id) { id status } }"
PLANS = "query($day: Date!, $rep: UUID) { plans(day: $day, repId: $rep) { id stops { account { name } } } }"


@pytest.fixture
def ask() -> Ask:
    return Client


def monday(rep: User | None = None, **more: Any) -> dict[str, Any]:
    return {"day": MONDAY.isoformat(), **({"repId": str(rep.pk)} if rep else {}), **more}


def test_ben_proposes_and_accepts_anas_monday(story: Story, ask: Ask) -> None:
    story.shop("Deli", east=0.05)
    story.shop("Nowhere", located=False)
    ben = ask(story.ben)
    plan = ben(PROPOSE, input=monday(story.ana, seed=7))["proposeDay"]["plan"]
    assert (plan["day"], plan["status"], plan["seed"], plan["rep"]) == (
        MONDAY.isoformat(),
        "proposed",
        7,
        {"fullName": "Ana"},
    )
    (stop,) = plan["stops"]
    assert (stop["account"], stop["why"], stop["fixed"]) == ({"name": "Deli"}, "due 7 days ago, tier A", False)
    (drop,) = plan["drops"]
    assert (drop["account"], drop["reason"], drop["displacedBy"]) == ({"name": "Nowhere"}, "NO_COORDINATES", [])
    assert plan["figures"]["stops"] == plan["figures"]["dropped"] == 1
    accepted = ben(ACCEPT, id=plan["id"])["acceptPlan"]
    assert accepted == {
        "plan": {"status": "accepted"},
        "visits": [
            {
                "state": "planned",
                "source": "plan",
                "planId": plan["id"],
                "account": {"name": "Deli"},
                "rep": {"fullName": "Ana"},
            }
        ],
    }
    assert ben(ACCEPT, id=plan["id"])["acceptPlan"] == accepted
    assert ask(story.ana)(PLAN, id=plan["id"])["plan"] == {"id": plan["id"], "status": "accepted"}


def test_ana_plans_her_own_day_and_throws_it_away(story: Story, ask: Ask) -> None:
    ana = ask(story.ana)
    plan = ana(PROPOSE, input=monday())["proposeDay"]["plan"]
    assert ana(DISCARD, id=plan["id"]) == {"discardPlan": {"plan": {"status": "discarded"}}}
    refusal = ana.refused(ACCEPT, id=plan["id"])
    assert (refusal["code"], refusal["fields"]) == ("PLAN_SETTLED", {"planId": "is discarded"})


@pytest.mark.parametrize("stranger", ["cy", "dan", "pat"])
def test_nobody_else_reads_or_touches_it(story: Story, ask: Ask, stranger: str) -> None:
    story.shop("Deli")
    plan = ask(story.ana)(PROPOSE, input=monday())["proposeDay"]["plan"]
    other = ask(getattr(story, stranger))
    assert other.refused(PROPOSE, input=monday(story.ana))["code"] == "USER_NOT_FOUND"
    assert other.refused(PLANS, day=MONDAY.isoformat(), rep=str(story.ana.pk))["code"] == "USER_NOT_FOUND"
    assert [other.refused(document, id=plan["id"])["code"] for document in (PLAN, ACCEPT, DISCARD)] == [
        "PLAN_NOT_FOUND"
    ] * 3
    assert other(PLANS, day=MONDAY.isoformat()) == {"plans": []}


def test_a_shop_that_has_gone_to_cy_keeps_its_name_from_ana(story: Story, ask: Ask) -> None:
    shop = story.shop("Deli")
    plan = ask(story.ana)(PROPOSE, input=monday())["proposeDay"]["plan"]
    story.give(shop, story.south, SUNDAY_EVENING)
    (seen,) = ask(story.ana)(PLANS, day=MONDAY.isoformat())["plans"]
    assert seen["stops"] == [{"account": None}]
    refusal = ask(story.ana).refused(ACCEPT, id=plan["id"])
    assert (refusal["code"], refusal["fields"]) == (
        "PLAN_STALE",
        {"stops[0]": "the account is no longer the rep's"},
    )


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("id figures", 2),
        ("rep { fullName }", 2),
        ("stops { position }", 2),
        ("stops { account { name } }", 2),
        ("drops { reason }", 2),
        ("drops { account { name } }", 2),
    ],
)
def test_plans_take_as_many_queries_for_three_as_for_one(
    story: Story, ask: Ask, selection: str, expected: int, count: int
) -> None:
    for number in range(count):
        story.shop(f"Deli {number}", east=0.01)
        story.shop(f"Nowhere {number}", located=False)
    for _ in range(count):
        propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY, stop=Stop(iterations=1))
    ana = ask(story.ana)
    plans = ana(f'{{ plans(day: "{MONDAY}") {{ {selection} }} }}')["plans"]
    assert (ana.queries, len(plans)) == (expected, count)


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [({"seed": -1}, "SEED_INVALID", "seed"), ({"day": "2027-06-01"}, "DAY_PAST", "day")],
)
def test_odd_input_is_refused_by_name(story: Story, ask: Ask, more: dict[str, Any], code: str, field: str) -> None:
    refusal = ask(story.ana).refused(PROPOSE, input={**monday(), **more})
    assert (refusal["code"], list(refusal["fields"]), refusal["retry"]) == (code, [field], "NEVER")
