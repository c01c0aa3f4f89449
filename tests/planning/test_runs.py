"""Weeks and call cycles are planned by jobs: for Ana, for Ben's people, for the org."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models import Max
from django.test.utils import CaptureQueriesContext

from backend.field.models import Absence, CallCycle, Visit, WorkingHours
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from backend.planning import tasks
from backend.planning.editing import lock_stop
from backend.planning.models import DayFigures, PartState, PlanPart, PlanRun, PlanStop, RunScope, RunState, VisitPlan
from backend.planning.parts import Outcome, store
from backend.planning.publishing import publish_part
from backend.planning.queries import run_for, runs
from backend.planning.runs import RunOptions, cancel_run, propose_call_cycle, propose_week
from backend.territories.models import UserTerritory
from tests.jobs.now import run_waiting, waiting
from tests.planning.story import LONG_AGO, MONDAY, SUNDAY_EVENING, Story, actor

FRIDAY = MONDAY + timedelta(days=4)


@pytest.fixture(autouse=True)
def _short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "ITERATIONS_A_DAY", 20)


def week(story: Story, who: User | None = None, scope: RunScope = RunScope.REP, leader: User | None = None) -> PlanRun:
    run = propose_week(actor=actor(who or story.ana), scope=scope, leader=leader or story.ana, first_day=MONDAY)
    run_waiting()
    run.refresh_from_db()
    return run


def places(run: PlanRun) -> dict[str, list[date]]:
    """Returns shop -> the days on which the run goes there."""
    found: dict[str, list[date]] = {}
    for stop in PlanStop.objects.filter(plan__part__run=run).select_related("account", "plan").order_by("plan__day"):
        found.setdefault(stop.account.name, []).append(stop.plan.day)
    return found


def test_a_week_is_five_days_at_once_and_each_shop_is_seen_once(story: Story) -> None:
    for number in range(12):
        story.shop(f"Shop {number}", east=0.02 * (number % 4), service_minutes=120)
    run = week(story)
    (part,) = run.parts.all()
    assert (run.state, run.done, run.total, part.state) == (RunState.DONE, 1, 1, PartState.READY)
    assert [plan.day for plan in part.plans.order_by("day")] == [MONDAY + timedelta(days=n) for n in range(5)]
    assert {name: len(days) for name, days in places(run).items()} == {f"Shop {number}": 1 for number in range(12)}
    assert max(Counter(day for (day,) in places(run).values()).values()) <= 4, "no day holds more than eight hours"
    assert (run.figures["stops"], run.figures["coverage"], run.figures["overdueLeft"]) == (12, 1.0, 0)
    assert not Visit.objects.filter(state="planned").exists(), "a proposal reaches no calendar"


def test_a_shop_that_falls_due_on_thursday_is_not_seen_before(story: Story) -> None:
    thursday = MONDAY + timedelta(days=3)
    story.shop("Overdue")
    seen = SUNDAY_EVENING + timedelta(days=4 - 14)
    story.shop("Thursday", east=0.01, seen=seen)
    story.shop("Next week", seen=SUNDAY_EVENING - timedelta(days=3))
    run = week(story)
    assert set(places(run)) == {"Overdue", "Thursday"}
    assert places(run)["Thursday"][0] >= thursday


def test_doors_open_on_their_own_weekdays(story: Story) -> None:
    story.shop("Wednesdays", visit_windows=[{"weekday": 3, "from": "09:00", "to": "12:00"}])
    story.shop("Saturdays", visit_windows=[{"weekday": 6, "from": "09:00", "to": "12:00"}])
    run = week(story)
    assert places(run) == {"Wednesdays": [MONDAY + timedelta(days=2)]}
    (drop,) = PlanPart.objects.get(run=run).drops.all()
    assert (drop.reason, drop.detail) == ("NO_WINDOW_FITS", "Closed on all of these days.")


def test_what_each_stop_says_is_true_on_its_day(story: Story) -> None:
    story.shop("Friday", visit_windows=[{"weekday": 5, "from": "09:00", "to": "12:00"}])
    run = week(story)
    assert PlanStop.objects.get(plan__part__run=run).why == "due 11 days ago, tier A"


def test_the_same_week_twice_is_the_same_week(story: Story) -> None:
    for number in range(20):
        story.shop(f"Shop {number}", east=0.013 * number, service_minutes=150)
    assert places(week(story)) == places(week(story))


def test_ben_plans_his_team_and_no_shop_is_given_to_two(story: Story) -> None:
    UserTerritory.objects.create(org=story.org, user=story.cy, territory=story.north, valid_from=LONG_AGO)
    User.objects.filter(pk=story.cy.pk).update(manager=story.ben)
    for number in range(8):
        story.shop(f"Shop {number}", east=0.01 * number)
    run = week(story, story.ben, RunScope.TEAM, story.ben)
    assert {part.rep for part in run.parts.all()} == {story.ana, story.cy}
    assert (run.state, run.done, run.total) == (RunState.DONE, 2, 2)
    assert sorted(len(days) for days in places(run).values()) == [1] * 8


def test_dee_plans_the_org_and_who_cannot_be_planned_is_told_by_name(story: Story) -> None:
    story.shop("Deli")
    WorkingHours.objects.filter(user=story.cy).delete()
    run = week(story, story.dee, RunScope.ORG, story.dee)
    states = {part.rep: (part.state, part.trouble.get("code")) for part in run.parts.all()}
    assert states == {story.ana: (PartState.READY, None), story.cy: (PartState.FAILED, "NO_WORKING_HOURS")}
    assert (run.state, run.done) == (RunState.DONE, 2)


def test_nobody_plans_for_strangers(story: Story) -> None:
    for stranger in (story.cy, story.dan, story.pat):
        with pytest.raises(NotFound):
            week(story, stranger)
    for scope, who, code in ((RunScope.TEAM, story.ana, "NOT_A_LEADER"), (RunScope.ORG, story.ben, "NOT_AN_ADMIN")):
        with pytest.raises(NotPermitted) as refusal:
            week(story, who, scope, who)
        assert refusal.value.code == code
    run = week(story)
    for stranger in (story.cy, story.dan, story.pat):
        assert not runs(actor(stranger)).exists()
        with pytest.raises(NotFound):
            run_for(actor(stranger), run.pk)
    assert run_for(actor(story.ben), run.pk) == run


def test_who_asks_for_too_much_is_told_to_cancel_something(story: Story) -> None:
    asked = [
        propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY) for _ in range(5)
    ]
    with pytest.raises(Conflict) as refusal:
        week(story)
    assert refusal.value.code == "TOO_MANY_RUNS"
    cancel_run(actor=actor(story.ana), run=asked[0])
    assert week(story).state == RunState.DONE


@pytest.mark.parametrize(
    ("first_day", "options", "field"),
    [
        (MONDAY - timedelta(days=1), RunOptions(), "firstDay"),
        (MONDAY, RunOptions(seed=-1), "seed"),
        (MONDAY, RunOptions(seconds=0.0), "seconds"),
        (MONDAY, RunOptions(seconds=601.0), "seconds"),
    ],
)
def test_odd_wishes_are_refused_by_name(story: Story, first_day: date, options: RunOptions, field: str) -> None:
    with clock.moved_to(SUNDAY_EVENING + timedelta(hours=7)), pytest.raises(Invalid) as refusal:
        propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=first_day, options=options)
    assert list(refusal.value.fields) == [field]
    assert waiting() == []


def test_a_cancelled_run_is_not_begun(story: Story) -> None:
    story.shop("Deli")
    run = propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY)
    with pytest.raises(NotPermitted):
        cancel_run(actor=actor(story.cy), run=run)
    for _ in range(2):
        run = cancel_run(actor=actor(story.ben), run=run)
    run_waiting()
    part = run.parts.get()
    assert (run.state, run.done, part.state, part.trouble["code"]) == (
        RunState.CANCELLED,
        1,
        PartState.FAILED,
        "CANCELLED",
    )
    assert not VisitPlan.objects.exists()


def test_cancelling_locks_in_the_order_of_the_jobs_so_that_neither_waits_for_the_other(story: Story) -> None:
    story.shop("Deli")
    run = propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY)
    with CaptureQueriesContext(connection) as asked:
        cancel_run(actor=actor(story.ana), run=run)
    locked = [one["sql"].split("FROM")[1].split()[0] for one in asked if "FOR UPDATE" in one["sql"]]
    assert locked == ['"planning_planpart"', '"planning_planrun"']


def test_a_run_cancelled_on_its_way_keeps_the_best_so_far(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        story.shop(f"Shop {number}", east=0.01 * number)
    run = propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY)

    def cancelling(*args: object, final: bool) -> None:
        store(*args, final=final)  # type: ignore[arg-type]
        if not final:
            cancel_run(actor=actor(story.ana), run=run)

    monkeypatch.setattr(tasks, "store", cancelling)
    run_waiting()
    run.refresh_from_db()
    assert (run.state, run.done, run.parts.get().state) == (RunState.CANCELLED, 1, PartState.READY)
    assert len(places(run)) == 5


def test_the_first_plan_stands_before_the_search_is_over(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.shop("Deli")
    seen: list[tuple[str, int, int]] = []

    def watched(origin: object, part: PlanPart, outcome: Outcome, *, final: bool) -> None:
        store(origin, part, outcome, final=final)  # type: ignore[arg-type]
        run = PlanRun.objects.get()
        seen.append((run.state, run.done, int(run.figures["stops"])))

    monkeypatch.setattr(tasks, "store", watched)
    week(story)
    assert (seen[0], seen[-1]) == (("running", 0, 1), ("done", 1, 1))


def test_a_job_that_is_done_twice_leaves_one_plan(story: Story) -> None:
    story.shop("Deli")
    run = week(story)
    before = set(VisitPlan.objects.values_list("pk", flat=True))
    part = run.parts.get()
    tasks.solve_part(part_id=part.pk)
    assert set(VisitPlan.objects.values_list("pk", flat=True)) == before, "what is ready is not made again"
    PlanPart.objects.update(state=PartState.RUNNING)
    PlanRun.objects.update(state=RunState.RUNNING, done=0)
    tasks.solve_part(part_id=part.pk)
    assert VisitPlan.objects.count() == 5, "and what was cut off is made anew in its place"
    assert PlanStop.objects.count() == 1


def cycle(story: Story) -> PlanRun:
    run = propose_call_cycle(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY)
    run_waiting()
    run.refresh_from_db()
    return run


def test_a_cycle_comes_round_as_often_as_the_tier_says_and_not_too_soon(story: Story) -> None:
    CallCycle.objects.filter(tier="A").update(interval_days=7)
    for number in range(6):
        story.shop(f"A {number}", east=0.01 * number, tier="A", service_minutes=60)
        story.shop(f"B {number}", east=0.02 * number, tier="B", service_minutes=60)
    run = cycle(story)
    assert run.parts.get().plans.count() == 20
    for name, days in places(run).items():
        if name.startswith("A"):
            assert len(days) in (4, 5), name
            assert min((later - day).days for day, later in pairwise(days)) >= 4, name
        else:
            assert len(days) == 1, name
    assert run.figures["stops"] == sum(len(days) for days in places(run).values())


def test_an_appointment_counts_for_the_round_it_is_near(story: Story) -> None:
    """The deli, seen every fortnight and on Mondays only, has an appointment on the second Wednesday."""
    deli = story.shop("Deli", visit_windows=[{"weekday": 1, "from": "09:00", "to": "12:00"}])
    story.visit(deli, story.ana, SUNDAY_EVENING + timedelta(days=9, hours=16))
    assert [(day - MONDAY).days for day in places(cycle(story))["Deli"]] == [0, 9, 21]


def test_hands_lock_two_rounds_of_one_shop_and_the_next_cycle_keeps_both(story: Story) -> None:
    CallCycle.objects.filter(tier="A").update(interval_days=7)
    deli = story.shop("Deli")
    first = cycle(story)
    kept = [stop.planned_start for stop in PlanStop.objects.filter(account=deli).order_by("planned_start")][:2]
    for stop in PlanStop.objects.filter(account=deli, planned_start__in=kept).select_related("plan"):
        lock_stop(actor=actor(story.ana), plan=stop.plan, account_id=deli.pk)
    for number in range(9):
        story.shop(f"Shop {number}", east=0.01 * number, service_minutes=240)
    second = propose_call_cycle(
        actor=actor(story.ana),
        scope=RunScope.REP,
        leader=story.ana,
        first_day=MONDAY,
        options=RunOptions(based_on=first),
    )
    run_waiting()
    stops = PlanStop.objects.filter(account=deli, plan__part__run=second).order_by("planned_start")
    assert [stop.planned_start for stop in stops if stop.locked] == kept
    assert len(stops) == 4


def test_a_cycle_planned_anew_moves_the_visits_it_made_and_gives_up_what_no_round_needs(story: Story) -> None:
    CallCycle.objects.filter(tier="A").update(interval_days=7)
    story.shop("Deli")
    publish_part(actor=actor(story.ana), part=cycle(story).parts.get())
    assert Visit.objects.filter(state="planned").count() == 4
    CallCycle.objects.filter(tier="A").update(interval_days=14)
    run = propose_call_cycle(
        actor=actor(story.ana),
        scope=RunScope.REP,
        leader=story.ana,
        first_day=MONDAY,
        options=RunOptions(replaces=True),
    )
    run_waiting()
    part = run.parts.get()
    assert {drop.reason for drop in part.drops.all()} == {"TOO_SOON"}
    publish_part(actor=actor(story.ana), part=part, replace=True)
    days = sorted(visit.planned_start.date() for visit in Visit.objects.filter(state="planned"))
    assert 2 <= len(days) <= 3
    assert min((later - day).days for day, later in pairwise(days)) >= 7


def test_nobody_is_planned_into_the_days_that_ana_is_away(story: Story) -> None:
    CallCycle.objects.filter(tier="A").update(interval_days=7)
    story.shop("Deli")
    second_week = MONDAY + timedelta(days=7)
    Absence.objects.create(
        org=story.org, user=story.ana, first_day=second_week, last_day=second_week + timedelta(days=4)
    )
    (days,) = places(cycle(story)).values()
    assert [(day - MONDAY).days // 7 for day in days] == [0, 2, 3]


def test_a_published_week_is_visits_and_publishing_again_adds_none(story: Story) -> None:
    for number in range(4):
        story.shop(f"Shop {number}", east=0.01 * number)
    part = week(story).parts.get()
    visits = publish_part(actor=actor(story.ben), part=part)
    assert publish_part(actor=actor(story.ana), part=part) == visits
    assert sorted(visit.account.name for visit in visits) == [f"Shop {number}" for number in range(4)]
    assert Visit.objects.filter(state="planned", source="plan").count() == 4
    part.refresh_from_db()
    assert part.state == PartState.PUBLISHED
    assert set(DayFigures.objects.values_list("published", flat=True)) == {True}


def test_a_cycle_is_published_whole(story: Story) -> None:
    CallCycle.objects.filter(tier="A").update(interval_days=7)
    story.shop("Deli")
    part = cycle(story).parts.get()
    visits = publish_part(actor=actor(story.ana), part=part)
    assert len(visits) in (4, 5)
    assert Visit.objects.aggregate(last=Max("planned_start"))["last"] > SUNDAY_EVENING + timedelta(days=20)


def test_a_stale_week_is_refused_whole_and_names_day_and_stop(story: Story) -> None:
    shops = [story.shop(f"Shop {number}", east=0.01 * number) for number in range(3)]
    part = week(story).parts.get()
    stop = PlanStop.objects.select_related("plan").get(account=shops[1])
    story.visit(shops[1], story.ben, SUNDAY_EVENING + timedelta(days=9))
    with pytest.raises(Conflict) as refusal:
        publish_part(actor=actor(story.ana), part=part)
    assert (refusal.value.code, refusal.value.fields) == (
        "PLAN_STALE",
        {f"{stop.plan.day}.stops[{stop.position}]": "a visit is planned already"},
    )
    assert Visit.objects.filter(source="plan").count() == 0


def test_what_has_no_plan_cannot_be_published(story: Story) -> None:
    run = propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY)
    with pytest.raises(Conflict) as refusal:
        publish_part(actor=actor(story.ana), part=run.parts.get())
    assert refusal.value.code == "NO_PLAN_YET"


def test_a_second_week_moves_the_visits_of_the_first_only_when_asked(story: Story) -> None:
    for number in range(4):
        story.shop(f"Shop {number}", east=0.01 * number)
    publish_part(actor=actor(story.ana), part=week(story).parts.get())
    before = set(Visit.objects.filter(state="planned").values_list("pk", flat=True))
    story.shop("New", east=0.05)
    options = RunOptions(replaces=True)
    run = propose_week(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY, options=options)
    run_waiting()
    part = run.parts.get()
    with pytest.raises(Conflict) as refusal:
        publish_part(actor=actor(story.ana), part=part)
    assert refusal.value.code == "REPLACES_VISITS"
    publish_part(actor=actor(story.ana), part=part, replace=True)
    after = set(Visit.objects.filter(state="planned").values_list("pk", flat=True))
    assert before < after, "the visits are the same ones, moved"
    assert len(after) == 5


def test_old_proposals_are_forgotten_and_their_figures_are_not(story: Story) -> None:
    story.shop("Deli")
    kept = week(story).parts.get()
    publish_part(actor=actor(story.ana), part=kept)
    story.shop("Other")
    week(story)
    with clock.moved_to(SUNDAY_EVENING + timedelta(days=29)):
        assert tasks.prune_proposals() == 0
    with clock.moved_to(SUNDAY_EVENING + timedelta(days=31)):
        assert tasks.prune_proposals() == 5
        assert tasks.prune_proposals() == 0
    assert list(PlanPart.objects.all()) == [kept]
    assert (VisitPlan.objects.count(), DayFigures.objects.count()) == (5, 10)
