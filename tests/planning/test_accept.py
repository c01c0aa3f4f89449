"""A proposal becomes visits: all of them or none, once, and only while it still holds."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.crm.models import Account
from backend.events.models import OutboxEvent
from backend.field.models import Absence, Visit
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Conflict, NotFound
from backend.planning.actions import discard_plan, propose_day
from backend.planning.models import PlanStatus, VisitPlan
from backend.planning.publishing import accept_plan
from backend.territories.models import UserTerritory
from tests.planning.story import LONG_AGO, MONDAY, SUNDAY_EVENING, Story, actor, begin

NINE = datetime(2027, 6, 7, 14, 0, tzinfo=UTC)


def propose(story: Story, rep: User | None = None) -> VisitPlan:
    return propose_day(actor=actor(rep or story.ana), rep=rep or story.ana, day=MONDAY)


def accept(story: Story, plan: VisitPlan, who: User | None = None) -> list[Visit]:
    return accept_plan(actor=actor(who or story.ana), plan=plan)


@pytest.fixture
def shops(story: Story) -> list[Account]:
    return [story.shop(f"Shop {number}", east=0.02 * number) for number in (1, 2, 3)]


def test_the_stops_become_visits_in_their_order(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    visits = accept(story, plan)
    stops = list(plan.stops.order_by("position"))
    assert [(visit.account_id, visit.planned_start, visit.planned_end) for visit in visits] == [
        (stop.account_id, stop.planned_start, stop.planned_end) for stop in stops
    ]
    assert {(visit.rep, visit.state, visit.source, visit.plan_id) for visit in visits} == {
        (story.ana, "planned", "plan", plan.pk)
    }
    plan.refresh_from_db()
    assert (plan.status, plan.settled_by, plan.settled_at) == (PlanStatus.ACCEPTED, story.ana, SUNDAY_EVENING)
    event = OutboxEvent.objects.get(name="plan.accepted")
    assert event.payload == {"plan_id": str(plan.pk), "actor_id": str(story.ana.pk)}


def test_accepting_twice_gives_the_same_visits(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    first = accept(story, plan)
    assert accept(story, plan, story.ben) == first
    assert Visit.objects.filter(state="planned").count() == 3
    assert OutboxEvent.objects.filter(name="plan.accepted").count() == 1


def test_what_is_planned_is_not_proposed_again(story: Story, shops: list[Account]) -> None:
    accept(story, propose(story))
    again = propose(story)
    assert [stop.fixed for stop in again.stops.all()] == [True, True, True]
    assert accept(story, again) == list(Visit.objects.filter(state="planned").order_by("planned_start"))


def test_ben_accepts_for_ana_and_strangers_do_not(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    for stranger in (story.cy, story.dan, story.pat):
        for act in (accept_plan, discard_plan):
            with pytest.raises(NotFound):
                act(actor=actor(stranger), plan=plan)
    assert not Visit.objects.filter(state="planned").exists()
    assert len(accept(story, plan, story.ben)) == 3


def moved_away(story: Story, shop: Account) -> None:
    story.give(shop, story.south, SUNDAY_EVENING + timedelta(minutes=1))


def planned_by_another(story: Story, shop: Account) -> None:
    story.visit(shop, story.ben, NINE + timedelta(days=3))


def visited_since(story: Story, shop: Account) -> None:
    soon = SUNDAY_EVENING + timedelta(minutes=1)
    story.visit(shop, story.ben, soon, state="completed", ended_at=soon)


def closed(story: Story, shop: Account) -> None:
    Account.objects.filter(pk=shop.pk).update(lifecycle="closed")


def deleted(story: Story, shop: Account) -> None:
    Account.objects.filter(pk=shop.pk).update(deleted_at=SUNDAY_EVENING)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (moved_away, "the account is no longer the rep's"),
        (deleted, "the account is no longer the rep's"),
        (closed, "the account is closed"),
        (planned_by_another, "a visit is planned already"),
        (visited_since, "was visited since"),
    ],
)
def test_a_stale_plan_is_refused_whole_and_names_the_stop(
    story: Story, shops: list[Account], change: Callable[[Story, Account], None], trouble: str
) -> None:
    plan = propose(story)
    stop = plan.stops.get(account=shops[1])
    change(story, shops[1])
    before = Visit.objects.count()
    with clock.moved_to(SUNDAY_EVENING + timedelta(minutes=2)), pytest.raises(Conflict) as refusal:
        accept(story, plan)
    assert (refusal.value.code, refusal.value.fields) == ("PLAN_STALE", {f"stops[{stop.position}]": trouble})
    assert Visit.objects.count() == before
    plan.refresh_from_db()
    assert plan.status == PlanStatus.PROPOSED


def test_a_visit_put_into_the_day_meanwhile_makes_the_plan_stale(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    first = plan.stops.order_by("position")[0]
    story.visit(story.shop("Urgent"), story.ana, first.planned_start + timedelta(minutes=10), minutes=5)
    with pytest.raises(Conflict) as refusal:
        accept(story, plan)
    assert refusal.value.fields == {"stops[0]": "the rep has another visit at that time"}


def test_a_plan_whose_first_stop_is_past_is_stale(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    first = plan.stops.order_by("position")[0]
    with clock.moved_to(first.planned_start + timedelta(minutes=1)), pytest.raises(Conflict) as refusal:
        accept(story, plan)
    assert refusal.value.fields == {"stops[0]": "its time is over"}


def test_a_rep_who_has_fallen_ill_gets_no_visits(story: Story, shops: list[Account]) -> None:
    plan = propose(story)
    Absence.objects.create(org=story.org, user=story.ana, first_day=MONDAY, last_day=MONDAY)
    with pytest.raises(Conflict) as refusal:
        accept(story, plan)
    assert refusal.value.code == "REP_ABSENT"


def test_a_discarded_plan_stays_discarded_and_an_accepted_one_stays_accepted(
    story: Story, shops: list[Account]
) -> None:
    plan, other = propose(story), propose(story)
    for _ in range(2):
        assert discard_plan(actor=actor(story.ana), plan=plan).status == PlanStatus.DISCARDED
    with pytest.raises(Conflict) as refusal:
        accept(story, plan)
    assert refusal.value.code == "PLAN_SETTLED"
    accept(story, other)
    with pytest.raises(Conflict) as too_late:
        discard_plan(actor=actor(story.ana), plan=other)
    assert too_late.value.code == "PLAN_SETTLED"


def test_the_check_of_a_plan_costs_the_same_for_one_stop_and_for_three(story: Story) -> None:
    counts = []
    for shops in (1, 3):
        for number in range(shops):
            story.shop(f"Shop {shops}.{number}", east=0.01 * number)
        plan = propose(story)
        story.give(Account.objects.get(name=f"Shop {shops}.0"), story.south, SUNDAY_EVENING)
        with CaptureQueriesContext(connection) as queries, pytest.raises(Conflict):
            accept(story, plan)
        counts.append(len(queries))
    assert counts == [14, 14]


@pytest.fixture
def shared_story(transactional_db: None) -> Iterator[Story]:
    with clock.moved_to(SUNDAY_EVENING):
        yield begin()


def test_two_plans_for_one_shop_accepted_at_once_make_one_visit(shared_story: Story) -> None:
    story = shared_story
    shop = story.shop("Between them", east=0.05)
    UserTerritory.objects.create(org=story.org, user=story.cy, territory=story.north, valid_from=LONG_AGO)
    plans = [propose(story, story.ana), propose(story, story.cy)]
    assert [plan.stops.count() for plan in plans] == [1, 1]
    together = Barrier(2)

    def go(plan: VisitPlan) -> str:
        together.wait(timeout=10)
        try:
            accept(story, plan, plan.rep)
        except Conflict as refusal:
            return refusal.code
        finally:
            connection.close()
        return "accepted"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, plans)) == ["PLAN_STALE", "accepted"]
    assert Visit.objects.filter(account=shop, state="planned").count() == 1
