"""Ben and Ana put their hands on a proposal; each change is timed anew, and what does not fit is refused by name."""

from datetime import timedelta
from itertools import pairwise

import pytest

from backend.crm.models import Account
from backend.field.models import Visit, WorkingHours
from backend.kit import clock
from backend.kit.errors import Conflict, DomainError, NotFound
from backend.kit.geo import LatLng
from backend.planning import tasks
from backend.planning.actions import propose_day, replan_from_here
from backend.planning.comparing import compare_plans, compare_runs
from backend.planning.editing import add_stop, lock_stop, move_stop, pin_account, remove_stop
from backend.planning.models import DayFigures, PlanDrop, PlanRun, PlanStop, RunScope, VisitPlan
from backend.planning.publishing import accept_plan, publish_part
from backend.planning.runs import RunOptions, propose_week
from backend.territories.models import UserTerritory
from tests.jobs.now import run_waiting
from tests.planning.story import HOME, LONG_AGO, MONDAY, SUNDAY_EVENING, Story, actor

NINE = SUNDAY_EVENING + timedelta(hours=15)


@pytest.fixture
def shops(story: Story) -> list[Account]:
    return [story.shop(f"Shop {number}", east=0.03 * number) for number in (1, 2, 3)]


def propose(story: Story, based_on: VisitPlan | None = None) -> VisitPlan:
    return propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY, based_on=based_on)


def names(plan: VisitPlan) -> list[str]:
    return [stop.account.name for stop in plan.stops.select_related("account").order_by("position")]


def week(story: Story, options: RunOptions | None = None) -> PlanRun:
    run = propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY, options=options)
    run_waiting()
    run.refresh_from_db()
    return run


@pytest.fixture(autouse=True)
def _short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "ITERATIONS_A_DAY", 20)


