"""What counts for how much is data: Dee sets it, plans carry its version, and the figures of plans are kept over time."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.crm.models import Opportunity, Pipeline, Stage
from backend.kit.errors import Conflict, Invalid, NotPermitted
from backend.planning.actions import propose_day
from backend.planning.models import PlanningWeights, PlanStop
from backend.planning.publishing import accept_plan
from backend.planning.series import Point, picture, series
from backend.planning.weighing import set_weights
from backend.planning.weights import current, points_of
from tests.planning.story import MONDAY, SUNDAY_EVENING, Story, actor


def test_the_products_own_weights_are_version_0(story: Story) -> None:
    version, weights = current(story.org.pk)
    assert (version, points_of(weights)["tier"]) == (0, {"A": 40.0, "B": 25.0, "C": 15.0})


def test_dee_raises_tier_b_and_plans_from_then_on_say_so(story: Story) -> None:
    story.shop("B", tier="B", seen=SUNDAY_EVENING - timedelta(days=27))
    plan = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
    assert (plan.weights_version, plan.stops.get().prize) == (0, 25)
    row = set_weights(actor=actor(story.dee), points={"tier": {"B": 70}}, note="spring campaign")
    again = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
    assert (row.version, again.weights_version, again.stops.get().prize) == (1, 1, 70)
    assert current(story.org.pk)[1].tier["A"] == 40.0, "what she did not name stays"


def test_a_deal_that_is_nearly_won_weighs_more(story: Story) -> None:
    line = Pipeline.objects.create(org=story.org, name="Sales")
    for name, probability in (("Early", 10), ("Late", 90)):
        shop = story.shop(name, seen=SUNDAY_EVENING - timedelta(days=20))
        stage = Stage.objects.create(
            org=story.org, pipeline=line, name=name, position=probability, probability=probability
        )
        Opportunity.objects.create(
            org=story.org, account=shop, owner=story.ana, name=name, pipeline=line, stage=stage, amount=Decimal(12_000)
        )
    plan = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
    prizes = dict(PlanStop.objects.filter(plan=plan).values_list("account__name", "prize"))
    assert prizes["Late"] > prizes["Early"]
    assert set(PlanStop.objects.filter(plan=plan).values_list("why", flat=True)) == {
        "due 7 days ago, tier A, open deal $12k"
    }


@pytest.mark.parametrize("who", ["ana", "ben", "pat"])
def test_only_dee_sets_them(story: Story, who: str) -> None:
    with pytest.raises(NotPermitted):
        set_weights(actor=actor(getattr(story, who)), points={})
    assert not PlanningWeights.objects.exists()


@pytest.mark.parametrize(
    ("points", "fields"),
    [
        ({"tier": {"Z": 1}}, {"tier.Z"}),
        ({"tier": {"A": -1}}, {"tier.A"}),
        ({"tier": 7}, {"tier"}),
        ({"colour": 1}, {"colour"}),
        ({"early": True, "stage": "much"}, {"early", "stage"}),
        ({"early": float("nan")}, {"early"}),
        ({"per_boost": 1_001}, {"per_boost"}),
        ({"most_lateness": 0.5}, {"most_lateness"}),
        ({"least": 0}, {"least"}),
        ({"least": 1.5}, {"least"}),
    ],
)
def test_odd_weights_are_refused_by_name(story: Story, points: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        set_weights(actor=actor(story.dee), points=points)
    assert set(refusal.value.fields) == fields


def test_weights_thought_out_on_older_ones_are_refused(story: Story) -> None:
    dee = actor(story.dee)
    set_weights(actor=dee, points={}, base_version=0)
    with pytest.raises(Conflict):
        set_weights(actor=dee, points={}, base_version=0)
    assert set_weights(actor=dee, points={}, base_version=1).version == 2


def test_the_figures_of_published_plans_are_a_series(story: Story) -> None:
    story.shop("Near", east=0.02)
    story.shop("Nowhere", located=False)
    plan = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
    week = (MONDAY - timedelta(days=1), MONDAY + timedelta(days=5))
    assert series(story.org.pk, [story.ana.pk], *week) == [], "a proposal is no figure of the field"
    accept_plan(actor=actor(story.ana), plan=plan)
    expected = Point(MONDAY, 1, 1, plan.figures["travelMinutesPerVisit"], 0.5, 1)
    assert series(story.org.pk, [story.ana.pk], *week) == [expected]
    assert series(story.org.pk, [story.cy.pk], *week) == []
    plan.delete()
    assert series(story.org.pk, [story.ana.pk], *week) == [expected], "they outlive the plan"


def test_the_picture_has_a_line_for_each_figure_and_bears_odd_names() -> None:
    points = [Point(MONDAY + timedelta(days=n), 1, 5, 10.0 + n, 0.5, n) for n in range(3)]
    svg = picture(points, "<Ana & Ben>")
    assert svg.count("<polyline") == 3
    assert svg.count("<circle") == 9
    assert "&lt;Ana &amp; Ben&gt;" in svg
    assert "nothing was planned" in picture([], "nobody")
