"""What hands have said of a run is kept when it is planned anew, for the rep and the day that they meant."""

from datetime import date, timedelta

import pytest

from backend.crm.models import Account
from backend.field.models import CallCycle
from backend.identity.models import User
from backend.kit.errors import Conflict
from backend.planning import tasks
from backend.planning.editing import add_stop, lock_stop, move_stop, pin_account, remove_stop
from backend.planning.models import PlanDrop, PlanRun, PlanStop, RunScope, VisitPlan
from backend.planning.runs import RunOptions, propose_call_cycle, propose_week
from backend.territories.models import UserTerritory
from tests.jobs.now import run_waiting
from tests.planning.story import LONG_AGO, MONDAY, Story, actor
from tests.planning.test_runs import FRIDAY, week


@pytest.fixture(autouse=True)
def _short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "ITERATIONS_A_DAY", 20)


def test_what_ben_wants_of_ana_is_not_taken_by_who_is_planned_first(story: Story) -> None:
    UserTerritory.objects.create(org=story.org, user=story.cy, territory=story.north, valid_from=LONG_AGO)
    User.objects.filter(pk=story.cy.pk).update(manager=story.ben)
    pinned, kept = story.shop("Pinned"), story.shop("Kept", east=0.01)
    first = week(story, story.ben, RunScope.TEAM, story.ben)
    owners = {part.rep: part for part in first.parts.all()}
    (mine,) = {stop.plan.rep for stop in PlanStop.objects.select_related("plan__rep")}
    other = story.cy if mine == story.ana else story.ana
    # Ben gives one to the other rep, on Wednesday, and pins what the first has.
    to = owners[other].plans.get(day=MONDAY + timedelta(days=2))
    plan = VisitPlan.objects.get(part=owners[mine], stops__account=kept)
    goal = move_stop(actor=actor(story.ben), plan=plan, account_id=kept.pk, to=to)
    lock_stop(actor=actor(story.ben), plan=goal, account_id=kept.pk, whole_day=True)
    plan = VisitPlan.objects.get(part=owners[mine], stops__account=pinned)
    pin_account(actor=actor(story.ben), plan=plan, account_id=pinned.pk)
    # Whoever is planned first would have taken both.
    for number in range(3):
        story.shop(f"Shop {number}", east=0.3, service_minutes=200)
    options = RunOptions(based_on=first)
    asked = propose_week(
        actor=actor(story.ben), scope=RunScope.TEAM, leader=story.ben, first_day=MONDAY, options=options
    )
    run_waiting()
    stops = PlanStop.objects.filter(plan__part__run=asked, account__in=[pinned, kept]).select_related("plan__rep")
    found = {stop.account_id: (stop.plan.rep, stop.plan.day, stop.day_locked, stop.pinned) for stop in stops}
    assert found[kept.pk] == (other, MONDAY + timedelta(days=2), True, False)
    assert (found[pinned.pk][0], found[pinned.pk][3]) == (mine, True)


def days_of(run: PlanRun, account: Account) -> list[date]:
    stops = PlanStop.objects.filter(plan__part__run=run, account=account).order_by("plan__day")
    return list(stops.values_list("plan__day", flat=True))


def test_of_an_account_that_comes_round_only_the_visit_that_was_taken_out_is_left_out(story: Story) -> None:
    CallCycle.objects.filter(tier="A").update(interval_days=7)
    deli = story.shop("Deli")

    def ask(based_on: PlanRun | None = None) -> PlanRun:
        options = RunOptions(based_on=based_on)
        run = propose_call_cycle(
            actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY, options=options
        )
        run_waiting()
        return run

    first = ask()
    before = days_of(first, deli)
    assert len(before) == 4
    second = VisitPlan.objects.get(part__run=first, day=before[1])
    remove_stop(actor=actor(story.ana), plan=second, account_id=deli.pk)
    again = ask(first)
    after = days_of(again, deli)
    assert len(after) == 3
    assert min(abs((day - before[1]).days) for day in after) > 3, "and nothing takes its place"
    (drop,) = PlanDrop.objects.filter(part__run=again)
    assert (drop.reason, drop.removed_from, drop.account_id) == ("REMOVED", before[1], deli.pk)
    third = ask(again)
    assert days_of(third, deli) == after, "nor in what is planned after that"
    plan = VisitPlan.objects.get(part__run=third, day=before[1])
    add_stop(actor=actor(story.ana), plan=plan, account_id=deli.pk)
    assert not PlanDrop.objects.filter(part__run=third).exists()


def test_who_was_taken_out_and_then_pinned_is_visited(story: Story) -> None:
    deli = story.shop("Deli")
    first = week(story)
    plan = VisitPlan.objects.get(part__run=first, stops__account=deli)
    remove_stop(actor=actor(story.ana), plan=plan, account_id=deli.pk)
    options = RunOptions(based_on=first)
    for pinned, visits in ((False, 0), (True, 1)):
        pin_account(actor=actor(story.ana), plan=plan, account_id=deli.pk, pinned=pinned)
        again = propose_week(
            actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY, options=options
        )
        run_waiting()
        assert len(days_of(again, deli)) == visits


def test_a_stop_stays_on_its_day_at_whatever_time(story: Story) -> None:
    CallCycle.objects.filter(tier="A").update(interval_days=7)
    deli = story.shop("Deli")
    for ask in (propose_week, propose_call_cycle):
        first = ask(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY)
        run_waiting()
        stops = PlanStop.objects.select_related("plan").filter(account=deli, plan__part__run=first)
        stop = stops.earliest("planned_start")
        thursday = MONDAY + timedelta(days=3)
        if stop.plan.day != thursday:
            to = VisitPlan.objects.get(part__run=first, day=thursday)
            move_stop(actor=actor(story.ana), plan=stop.plan, account_id=deli.pk, to=to)
        plan = VisitPlan.objects.get(part__run=first, day=thursday)
        lock_stop(actor=actor(story.ana), plan=plan, account_id=deli.pk, whole_day=True)
        friday = VisitPlan.objects.get(part__run=first, day=FRIDAY)
        with pytest.raises(Conflict) as refusal:
            move_stop(actor=actor(story.ana), plan=plan, account_id=deli.pk, to=friday)
        assert refusal.value.code == "STOP_LOCKED"
        options = RunOptions(based_on=first)
        again = ask(actor=actor(story.ana), scope=RunScope.REP, leader=story.ana, first_day=MONDAY, options=options)
        run_waiting()
        days = [one.plan.day for one in PlanStop.objects.filter(plan__part__run=again, day_locked=True)]
        assert days == [thursday]
