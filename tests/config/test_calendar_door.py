"""Ana's calendar in other programs: hers and nobody else's, whole, and gone the moment she says so."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import recurring_ical_events
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from backend.config.calendar_door import MOST, SPAN, Rate, calendar_door
from backend.crm.models import Address
from backend.field import appointments, calendar, feeds, ical
from backend.field.appointments import Reach
from backend.field.models import CalendarFeed, Visit
from backend.kit import clock
from backend.territories.actions import place_account
from tests.factories.world import World, acting
from tests.here import on_this_connection
from tests.schema.conftest import Client

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = date(2027, 3, 8)
NOW = datetime(2027, 3, 5, 12, tzinfo=UTC)
Get = Callable[..., httpx.Response]


@pytest.fixture
def get() -> Get:
    """Asks the door for an address, with headers."""
    rate = Rate()

    def ask(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def asked() -> httpx.Response:
            door = partial(calendar_door, run=on_this_connection, rate=rate)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=door), base_url="http://test") as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=named)

        # On the thread of the test, whose transaction nobody else sees.
        return async_to_sync(asked)()

    return ask


def address(field: World) -> str:
    return feeds.open_feed(actor=acting(field.ana)).path


def events(answer: httpx.Response) -> dict[str, Any]:
    """Returns the events of a calendar by summary, read as another program reads it."""
    assert answer.status_code == 200, answer.text
    found = Calendar.from_ical(answer.content)
    assert isinstance(found, Calendar)
    assert not any(event.errors for event in found.events)
    return {str(event["summary"]): event for event in found.events}


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), CHICAGO)


def meeting(field: World, **more: object) -> dict[str, object]:
    return {"title": "Team meeting", "starts_at": at(MONDAY, 9), "ends_at": at(MONDAY, 10), **more}


def test_visits_appointments_and_absences_are_read_back(field: World, get: Get) -> None:
    with clock.moved_to(NOW):
        store = field.account("Löwen & Söhne, Ames", field.north)
        Address.objects.filter(account=store).update(street="Main St 1; rear", city="Ames")
        visit = field.visit(store, start=at(MONDAY, 13))
        off = field.visit(field.account("Corner", field.north), start=at(MONDAY, 15))
        Visit.objects.filter(pk=off.pk).update(state="cancelled", reason="closed")
        ana = acting(field.ana)
        appointments.make(
            actor=ana, user=field.ana, fields=meeting(field, private=True, notes="a\nb", lat=1.5, lng=2.5)
        )
        calendar.add_absence(
            actor=ana, user=field.ana, first_day=MONDAY, last_day=MONDAY + timedelta(2), reason="Holiday"
        )
        calendar.add_absence(
            actor=ana,
            user=field.ana,
            first_day=MONDAY,
            last_day=MONDAY + timedelta(1),
            starts=time(14),
            ends=time(15),
        )
        answer = get(address(field))
        found = events(answer)
    assert set(found) == {"Visit: Löwen & Söhne, Ames", "Visit: Corner", "Team meeting", "Holiday", "Away"}
    seen = found["Visit: Löwen & Söhne, Ames"]
    assert (seen.start, seen.end) == (visit.planned_start, visit.planned_end)
    assert (str(seen["uid"]), seen["sequence"], str(seen["status"])) == (f"visit-{visit.pk}@fieldbeat", 0, "CONFIRMED")
    assert str(seen["location"]) == "Main St 1; rear, Ames"
    assert (str(found["Visit: Corner"]["status"]), found["Visit: Corner"]["sequence"]) == ("CANCELLED", 1)
    doctor = found["Team meeting"]
    assert (str(doctor["class"]), str(doctor["description"])) == ("PRIVATE", "a\nb")
    assert doctor["dtstart"].params["TZID"] == "America/Chicago"
    assert (found["Holiday"].start, found["Holiday"].end) == (MONDAY, MONDAY + timedelta(3))
    assert found["Away"]["rrule"]["count"] == [2]
    zones = [str(zone["tzid"]) for zone in Calendar.from_ical(answer.content).walk("VTIMEZONE")]
    assert zones == ["America/Chicago"]
    assert answer.headers["content-type"].startswith("text/calendar")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_a_series_with_one_moved_and_one_called_off_comes_as_we_say_it_does(field: World, get: Get) -> None:
    ana = acting(field.ana)
    with clock.moved_to(NOW):
        row = appointments.make(actor=ana, user=field.ana, fields=meeting(field, rrule="FREQ=WEEKLY;UNTIL=20270405"))
        weeks = [at(MONDAY + timedelta(weeks=number), 9) for number in range(4)]
        moved = {"starts_at": at(MONDAY + timedelta(8), 14), "title": "Elsewhere"}
        appointments.change(actor=ana, appointment=row, changes=moved, reach=Reach.THIS, at=weeks[1])
        appointments.call_off(actor=ana, appointment=row, reach=Reach.THIS, at=weeks[2])
        answer = get(address(field))
    found = events(answer)
    assert str(found["Elsewhere"]["uid"]) == str(found["Team meeting"]["uid"])
    read = recurring_ical_events.of(Calendar.from_ical(answer.content)).between(date(2027, 3, 1), date(2027, 5, 1))
    shown = sorted((one.start.astimezone(CHICAGO), str(one["summary"])) for one in read)
    # The clock is changed on 14 March, and nine stays nine.
    assert [(f"{start:%m-%d %H:%M}", name) for start, name in shown] == [
        ("03-08 09:00", "Team meeting"),
        ("03-16 14:00", "Elsewhere"),
        ("03-29 09:00", "Team meeting"),
        ("04-05 09:00", "Team meeting"),
    ]
    with clock.moved_to(NOW):
        appointments.call_off(actor=ana, appointment=row, reach=Reach.ALL)
        gone = events(get(address(field)))
    assert {name: str(event["status"]) for name, event in gone.items()} == {"Team meeting": "CANCELLED"}
    assert gone["Team meeting"]["sequence"] > found["Team meeting"]["sequence"]


def test_nothing_of_anybody_else_is_in_it(field: World, get: Get) -> None:
    with clock.moved_to(NOW):
        lost = field.account("Hilltop", field.north)
        field.visit(lost, start=at(MONDAY, 13))
        field.visit(field.account("Valley", field.south), field.cy, start=at(MONDAY, 13))
        for person in (field.cy, field.ben):
            appointments.make(actor=acting(person), user=person, fields=meeting(field, title=f"Of {person.username}"))
        place_account(actor=acting(field.dee), account=lost, territory=field.south)
        found = events(get(address(field)))
    # Ana's visit is hers, the name of the account is no longer.
    assert set(found) == {"Visit"}
    assert "location" not in found["Visit"]


def test_a_secret_that_is_revoked_replaced_or_of_somebody_gone_is_a_404(field: World, get: Get) -> None:
    first = address(field)
    second = address(field)
    unknown = get("/calendar.ics?token=guess")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "FEED_NOT_FOUND")
    assert (get(first).content, get(first).status_code) == (unknown.content, 404)
    assert get("/calendar.ics").status_code == 404
    assert get(second).status_code == 200
    field.ana.is_active = False
    field.ana.save()
    assert get(second).content == unknown.content
    field.ana.is_active = True
    field.ana.save()
    assert feeds.revoke_feed(actor=acting(field.ana))
    assert not feeds.revoke_feed(actor=acting(field.ana))
    assert get(second).content == unknown.content
    assert second.partition("token=")[2] not in str(list(CalendarFeed.objects.values()))


def test_what_has_not_changed_is_not_sent_again(field: World, get: Get) -> None:
    path = address(field)
    with clock.moved_to(NOW):
        field.visit(field.account("Hilltop", field.north), start=at(MONDAY, 13))
        first = get(path)
        etag, changed = first.headers["etag"], first.headers["last-modified"]
        assert first.headers["cache-control"] == "private, max-age=300"
        same = get(path, if_none_match=etag)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        assert get(path, if_modified_since=changed).status_code == 304
        assert get(path, if_modified_since="yesterday").status_code == 200
        head = get(path, method="HEAD")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
        assert get(path, method="POST").status_code == 405
        Visit.objects.update(purpose="New range")
        assert get(path, if_none_match=etag).status_code == 200


def test_a_program_that_asks_without_end_is_told_to_wait(field: World, get: Get) -> None:
    path = address(field)
    with clock.moved_to(NOW):
        assert [get(path).status_code for _ in range(MOST + 1)] == [200] * MOST + [429]
        assert get(path).headers["retry-after"] == "60"
        assert get("/calendar.ics?token=other").status_code == 404
    with clock.moved_to(NOW + SPAN):
        assert get(path).status_code == 200


def test_addresses_are_made_and_ended_through_graphql(field: World, get: Get) -> None:
    ana = Client(field.ana)
    made = ana("mutation { openCalendarFeed { path createdAt } }")["openCalendarFeed"]
    assert get(made["path"]).status_code == 200
    assert ana("{ calendarFeedSince }") == {"calendarFeedSince": made["createdAt"]}
    assert Client(field.ben)("{ calendarFeedSince }") == {"calendarFeedSince": None}
    assert Client(field.ben)("mutation { revokeCalendarFeed { revoked } }")["revokeCalendarFeed"] == {"revoked": False}
    assert get(made["path"]).status_code == 200
    assert ana("mutation { revokeCalendarFeed { revoked } }")["revokeCalendarFeed"] == {"revoked": True}
    assert get(made["path"]).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_a_calendar_takes_as_many_queries_for_three_rows_as_for_one(field: World, count: int) -> None:
    with clock.moved_to(NOW):
        for number in range(count):
            field.visit(field.account(f"Store {number}", field.north), start=at(MONDAY, 13))
            appointments.make(
                actor=acting(field.ana), user=field.ana, fields=meeting(field, rrule="FREQ=WEEKLY;COUNT=3")
            )
        with CaptureQueriesContext(connection) as captured:
            written = ical.calendar_of(field.ana, acting(field.ana))
    assert written.body.count(b"BEGIN:VEVENT") == 2 * count
    assert len(captured) == 5
