"""A check-in with the fixes before it: who stayed is inside, who may be next door is asked, and old phones go on as before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.field.models import CheckIn, Visit
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.protocol import Status
from tests.factories.replica import Phone
from tests.factories.world import World
from tests.schema.conftest import Client

NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)
METRE = 1 / 111_080
CHECK_IN = """mutation ($v: UUID!, $i: CheckInInput!) { checkIn(visitId: $v, input: $i) {
  checkIn { verdict dwellSeconds candidates { name } } } }"""


@pytest.fixture
def visit(field: World) -> Visit:
    """Ana's visit, at noon."""
    return field.visit(field.account("Hilltop", field.north), start=NOON)


def fix(metres: float, seconds: float, **more: Any) -> dict[str, Any]:
    """Returns a fix so far north of the store, so long after noon."""
    at = (NOON + timedelta(seconds=seconds)).isoformat()
    return {"lat": 42.03 + metres * METRE, "lng": -93.62, "accuracyM": 10.0, "at": at, **more}


def pushed(field: World, phone: Phone, visit: Visit, **args: Any) -> CheckIn:
    """Returns the check-in that Ana's phone pushed."""
    ana = phone(field.ana)
    ana.pull()
    key = new_id()
    with clock.moved_to(NOON + timedelta(minutes=5)):
        [answer] = ana.push(ana.mutation("visit.checkIn", visit.pk, args={"checkInId": str(key), **args})).results
    assert answer.status == Status.APPLIED, answer
    return CheckIn.objects.get(pk=key)


def test_who_stayed_is_inside_and_who_just_came_is_not_sure(field: World, phone: Phone, visit: Visit) -> None:
    seen = pushed(field, phone, visit, **fix(20, 90), fixes=[fix(900, 0), fix(20, 20), fix(20, 60)])
    assert (seen.verdict, seen.dwell_seconds, seen.candidates) == ("inside", 70, [])


def test_who_drives_past_is_not_sure(field: World, phone: Phone, visit: Visit) -> None:
    seen = pushed(field, phone, visit, **fix(20, 30), fixes=[fix(900, 0), fix(20, 20)])
    assert (seen.verdict, seen.dwell_seconds) == ("unsure", 10)


def test_an_old_phone_that_tells_no_trail_is_judged_as_before(field: World, phone: Phone, visit: Visit) -> None:
    seen = pushed(field, phone, visit, **fix(20, 90))
    assert (seen.verdict, seen.dwell_seconds, seen.candidates) == ("inside", None, [])


def test_what_a_program_made_up_is_not_sure(field: World, phone: Phone, visit: Visit) -> None:
    assert pushed(field, phone, visit, **fix(20, 90), mocked=True).verdict == "unsure"


def test_next_door_asks_and_names_only_accounts_that_ana_sees(field: World, visit: Visit) -> None:
    field.account("Across", field.north, lat=42.03 + 50 * METRE)
    field.account("Of Cy", field.south, lat=42.03 + 40 * METRE)
    field.account("Far", field.north, lat=42.03 + 300 * METRE)
    given = {"lat": 42.03 + 20 * METRE, "lng": -93.62, "accuracyM": 60.0, "id": str(new_id())}
    told = Client(field.ana)(CHECK_IN, v=str(visit.pk), i=given)["checkIn"]["checkIn"]
    assert told == {"verdict": "unsure", "dwellSeconds": None, "candidates": [{"name": "Across"}]}


@pytest.mark.parametrize(
    ("fixes", "code", "named"),
    [
        ("north", "BAD_VALUE", "fixes"),
        ([1], "BAD_VALUE", "fixes"),
        ([{"lat": 1.0, "lng": 1.0}], "REQUIRED", "at"),
        ([{"lat": 91.0, "lng": 1.0, "at": NOON.isoformat()}], "IMPOSSIBLE_COORDINATE", "lat"),
        ([{"lat": 1.0, "lng": 1.0, "at": NOON.isoformat(), "speed": 3}], "UNKNOWN_FIELD", "speed"),
        ([{"lat": 1.0, "lng": 1.0, "at": NOON.isoformat()}] * 301, "TOO_MANY", "fixes"),
    ],
)
def test_a_trail_that_is_none_is_refused(
    field: World, phone: Phone, visit: Visit, fixes: Any, code: str, named: str
) -> None:
    ana = phone(field.ana)
    ana.pull()
    args = {"checkInId": str(new_id()), **fix(20, 90), "fixes": fixes}
    [answer] = ana.push(ana.mutation("visit.checkIn", visit.pk, args=args)).results
    assert (answer.status, answer.code) == (Status.REJECTED, code)
    assert named in (answer.fields or {})