def test_a_stop_moved_within_the_day_is_timed_anew(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    before = names(plan)
    travel = plan.figures["travelSeconds"]
    plan = move_stop(actor=actor(story.ben), plan=plan, account_id=plan.stops.get(position=0).account_id, position=1)
    assert names(plan) == [before[1], before[0], before[2]]
    stops = list(plan.stops.order_by("position"))
    assert all(later.arrival > one.planned_end for one, later in pairwise(stops))
    plan.refresh_from_db()
    assert plan.figures["travelSeconds"] > travel, "a worse order has a longer way"
    assert DayFigures.objects.get(plan=plan).travel_seconds == plan.figures["travelSeconds"]
    assert (plan.figures["prize"], plan.edited_at) == (150.0, SUNDAY_EVENING)


def test_a_stop_taken_out_stands_among_those_left_out_and_comes_back_when_put_in(
    story: Story, shops: list[Account]
) -> None:
    plan = propose(story)
    before = list(plan.stops.order_by("position").values_list("account_id", "planned_start"))
    remove_stop(actor=actor(story.ana), plan=plan, account_id=shops[1].pk)
    plan.refresh_from_db()
    assert names(plan) == ["Shop 1", "Shop 3"] or names(plan) == ["Shop 3", "Shop 1"]
    assert [(drop.account.name, drop.reason) for drop in plan.drops.select_related("account")] == [
        ("Shop 2", "REMOVED")
    ]
    assert (plan.figures["stops"], plan.figures["coverage"], plan.figures["overdueLeft"]) == (2, 0.6667, 1)
    add_stop(actor=actor(story.ana), plan=plan, account_id=shops[1].pk)
    plan.refresh_from_db()
    assert list(plan.stops.order_by("position").values_list("account_id", "planned_start")) == before
    assert (plan.figures["coverage"], plan.drops.count()) == (1.0, 0)


def test_what_was_said_by_hand_holds_in_the_next_search(story: Story, shops: list[Account]) -> None:
    dinner = story.shop("Big dinner", service_minutes=400, boost=900)
    plan = propose(story)
    assert "Shop 2" not in names(plan)
    remove_stop(actor=actor(story.ana), plan=plan, account_id=dinner.pk)
    pin_account(actor=actor(story.ana), plan=plan, account_id=shops[1].pk)
    again = propose(story, based_on=plan)
    assert sorted(names(again)) == ["Shop 1", "Shop 2", "Shop 3"]
    assert again.stops.get(account=shops[1]).pinned
    assert [drop.reason for drop in again.drops.filter(account=dinner)] == ["REMOVED"]
    lock_stop(actor=actor(story.ana), plan=again, account_id=shops[2].pk)
    kept = again.stops.get(account=shops[2]).planned_start
    story.shop("Nearer", east=0.01)
    third = propose(story, based_on=again)
    stop = third.stops.get(account=shops[2])
    assert (stop.locked, stop.planned_start, len(names(third))) == (True, kept, 4)


def test_a_stop_that_is_closed_then_is_refused_with_what_breaks(story: Story, shops: list[Account]) -> None:
    early = story.shop("Early", east=0.01, visit_windows=[{"weekday": 1, "from": "09:00", "to": "09:45"}])
    plan = propose(story)
    assert names(plan)[0] == "Early"
    with pytest.raises(Conflict) as refusal:
        move_stop(actor=actor(story.ana), plan=plan, account_id=early.pk, position=3)
    assert refusal.value.code == "STOP_DOES_NOT_FIT"
    assert refusal.value.fields == {
        "stops[3]": "it would be reached after its doors close, or after its fixed time",
        "breaks": "WINDOW_MISSED",
    }
    assert names(plan)[0] == "Early", "a refused change changes nothing"


def test_a_day_too_long_is_refused_with_what_breaks(story: Story, shops: list[Account]) -> None:
    long = story.shop("Long", service_minutes=420, seen=SUNDAY_EVENING)
    with pytest.raises(Conflict) as refusal:
        add_stop(actor=actor(story.ana), plan=propose(story), account_id=long.pk)
    assert refusal.value.fields == {"stops": "the working hours end before the rep is back", "breaks": "SHIFT_OVERRUN"}


def test_appointments_locks_and_pins_stay(story: Story, shops: list[Account]) -> None:
    meeting = story.shop("Meeting")
    story.visit(meeting, story.ana, NINE + timedelta(hours=2))
    plan = propose(story)
    lock_stop(actor=actor(story.ana), plan=plan, account_id=shops[0].pk)
    pin_account(actor=actor(story.ana), plan=plan, account_id=shops[1].pk)
    ana = actor(story.ana)
    refused = {}
    for name, account in (("meeting", meeting), ("locked", shops[0]), ("pinned", shops[1])):
        for verb, act in (("move", move_stop), ("remove", remove_stop)):
            try:
                act(actor=ana, plan=plan, account_id=account.pk)
            except DomainError as refusal:
                refused[name, verb] = refusal.code
    assert refused == {
        ("meeting", "move"): "IS_APPOINTMENT",
        ("meeting", "remove"): "IS_APPOINTMENT",
        ("locked", "move"): "STOP_LOCKED",
        ("locked", "remove"): "STOP_LOCKED",
        ("pinned", "remove"): "STOP_PINNED",
    }


def test_strangers_change_nothing_and_a_published_plan_is_not_changed(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    for stranger in (story.cy, story.dan, story.pat):
        for act in (lock_stop, pin_account, remove_stop, add_stop, move_stop):
            with pytest.raises(NotFound):
                act(actor=actor(stranger), plan=plan, account_id=shops[0].pk)
    accept_plan(actor=actor(story.ana), plan=plan)
    with pytest.raises(Conflict) as refusal:
        remove_stop(actor=actor(story.ana), plan=plan, account_id=shops[0].pk)
    assert refusal.value.code == "PLAN_SETTLED"


def test_who_is_not_in_the_plan_cannot_be_changed(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    theirs = story.shop("Cy's", where=story.south)
    for act in (lock_stop, pin_account, remove_stop, move_stop, add_stop):
        with pytest.raises(NotFound):
            act(actor=actor(story.ana), plan=plan, account_id=theirs.pk)
    with pytest.raises(Conflict) as refusal:
        add_stop(actor=actor(story.ana), plan=plan, account_id=shops[0].pk)
    assert refusal.value.code == "ALREADY_IN_PLAN"


def test_a_stop_goes_to_another_day_of_the_week_and_is_published_there(story: Story, shops: list[Account]) -> None:
    run = week(story)
    stop = PlanStop.objects.select_related("plan").get(account=shops[0])
    friday = VisitPlan.objects.get(part__run=run, day=MONDAY + timedelta(days=4))
    goal = move_stop(actor=actor(story.ben), plan=stop.plan, account_id=shops[0].pk, to=friday)
    assert names(goal) == ["Shop 1"]
    assert "Shop 1" not in names(stop.plan)
    run.refresh_from_db()
    assert (run.figures["stops"], run.figures["coverage"]) == (3, 1.0)
    publish_part(actor=actor(story.ana), part=run.parts.get())
    assert Visit.objects.get(account=shops[0], state="planned").planned_start.date() == MONDAY + timedelta(days=4)


def test_a_stop_goes_to_another_rep_who_covers_it_and_to_no_other(story: Story, shops: list[Account]) -> None:
    story.cy.manager = story.ben
    story.cy.save()
    run = propose_week(actor=actor(story.ben), scope=RunScope.TEAM, leader=story.ben, first_day=MONDAY)
    run_waiting()
    plan = PlanStop.objects.select_related("plan").get(account=shops[0]).plan
    goal = VisitPlan.objects.get(part__run=run, day=MONDAY, part__rep=story.cy)
    with pytest.raises(Conflict) as refusal:
        move_stop(actor=actor(story.ben), plan=plan, account_id=shops[0].pk, to=goal)
    assert refusal.value.fields == {"stops[0]": "the rep does not cover the account, or a visit is planned already"}
    UserTerritory.objects.create(org=story.org, user=story.cy, territory=story.north, valid_from=LONG_AGO)
    move_stop(actor=actor(story.ben), plan=plan, account_id=shops[0].pk, to=goal)
    assert names(goal) == ["Shop 1"]
    other = propose(story)
    with pytest.raises(DomainError) as elsewhere:
        move_stop(actor=actor(story.ben), plan=goal, account_id=shops[0].pk, to=other)
    assert elsewhere.value.code in ("OTHER_RUN", "STOP_NOT_FOUND")


def test_two_plans_are_compared(story: Story, shops: list[Account]) -> None:
    first = propose(story)
    remove_stop(actor=actor(story.ana), plan=first, account_id=shops[2].pk)
    second = propose(story, based_on=first)
    new = story.shop("New", east=0.1)
    add_stop(actor=actor(story.ana), plan=second, account_id=new.pk, position=0)
    first.refresh_from_db()
    second.refresh_from_db()
    found = compare_plans(first, second)
    assert [one.account_id for one in found.gained] == [new.pk]
    assert found.lost == ()
    assert {one.account_id for one in found.moved} == {shops[0].pk, shops[1].pk}
    assert (found.kept, found.before["stops"], found.after["stops"]) == (0, 2, 3)
    back = compare_plans(second, first)
    assert ([one.account_id for one in back.lost], back.gained) == ([new.pk], ())


def test_two_weeks_are_compared(story: Story, shops: list[Account]) -> None:
    first = week(story)
    same = compare_runs(first, first)
    assert (same.gained, same.lost, same.moved, same.kept) == ((), (), (), 3)
    remove_stop(actor=actor(story.ana), plan=PlanStop.objects.get(account=shops[0]).plan, account_id=shops[0].pk)
    second = week(story, RunOptions(based_on=first))
    assert not PlanStop.objects.filter(plan__part__run=second, account=shops[0]).exists()
    assert PlanDrop.objects.get(part__run=second, account=shops[0]).reason == "REMOVED"


def test_what_is_left_of_the_day_is_planned_from_here_and_the_visit_under_way_stays(
    story: Story, shops: list[Account]
) -> None:
    visits = accept_plan(actor=actor(story.ana), plan=propose(story))
    under_way, *rest = visits
    noon = NINE + timedelta(hours=3)
    Visit.objects.filter(pk=under_way.pk).update(state="in_progress", started_at=noon - timedelta(minutes=10))
    with clock.moved_to(noon):
        here = LatLng(HOME[0], HOME[1] + 0.2)
        plan = replan_from_here(actor=actor(story.ana), rep=story.ana, here=here)
        assert {stop.visit_id for stop in plan.stops.all()} == {visit.pk for visit in rest}
        assert plan.leave_at >= noon
        with pytest.raises(Conflict) as refusal:
            accept_plan(actor=actor(story.ana), plan=plan)
        assert (refusal.value.code, refusal.value.fields) == (
            "REPLACES_VISITS",
            {"replace": "moves 2, gives up 0"},
        )
        again = accept_plan(actor=actor(story.ana), plan=plan, replace=True)
    assert {visit.pk for visit in again} == {visit.pk for visit in rest}
    assert min(visit.planned_start for visit in again) >= noon
    before = under_way.planned_start
    under_way.refresh_from_db()
    assert (under_way.planned_start, under_way.state) == (before, "in_progress")


def test_a_visit_begun_early_leaves_its_planned_time_to_others(story: Story, shops: list[Account]) -> None:
    *others, last = accept_plan(actor=actor(story.ana), plan=propose(story))
    early = others[0].planned_start - timedelta(minutes=30)
    Visit.objects.filter(pk=last.pk).update(state="in_progress", started_at=early)
    with clock.moved_to(early):
        plan = replan_from_here(actor=actor(story.ana), rep=story.ana, here=LatLng(*HOME))
        crossing = plan.stops.filter(planned_start__lt=last.planned_end, planned_end__gt=last.planned_start)
        assert crossing.exists()
        again = accept_plan(actor=actor(story.ana), plan=plan, replace=True)
    assert {visit.pk for visit in again} == {visit.pk for visit in others}


def test_what_no_longer_fits_into_the_rest_of_the_day_is_given_up_with_a_reason(
    story: Story, shops: list[Account]
) -> None:
    accept_plan(actor=actor(story.ana), plan=propose(story))
    WorkingHours.objects.filter(user=story.ana).update(end="15:15")
    with clock.moved_to(NINE + timedelta(hours=5)):
        here = LatLng(HOME[0], HOME[1])
        plan = replan_from_here(actor=actor(story.ana), rep=story.ana, here=here)
        assert (plan.stops.count(), plan.drops.count()) == (1, 2)
        accept_plan(actor=actor(story.ben), plan=plan, replace=True)
    given_up = Visit.objects.filter(state="cancelled")
    assert {visit.reason for visit in given_up} == {"Given up when the day was planned anew."}
    assert given_up.count() == 2


def test_a_visit_begun_meanwhile_makes_the_new_order_stale(story: Story, shops: list[Account]) -> None:
    visits = accept_plan(actor=actor(story.ana), plan=propose(story))
    with clock.moved_to(NINE + timedelta(minutes=30)):
        plan = replan_from_here(actor=actor(story.ana), rep=story.ana, here=LatLng(HOME[0], HOME[1]))
        Visit.objects.filter(pk=visits[1].pk).update(state="en_route")
        with pytest.raises(Conflict) as refusal:
            accept_plan(actor=actor(story.ana), plan=plan, replace=True)
    stop = plan.stops.get(visit=visits[1])
    assert refusal.value.fields == {f"stops[{stop.position}]": "its visit was begun, or given up"}
