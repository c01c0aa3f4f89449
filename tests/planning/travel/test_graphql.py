"""Who sees what was learnt of travel times: one's own people; a partner nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.identity.models import User
from backend.planning.travel.models import TravelProfile
from tests.planning.story import MONDAY, SUNDAY_EVENING, Story, begin
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]
PROFILES = """query($rep: UUID) { travelProfiles(repId: $rep) {
  name scale exponent madeAt firstDay lastDay drives people pauses errorBefore errorAfter adopted } }"""


@pytest.fixture
def ask() -> Ask:
    return Client


def fitted(story: Story, rep: User | None, **more: Any) -> TravelProfile:
    given: dict[str, Any] = {"scale": 0.7, "exponent": 0.8, "made_at": SUNDAY_EVENING, "adopted": True} | more
    return TravelProfile.objects.create(
        org=story.org,
        rep=rep,
        first_day=MONDAY - timedelta(days=90),
        last_day=MONDAY,
        drives=240,
        pauses=0.2,
        people=2,
        error_before=31.5,
        error_after=19.0,
        **given,
    )


def test_ben_sees_the_orgs_fits_and_anas(story: Story, ask: Ask) -> None:
    old, new = fitted(story, None, made_at=SUNDAY_EVENING - timedelta(days=7)), fitted(story, None, adopted=False)
    own = fitted(story, story.ana)
    fitted(begin(), None)
    seen = ask(story.ben)(PROFILES)["travelProfiles"]
    assert [one["name"] for one in seen] == [new.name, old.name]
    assert [one["adopted"] for one in seen] == [False, True]
    (anas,) = ask(story.ben)(PROFILES, rep=str(story.ana.pk))["travelProfiles"]
    assert anas == {
        "name": own.name,
        "scale": 0.7,
        "exponent": 0.8,
        "madeAt": "2027-06-06T23:00:00+00:00",
        "firstDay": "2027-03-09",
        "lastDay": "2027-06-07",
        "drives": 240,
        "people": 2,
        "pauses": 0.2,
        "errorBefore": 31.5,
        "errorAfter": 19.0,
        "adopted": True,
    }


def test_cy_learns_nothing_of_anas_driving_and_pat_nothing_at_all(story: Story, ask: Ask) -> None:
    fitted(story, None)
    fitted(story, story.ana)
    assert ask(story.cy).refused(PROFILES, rep=str(story.ana.pk))["code"] == "USER_NOT_FOUND"
    assert ask(story.pat)(PROFILES)["travelProfiles"] == []
