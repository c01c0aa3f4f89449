"""Ana's day is planned within what her calendar leaves: shifts, lunch, places, holidays."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from backend.field import appointments, calendar, org_calendar
from backend.field.calendar_rules import BreakHours, ShiftHours
from backend.kit.errors import Conflict
from backend.kit.geo import LatLng
from backend.planning.actions import propose_day
from backend.planning.models import VisitPlan
from backend.planning.publishing import accept_plan
from tests.planning.story import HOME, MONDAY, Story, actor

NOON = datetime(2027, 6, 7, 17, 0, tzinfo=UTC)
LUNCH = BreakHours(time(11, 30), time(13, 30), 60)


def propose(story: Story, day: date = MONDAY) -> VisitPlan:
    return propose_day(actor=actor(story.ana), rep=story.ana, day=day)


def set_monday(story: Story, *shifts: ShiftHours) -> None:
    calendar.set_day(actor=actor(story.ana), user=story.ana, weekday=1, shifts=shifts)


def test_an_hour_for_lunch_is_left_free(story: Story) -> None:
    set_monday(story, ShiftHours(time(9), time(17), breaks=(LUNCH,)))
    for number in range(14):
        story.shop(f"Shop {number}", east=0.01 * number)
    stops = list(propose(story).stops.order_by("position"))
    assert len(stops) > 9
    edges = [edge for one in stops for edge in (one.planned_start, one.planned_end)]
    within = [
        min(begins, NOON + timedelta(minutes=90)) - max(ends, NOON - timedelta(minutes=30))
        for ends, begins in zip(edges[1::2], edges[2::2], strict=False)
    ]
    assert max(within) >= timedelta(hours=1)


def test_a_day_of_two_shifts_is_planned_in_both_and_not_between(story: Story) -> None:
    set_monday(story, ShiftHours(time(9), time(11)), ShiftHours(time(15), time(17)))
    for number in range(6):
        story.shop(f"Shop {number}", east=0.01 * number)
    stops = list(propose(story).stops.order_by("position"))
    hours = [(one.planned_start, one.planned_end) for one in stops]
    eleven, three = NOON - timedelta(hours=1), NOON + timedelta(hours=3)
    assert all(end <= eleven or start >= three for start, end in hours)
    assert {end <= eleven for _, end in hours} == {True, False}


def test_a_shift_that_begins_and_ends_elsewhere_is_planned_from_there(story: Story) -> None:
    story.shop("At the depot", east=1.0)
    at_home = propose(story)
    depot = LatLng(HOME[0], HOME[1] + 1.0)
    set_monday(story, ShiftHours(time(9), time(17), start_place=depot, end_place=depot))
    at_depot = propose(story)
    assert at_home.figures["travelSeconds"] > 3600
    assert at_depot.figures["travelSeconds"] == 0


def test_no_day_is_planned_on_a_holiday_and_the_refusal_names_it(story: Story) -> None:
    story.shop("Corner")
    org_calendar.set_company_day(actor=actor(story.dee), day=MONDAY, name="Summer party")
    with pytest.raises(Conflict) as refused:
        propose(story)
    assert (refused.value.code, "Summer party" in str(refused.value)) == ("HOLIDAY", True)
    assert propose(story, MONDAY + timedelta(1)).stops.count() == 1


def test_the_day_leads_to_an_appointment_and_on_from_there(story: Story) -> None:
    for number in range(12):
        story.shop(f"Shop {number}", east=0.01 * number)
    dentist = {"lat": HOME[0], "lng": HOME[1] + 0.2}
    fields = {"title": "Dentist", "starts_at": NOON, "ends_at": NOON + timedelta(hours=1), **dentist}
    appointments.make(actor=actor(story.ana), user=story.ana, fields=fields)
    plan = propose(story)
    stops = list(plan.stops.order_by("position"))
    before = max(one.planned_end for one in stops if one.planned_start < NOON)
    after = min(one.planned_start for one in stops if one.planned_start >= NOON)
    # The dentist is 8 km or more from every shop: six minutes at eighty an hour.
    assert before <= NOON - timedelta(minutes=6)
    assert after >= NOON + timedelta(hours=1, minutes=6)


def test_a_plan_is_not_published_over_an_appointment_made_since(story: Story) -> None:
    story.shop("Corner")
    plan = propose(story)
    [stop] = plan.stops.all()
    fields = {"title": "Call", "starts_at": stop.planned_start, "ends_at": stop.planned_end}
    appointments.make(actor=actor(story.ana), user=story.ana, fields=fields)
    with pytest.raises(Conflict) as refused:
        accept_plan(actor=actor(story.ana), plan=plan)
    assert refused.value.fields == {"stops[0]": "the rep has an appointment at that time"}
    [moved] = propose(story).stops.all()
    assert moved.planned_start >= stop.planned_end


def test_an_absence_of_some_hours_leaves_the_rest_of_the_day(story: Story) -> None:
    story.shop("Corner")
    calendar.add_absence(
        actor=actor(story.ana), user=story.ana, first_day=MONDAY, last_day=MONDAY, starts=time(9), ends=time(13)
    )
    [stop] = propose(story).stops.all()
    assert stop.planned_start >= NOON + timedelta(hours=1)
