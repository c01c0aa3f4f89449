"""Ana stands somewhere, or a visit of hers is called off: what is due nearby, what fits, and what her phone may watch."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.field import appointments
from backend.identity.models import User
from backend.kit import clock
from tests.planning.story import HOME, SUNDAY_EVENING, Story, actor
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

TEN = datetime(2027, 6, 7, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE = {"lat": HOME[0], "lng": HOME[1]}
NEARBY = """query ($lat: Float!, $lng: Float!, $n: Int! = 20) { nearbyDue(lat: $lat, lng: $lng, n: $n) {
  why openNow openUntil distanceM account { name } } }"""
FENCES = """query ($lat: Float!, $lng: Float!, $n: Int! = 20) { nearestGeofences(lat: $lat, lng: $lng, n: $n) {
  name reason radiusM others centre { lat lng } } }"""
SUGGEST = """query ($v: UUID, $lat: Float, $lng: Float, $m: Int) { suggestions(visitId: $v, lat: $lat, lng: $lng, minutes: $m) {
  name start end detourMinutes wayMinutes why account { name } } }"""


@pytest.fixture
def ask() -> Ask:
    return Client


@pytest.fixture
def monday(story: Story) -> Iterator[Story]:
    """Monday at ten, Ana's time."""
    with clock.moved_to(TEN):
        yield story


def names(found: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in found]


def test_due_accounts_nearby_say_why(monday: Story, ask: Ask) -> None:
    windows = [{"weekday": 1, "from": "09:00", "to": "17:00"}]
    monday.shop("Deli", east=0.0048, visit_windows=windows)
    monday.shop(
        "Bakery", east=0.05, tier="B", seen=None, visit_windows=[{"weekday": 1, "from": "12:00", "to": "14:00"}]
    )
    monday.shop("Seen last week", east=0.001, seen=SUNDAY_EVENING - timedelta(days=7))
    monday.shop("Of Cy", east=0.001, where=monday.south)
    monday.shop("Nowhere", located=False)
    ana = ask(monday.ana)
    deli, bakery = ana(NEARBY, **HERE)["nearbyDue"]
    assert (deli["why"], deli["openNow"]) == ("due 7 days ago, tier A, 400 m, open now until 17:00", True)
    assert deli["openUntil"] == "2027-06-07T22:00:00+00:00"
    assert (bakery["openNow"], bakery["account"]) == (False, {"name": "Bakery"})
    assert bakery["why"] == "never visited, tier B, 4.2 km, opens at 12:00"
    assert [one["account"]["name"] for one in ana(NEARBY, **HERE, n=1)["nearbyDue"]] == ["Deli"]
    assert ana.refused(NEARBY, **HERE, n=101)["code"] == "OUT_OF_RANGE"
    assert ask(monday.pat)(NEARBY, **HERE) == {"nearbyDue": []}
    assert [one["account"]["name"] for one in ask(monday.cy)(NEARBY, **HERE)["nearbyDue"]] == ["Of Cy"]


def test_phones_watch_what_is_planned_then_what_is_due_then_what_is_near(monday: Story, ask: Ask) -> None:
    last_week = SUNDAY_EVENING - timedelta(days=7)
    monday.shop("Near", east=0.01, seen=last_week)
    monday.shop("Upstairs", east=0.01, seen=last_week)
    monday.shop("Due", east=0.05)
    planned = monday.shop("Planned", east=0.09, seen=last_week)
    monday.visit(planned, monday.ana, TEN + 3 * HOUR)
    monday.shop("Of Cy", east=0.001, where=monday.south)
    closed = monday.shop("Closed", east=0.001, seen=last_week)
    closed.lifecycle = "closed"
    closed.save()
    found = ask(monday.ana)(FENCES, **HERE)["nearestGeofences"]
    assert [(one["name"], one["reason"], len(one["others"])) for one in found] == [
        ("Planned", "planned today", 0),
        ("Due", "due 7 days ago", 0),
        (found[2]["name"], "near", 1),
    ]
    assert found[2]["name"] in ("Near", "Upstairs")
    assert names(ask(monday.ana)(FENCES, **HERE, n=1)["nearestGeofences"]) == ["Planned"]
    assert names(ask(monday.cy)(FENCES, **HERE)["nearestGeofences"]) == ["Of Cy"]


def test_the_time_of_a_visit_called_off_is_filled_before_what_is_fixed_next(monday: Story, ask: Ask) -> None:
    off = monday.shop("Called off", east=0.01)
    after = monday.shop("Next", east=0.02)
    gone = monday.visit(off, monday.ana, TEN + HOUR, state="cancelled", reason="closed")
    monday.visit(after, monday.ana, TEN + 2 * HOUR)
    monday.shop("On the way", east=0.015)
    monday.shop("Far", east=1.0)
    monday.shop("Shut", east=0.012, visit_windows=[{"weekday": 1, "from": "12:00", "to": "14:00"}])
    monday.shop("Of Cy", east=0.012, where=monday.south)
    ana = ask(monday.ana)
    [one] = ana(SUGGEST, v=str(gone.pk))["suggestions"]
    assert (one["name"], one["account"]) == ("On the way", {"name": "On the way"})
    start, end = (datetime.fromisoformat(one[name]) for name in ("start", "end"))
    assert TEN <= start < end <= TEN + 2 * HOUR
    assert one["why"].startswith("due 7 days ago, tier A, ")
    assert one["why"].endswith("min detour, in time for what is fixed at 12:00")
    assert one["detourMinutes"] <= one["wayMinutes"]
    assert ask(monday.ben)(SUGGEST, v=str(gone.pk))["suggestions"] == [one]
    for stranger in (monday.cy, monday.dan, monday.pat):
        assert ask(stranger).refused(SUGGEST, v=str(gone.pk))["code"] == "VISIT_NOT_FOUND"


def test_from_now_on_an_appointment_bounds_the_time_too(monday: Story, ask: Ask) -> None:
    for number in range(3):
        monday.shop(f"Shop {number}", east=0.01 * (number + 1))
    ana = ask(monday.ana)
    assert names(ana(SUGGEST, **HERE)["suggestions"]) == ["Shop 0", "Shop 1", "Shop 2"]
    assert ana(SUGGEST, **HERE, m=20)["suggestions"] == []
    fields = {"title": "Call", "starts_at": TEN + timedelta(minutes=34), "ends_at": TEN + HOUR}
    appointments.make(actor=actor(monday.ana), user=monday.ana, fields=fields)
    assert "Shop 2" not in names(ana(SUGGEST, **HERE)["suggestions"])
    assert ana.refused(SUGGEST, **HERE, m=0)["code"] == "OUT_OF_RANGE"
    with clock.moved_to(TEN + 12 * HOUR):
        assert ana(SUGGEST, **HERE)["suggestions"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_near_takes_as_many_queries_for_three_accounts_as_for_one(monday: Story, ask: Ask, count: int) -> None:
    for number in range(count):
        monday.shop(f"Shop {number}", east=0.01 * (number + 1))
    ana = ask(monday.ana)
    assert len(ana(NEARBY, **HERE)["nearbyDue"]) == count
    assert ana.queries == 3
    assert len(ana(FENCES, **HERE)["nearestGeofences"]) == count
    assert ana.queries == 6
    assert len(ana(SUGGEST, **HERE)["suggestions"]) == count
    assert ana.queries == 15
