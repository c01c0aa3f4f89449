"""Which times a plan rests on: what the settings name, then the rep's own fit, then the org's, then the default."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from backend.planning.actions import propose_day
from backend.planning.travel import GreatCircle, Profile
from backend.planning.travel.choose import profile_of, provider_for
from backend.planning.travel.models import TravelProfile
from backend.planning.travel.osrm import Osrm
from backend.planning.travel.road_times import RoadTimes
from tests.planning.story import MONDAY, SUNDAY_EVENING, Story, actor, begin
from tests.planning.travel.engines import answering


def fitted(
    story: Story, rep: Any = None, *, adopted: bool = True, days_ago: int = 0, scale: float = 0.7
) -> TravelProfile:
    return TravelProfile.objects.create(
        org=story.org,
        rep=rep,
        scale=scale,
        exponent=0.8,
        made_at=SUNDAY_EVENING - timedelta(days=days_ago),
        first_day=MONDAY,
        last_day=MONDAY,
        drives=100,
        pauses=0.2,
        people=1,
        error_before=30,
        error_after=20,
        adopted=adopted,
    )


def test_without_settings_it_is_the_straight_line_with_the_usual_caution(story: Story) -> None:
    assert provider_for(story.ana) == GreatCircle(Profile(), 1.25)


def test_the_reps_own_fit_comes_before_the_orgs_and_the_newest_before_older_ones(story: Story) -> None:
    fitted(story, story.ana, adopted=False)
    old = fitted(story, days_ago=3)
    assert profile_of(story.org.pk, story.ana.pk).name == f"org-2027-06-03-{old.pk.hex[-6:]}"
    new = fitted(story, days_ago=1)
    assert profile_of(story.org.pk, story.ana.pk).name.endswith(new.pk.hex[-6:])
    own = fitted(story, story.ana, days_ago=2, scale=0.9)
    assert profile_of(story.org.pk, story.ana.pk) == Profile(f"rep-2027-06-04-{own.pk.hex[-6:]}", 0.9, 0.8)
    assert profile_of(story.org.pk, story.cy.pk).name.startswith("org-")


def test_another_orgs_fit_is_not_ours(story: Story) -> None:
    fitted(begin())
    assert profile_of(story.org.pk, story.ana.pk) == Profile()


def test_the_settings_name_an_engine(story: Story, settings: Settings) -> None:
    settings.ROUTING, settings.ROUTING_URL = "osrm", "http://127.0.0.1:5000"
    settings.ROUTING_TIMEOUT, settings.ROUTING_FACTOR = 3.0, 1.2
    settings.ROUTING_BLOCK, settings.ROUTING_CACHE_DAYS = 500, 0
    settings.TRAVEL_CAUTION = 1.3
    provider = provider_for(story.ana)
    assert isinstance(provider, RoadTimes)
    assert provider.cache is None
    assert (provider.engine, provider.seconds, provider.factor) == (Osrm(500), 3.0, 1.2)
    assert provider.base.caution == 1.3


def test_a_plan_says_what_its_times_rest_on_and_that_the_engine_was_silent(story: Story, settings: Settings) -> None:
    story.shop("Deli", east=0.1)
    fitted(story)

    def answer(path: str, _: Any) -> Any:
        places = path.count(";") + 1
        ways = [[0 if a == b else 777 for b in range(places)] for a in range(places)]
        return {"code": "Ok", "durations": ways}

    def figures() -> dict[str, Any]:
        plan = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
        return {name: plan.figures[name] for name in ("travelSeconds", *GreatCircle().matrix([]).figures())}

    settings.ROUTING = "osrm"
    with answering(answer) as settings.ROUTING_URL:
        good = figures()
    assert good == {
        "travelSeconds": 2 * 780,
        "travelTimes": "osrm",
        "travelProfile": "",
        "travelFellBack": "",
        "travelEstimatedPlaces": 0,
    }
    settings.ROUTING_CACHE_DAYS = 0
    bad = figures()
    assert (bad["travelTimes"], bad["travelFellBack"]) == ("great-circle", "osrm cannot be reached")
    assert bad["travelProfile"].startswith("org-2027-06-06-")


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_no_engine_is_asked_that_is_not_named(story: Story, settings: Settings, kind: str) -> None:
    settings.ROUTING = kind
    settings.ROUTING_URL = "http://127.0.0.1:1"
    provider = provider_for(story.ana)
    assert isinstance(provider, RoadTimes)
    assert provider.engine.name == kind
