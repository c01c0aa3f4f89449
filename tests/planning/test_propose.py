"""Ana's Monday is proposed: due shops in a good order, within her hours, and a reason for each one left out."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.crm.models import AccountSales, Opportunity, Pipeline, Stage
from backend.field.models import Absence, Visit, WorkingHours
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Conflict, DomainError, Invalid, NotFound
from backend.planning.actions import propose_day
from backend.planning.models import PlanDrop, PlanStop, VisitPlan
from backend.planning.queries import plan_for, plans
from tests.planning.story import MONDAY, SUNDAY_EVENING, Story, actor, begin

NINE = datetime(2027, 6, 7, 14, 0, tzinfo=UTC)


def propose(story: Story, who: User | None = None, day: date = MONDAY, rep: User | None = None) -> VisitPlan:
    return propose_day(actor=actor(who or story.ana), rep=rep or story.ana, day=day)


def names(plan: VisitPlan) -> list[str]:
    return [stop.account.name for stop in plan.stops.select_related("account").order_by("position")]


def drop(plan: VisitPlan) -> PlanDrop:
    return plan.drops.select_related("account").get()


def test_due_shops_are_visited_in_a_round_within_the_hours(story: Story) -> None:
    story.shop("Far", east=0.2)
    story.shop("Near", east=0.1)
    story.shop("Seen last week", east=0.15, seen=SUNDAY_EVENING - timedelta(days=7))
    story.shop("Without a call cycle", east=0.15, tier="C")
    plan = propose(story)
    assert sorted(names(plan)) == ["Far", "Near"]
    first, second = plan.stops.order_by("position")
    assert first.arrival >= NINE
    assert second.arrival > first.planned_end == first.planned_start + timedelta(minutes=30)
    assert NINE <= plan.leave_at <= plan.back_at <= NINE + timedelta(hours=8)
    assert plan.figures == {
        "prize": 100.0,
        "stops": 2,
        "dropped": 0,
        "passedOver": 0,
        "travelSeconds": plan.figures["travelSeconds"],
        "serviceSeconds": 3600,
        "waitSeconds": 0,
        "iterations": plan.figures["iterations"],
        "engine": "pyvrp",
        "travelTimes": "great-circle",
        "travelProfile": "default",
        "travelFellBack": "",
        "travelEstimatedPlaces": 0,
        "duePrize": 100,
        "coverage": 1.0,
        "overdueLeft": 0,
        "travelMinutesPerVisit": round(plan.figures["travelSeconds"] / 120, 1),
    }
    # Sixteen kilometres out and back take about an hour with the caution of the estimate.
    assert 3000 <= plan.figures["travelSeconds"] <= 4800
    assert not Visit.objects.filter(state="planned").exists(), "a proposal reaches no calendar"


def test_each_stop_says_why(story: Story) -> None:
    shop = story.shop("Joe's Deli", seen=SUNDAY_EVENING - timedelta(days=19))
    line = Pipeline.objects.create(org=story.org, name="Sales")
    stage = Stage.objects.create(org=story.org, pipeline=line, name="Proposal", position=1, probability=60)
    Opportunity.objects.create(
        org=story.org, account=shop, owner=story.ana, name="Case", pipeline=line, stage=stage, amount=Decimal(12400)
    )
    AccountSales.objects.create(account=shop, org=story.org, as_of=MONDAY, amount_12m=Decimal(1_500_000), orders_12m=9)
    story.shop("New Deli", tier="B", seen=None, boost=5)
    whys = {
        stop.account.name: stop.why for stop in PlanStop.objects.filter(plan=propose(story)).select_related("account")
    }
    assert whys == {
        "Joe's Deli": "due 6 days ago, tier A, $1.5M a year, open deal $12k",
        "New Deli": "never visited, tier B, raised by hand",
    }


def test_a_shop_is_visited_while_it_is_open_and_is_left_before_it_closes(story: Story) -> None:
    story.shop("Lunch", east=0.01, visit_windows=[{"weekday": 1, "from": "12:00", "to": "12:30"}])
    (stop,) = propose(story).stops.all()
    assert stop.planned_start == NINE + timedelta(hours=3)
    assert stop.wait_seconds == 0, "Ana sets out later instead of waiting at the door"


@pytest.mark.parametrize(
    ("windows", "detail"),
    [
        ([{"weekday": 2, "from": "09:00", "to": "17:00"}], "Closed on that day."),
        (
            [{"weekday": 1, "from": "06:00", "to": "08:30"}],
            "Even on an empty day the opening hours and the way there and back do not meet the working hours.",
        ),
    ],
)
def test_a_shop_that_is_shut_is_left_out_as_such(story: Story, windows: list[object], detail: str) -> None:
    story.shop("Shut", visit_windows=windows)
    left_out = drop(propose(story))
    assert (left_out.account.name, left_out.reason, left_out.detail) == ("Shut", "NO_WINDOW_FITS", detail)


def test_a_visit_that_cannot_be_over_before_the_doors_close_is_not_begun(story: Story) -> None:
    story.shop("Quick", east=0.01, visit_windows=[{"weekday": 1, "from": "12:00", "to": "12:29"}])
    assert drop(propose(story)).reason == "NO_WINDOW_FITS"


def test_a_shop_that_nobody_can_find_is_left_out_as_such(story: Story) -> None:
    story.shop("Somewhere", located=False)
    left_out = drop(propose(story))
    assert (left_out.reason, left_out.prize) == ("NO_COORDINATES", 50)


def test_a_full_day_names_what_would_have_to_go(story: Story) -> None:
    big = story.shop("Big", service_minutes=420)
    story.shop("Small", tier="B", seen=SUNDAY_EVENING - timedelta(days=30), service_minutes=90)
    plan = propose(story)
    left_out = drop(plan)
    assert names(plan) == ["Big"]
    assert (left_out.account.name, left_out.reason, left_out.displaced_by) == ("Small", "DAY_FULL", [big.pk])
    assert left_out.detail == "Day full: it is worth 28, and would take the place of Big, worth 50."


def test_an_appointment_stays_where_it_is_and_the_rest_goes_around_it(story: Story) -> None:
    meeting = story.visit(story.shop("Meeting", east=0.1), story.ana, NINE + timedelta(hours=2), minutes=60)
    story.shop("Deli", east=0.1)
    stops = list(propose(story).stops.select_related("account").order_by("position"))
    fixed = next(stop for stop in stops if stop.fixed)
    other = next(stop for stop in stops if not stop.fixed)
    assert (fixed.visit, fixed.planned_start, fixed.planned_end) == (
        meeting,
        meeting.planned_start,
        meeting.planned_end,
    )
    assert other.account.name == "Deli"
    assert other.planned_end <= fixed.planned_start or other.planned_start >= fixed.planned_end


def test_an_appointment_outranks_any_shop(story: Story) -> None:
    meeting = story.shop("Meeting", east=0.05)
    story.visit(meeting, story.ana, NINE + timedelta(hours=4))
    story.shop("Big", service_minutes=300)
    plan = propose(story)
    assert names(plan) == ["Meeting"]
    assert drop(plan).detail == "Day full: there is room only in place of Meeting, and an appointment stays."


def test_the_way_to_an_appointment_is_counted(story: Story) -> None:
    start = NINE + timedelta(hours=4)
    story.visit(story.shop("Far meeting", east=0.1), story.ana, start)
    story.visit(story.shop("Nobody knows where", located=False), story.ana, start + timedelta(hours=2))
    plan = propose(story)
    assert timedelta(minutes=10) < start - plan.leave_at < timedelta(minutes=30)
    assert [stop.why for stop in plan.stops.order_by("position")] == [
        "appointment",
        "appointment, at a place nobody knows",
    ]


def test_of_two_appointments_at_one_time_one_is_named_as_clashing(story: Story) -> None:
    for name in ("Here", "There"):
        story.visit(story.shop(name, east=0.05), story.ana, NINE + timedelta(hours=2), minutes=60)
    plan = propose(story)
    left_out = drop(plan)
    assert left_out.detail == f"The appointment clashes with {names(plan)[0]}."


def test_the_same_evening_gives_the_same_plan(story: Story) -> None:
    for number in range(12):
        story.shop(f"Shop {number}", east=0.02 * number, service_minutes=60)
    first, again = propose(story), propose(story, story.ben)
    assert names(first) == names(again)
    assert first.figures == again.figures
    assert len(names(first)) + first.drops.count() == 12


def test_the_day_is_planned_in_a_fixed_number_of_queries(story: Story) -> None:
    counts = []
    for shops in (1, 2):
        for number in range(shops):
            story.shop(f"Shop {shops}.{number}", east=0.01)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            propose(story)
        counts.append(len(queries))
    assert counts == [16, 16]


def test_half_a_day_is_planned_from_now_on(story: Story) -> None:
    story.shop("Deli", east=0.05)
    with clock.moved_to(NINE + timedelta(hours=3, minutes=3)):
        plan = propose(story)
    assert plan.leave_at == NINE + timedelta(hours=3, minutes=15)


def test_a_visit_under_way_is_finished_first_and_the_way_goes_on_from_there(story: Story) -> None:
    under_way = story.visit(
        story.shop("Under way", east=0.2), story.ana, NINE, state="in_progress", started_at=NINE + timedelta(minutes=10)
    )
    story.shop("Next door", east=0.2)
    with clock.moved_to(NINE + timedelta(minutes=20)):
        (stop,) = propose(story).stops.select_related("account")
    assert stop.account.name == "Next door"
    assert stop.arrival == under_way.planned_start + timedelta(minutes=45), (
        "begun ten past, thirty minutes, next quarter"
    )


def test_ben_plans_for_ana_and_dee_for_everybody(story: Story) -> None:
    story.shop("Deli")
    assert [names(propose(story, who)) for who in (story.ben, story.dee)] == [["Deli"], ["Deli"]]


@pytest.mark.parametrize("stranger", ["cy", "dan", "pat"])
def test_for_others_ana_does_not_exist(story: Story, stranger: str) -> None:
    who = getattr(story, stranger)
    plan = propose(story)
    with pytest.raises(NotFound) as refusal:
        propose(story, who)
    assert refusal.value.code == "USER_NOT_FOUND"
    assert VisitPlan.objects.count() == 1
    assert not plans(actor(who)).exists()
    with pytest.raises(NotFound) as unseen:
        plan_for(actor(who), plan.pk)
    assert unseen.value.code == "PLAN_NOT_FOUND"


def test_cy_never_sees_a_shop_of_anas_in_his_own_day(story: Story) -> None:
    story.shop("Ana's")
    story.shop("Cy's", where=story.south)
    assert names(propose(story, story.cy, rep=story.cy)) == ["Cy's"]


def test_another_org_has_no_plans_of_ours(story: Story) -> None:
    plan, elsewhere = propose(story), begin()
    for who in (elsewhere.dee, elsewhere.ben):
        with pytest.raises(NotFound):
            plan_for(actor(who), plan.pk)


def absent(story: Story) -> None:
    Absence.objects.create(org=story.org, user=story.ana, first_day=MONDAY, last_day=MONDAY + timedelta(days=4))


def no_hours(story: Story) -> None:
    WorkingHours.objects.filter(user=story.ana, weekday=1).delete()


def homeless(story: Story) -> None:
    story.ana.start_lat = None


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [(absent, "REP_ABSENT", "day"), (no_hours, "NO_WORKING_HOURS", "day"), (homeless, "START_UNKNOWN", "repId")],
)
def test_a_day_that_cannot_be_worked_is_refused(story: Story, change: object, code: str, field: str) -> None:
    story.shop("Deli")
    change(story)  # type: ignore[operator]
    with pytest.raises(Conflict) as refusal:
        propose(story)
    assert (refusal.value.code, list(refusal.value.fields)) == (code, [field])
    assert not VisitPlan.objects.exists()


@pytest.mark.parametrize(
    ("day", "kind", "code"),
    [
        (MONDAY - timedelta(days=2), Invalid, "DAY_PAST"),
        (MONDAY + timedelta(days=400), Invalid, "DAY_FAR"),
        (MONDAY - timedelta(days=1), Conflict, "NO_WORKING_HOURS"),
    ],
)
def test_a_day_that_is_none_is_refused(story: Story, day: date, kind: type[DomainError], code: str) -> None:
    with pytest.raises(kind) as refusal:
        propose(story, day=day)
    assert (refusal.value.code, list(refusal.value.fields)) == (code, ["day"])


def test_after_hours_nothing_is_left_to_plan(story: Story) -> None:
    with clock.moved_to(NINE + timedelta(hours=8)), pytest.raises(Conflict) as refusal:
        propose(story)
    assert refusal.value.code == "DAY_OVER"


def test_a_seed_that_is_none_is_refused(story: Story) -> None:
    with pytest.raises(Invalid) as refusal:
        propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY, seed=-1)
    assert refusal.value.code == "SEED_INVALID"


def test_hours_follow_the_wall_clock_when_summer_time_begins(story: Story) -> None:
    sunday = date(2028, 3, 12)
    WorkingHours.objects.create(org=story.org, user=story.ana, weekday=7, start="01:00", end="09:00")
    story.shop("Early", visit_windows=[{"weekday": 7, "from": "05:00", "to": "05:30"}])
    with clock.moved_to(datetime(2028, 3, 11, 18, 0, tzinfo=UTC)):
        (stop,) = propose(story, day=sunday).stops.all()
    assert stop.planned_start == datetime(2028, 3, 12, 10, 0, tzinfo=UTC)
