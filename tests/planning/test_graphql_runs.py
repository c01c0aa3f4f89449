"""Ben plans Ana's week over GraphQL, changes it, publishes it and looks at the figures; Cy finds nothing of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.field.models import Visit
from backend.identity.models import Role, User
from backend.planning import tasks
from backend.planning.actions import propose_day
from backend.planning.models import PlanRun, PlanStop, RunScope
from backend.planning.publishing import accept_plan, publish_part
from backend.planning.publishing_runs import give_one_up, publish_one, publish_run
from backend.planning.runs import propose_week
from backend.planning.solver.stop import Stop
from tests.jobs.now import run_waiting
from tests.planning.story import HOME, MONDAY, Story, actor
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

RUN = """id kind scope firstDay days state total done figures weightsVersion replaces leader { fullName }
  parts { id state rep { fullName } figures trouble { code } plans { day } }"""
WEEK = f"mutation($i: ProposeRunInput!) {{ proposeWeek(input: $i) {{ run {{ {RUN} }} }} }}"
CYCLE = "mutation($i: ProposeRunInput!) { proposeCallCycle(input: $i) { run { kind days } } }"
CANCEL = "mutation($id: UUID!) { cancelPlanRun(runId: $id) { run { state } } }"
ONE = f"query($id: UUID!) {{ planRun(id: $id) {{ {RUN} }} }}"
PART = "query($id: UUID!) { planPart(id: $id) { plans { day stops { account { name } } } drops { reason } } }"
PARTS = "query($id: UUID!) { planParts(runId: $id) { nodes { id state } } }"
PUBLISH = """mutation($id: UUID!, $parts: [UUID!], $replace: Boolean! = false) {
  publishPlanRun(runId: $id, partIds: $parts, replace: $replace) {
    run { state } parts { part { state } visits { account { name } state } trouble { code fields } } } }"""
WHOLE = """mutation($id: UUID!, $replace: Boolean! = false) { publishWholePlanRun(runId: $id, replace: $replace) {
  run { publishTotal publishDone publishRefused publishEndedAt } } }"""
REFUSED = """query($id: UUID!) { planParts(runId: $id, refused: true) {
  nodes { state rep { fullName } trouble { code fields } } } }"""
COMPARE = (
    "query($a: UUID!, $b: UUID!) { comparePlanRuns(id: $a, otherId: $b) { kept gained { accountId } before after } }"
)
FIGURES = """query($from: Date!, $to: Date!, $rep: UUID, $scope: PlanRunScope! = REP) {
  planFigures(firstDay: $from, lastDay: $to, repId: $rep, scope: $scope) {
    day plans stops travelMinutesPerVisit coverage overdueLeft } }"""
WEIGHTS = "{ planningWeights { version points note } }"
SET = "mutation($p: JSON!, $base: Int) { setPlanningWeights(points: $p, baseVersion: $base) { weights { version points } } }"
PICTURE = FIGURES.replace("planFigures(", "planFiguresPicture(").replace(
    " {\n    day plans stops travelMinutesPerVisit coverage overdueLeft }", ""
)
PLAN = "plan { id stops { account { name } locked pinned } drops { reason account { name } } }"
EDITS = {
    "lockPlanStop": f"mutation($p: UUID!, $a: UUID!) {{ lockPlanStop(planId: $p, accountId: $a, wholeDay: false) {{ {PLAN} }} }}",
    "pinPlanAccount": f"mutation($p: UUID!, $a: UUID!) {{ pinPlanAccount(planId: $p, accountId: $a) {{ {PLAN} }} }}",
    "movePlanStop": f"mutation($p: UUID!, $a: UUID!) {{ movePlanStop(planId: $p, accountId: $a, position: 0) {{ {PLAN} }} }}",
    "removePlanStop": f"mutation($p: UUID!, $a: UUID!) {{ removePlanStop(planId: $p, accountId: $a) {{ {PLAN} }} }}",
    "addPlanStop": f"mutation($p: UUID!, $a: UUID!) {{ addPlanStop(planId: $p, accountId: $a) {{ {PLAN} }} }}",
}
REPLAN = "mutation($i: ReplanFromHereInput!) { replanFromHere(input: $i) { plan { replaces stops { plannedStart } } } }"


@pytest.fixture
def ask() -> Ask:
    return Client


@pytest.fixture(autouse=True)
def _short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "ITERATIONS_A_DAY", 10)


def monday(rep: User | None = None, **more: Any) -> dict[str, Any]:
    return {"firstDay": MONDAY.isoformat(), **({"repId": str(rep.pk)} if rep else {}), **more}


def week_of(story: Story, who: User) -> PlanRun:
    run = propose_week(actor=actor(who), scope=RunScope.REP, leader=who, first_day=MONDAY)
    run_waiting()
    return run


def test_ben_plans_anas_week_watches_it_and_publishes_it(story: Story, ask: Ask) -> None:
    story.shop("Deli", east=0.05)
    story.shop("Nowhere", located=False)
    ben = ask(story.ben)
    run = ben(WEEK, i=monday(story.ana))["proposeWeek"]["run"]
    assert (run["kind"], run["scope"], run["state"], run["total"], run["done"]) == ("WEEK", "REP", "waiting", 1, 0)
    assert (run["leader"], run["parts"][0]["plans"]) == ({"fullName": "Ana"}, [])
    run_waiting()
    run = ask(story.ana)(ONE, id=run["id"])["planRun"]
    (part,) = run["parts"]
    assert (run["state"], run["done"], part["state"], part["trouble"]) == ("done", 1, "ready", None)
    shown = ben(PART, id=part["id"])["planPart"]
    assert (len(shown["plans"]), shown["drops"]) == (5, [{"reason": "NO_COORDINATES"}])
    assert [stop["account"]["name"] for plan in shown["plans"] for stop in plan["stops"]] == ["Deli"]
    assert (run["figures"]["stops"], run["figures"]["coverage"]) == (1, 0.5)
    published = ben(PUBLISH, id=run["id"])["publishPlanRun"]["parts"]
    assert published == [
        {
            "part": {"state": "published"},
            "visits": [{"account": {"name": "Deli"}, "state": "planned"}],
            "trouble": None,
        }
    ]
    assert ben(PUBLISH, id=run["id"])["publishPlanRun"]["parts"] == published
    (monday_,) = [
        one
        for one in ben(FIGURES, **{"from": "2027-06-01", "to": "2027-06-30"}, rep=str(story.ana.pk))["planFigures"]
        if one["stops"]
    ]
    assert (monday_["plans"], monday_["coverage"], monday_["overdueLeft"]) == (1, 0.5, 1)
    drawn = ben(PICTURE, **{"from": "2027-06-01", "to": "2027-06-30"}, rep=str(story.ana.pk))["planFiguresPicture"]
    assert drawn.startswith("<svg ")
    assert "Ana, 2027-06-01 to 2027-06-30" in drawn


def test_a_stale_part_is_told_beside_the_others(story: Story, ask: Ask) -> None:
    shop = story.shop("Deli")
    run = week_of(story, story.ana)
    stop = PlanStop.objects.select_related("plan").get()
    story.visit(shop, story.ben, stop.planned_start + timedelta(days=3))
    (part,) = ask(story.ana)(PUBLISH, id=str(run.pk))["publishPlanRun"]["parts"]
    assert part == {
        "part": {"state": "ready"},
        "visits": [],
        "trouble": {"code": "PLAN_STALE", "fields": {f"{stop.plan.day}.stops[0]": "a visit is planned already"}},
    }


def test_a_whole_run_is_published_in_the_background_and_who_is_refused_is_named(story: Story, ask: Ask) -> None:
    shop = story.shop("Deli")
    story.shop("Bakery", where=story.south)
    dee = ask(story.dee)
    key = dee(WEEK, i=monday(scope="ORG"))["proposeWeek"]["run"]["id"]
    assert dee.refused(WHOLE, id=key)["code"] == "NO_PLAN_YET"
    run_waiting()
    stop = PlanStop.objects.select_related("plan").get(account=shop)
    other = story.visit(shop, story.ben, stop.planned_start + timedelta(days=3))
    asked = dee(WHOLE, id=key)["publishWholePlanRun"]["run"]
    assert asked == {"publishTotal": 2, "publishDone": 0, "publishRefused": 0, "publishEndedAt": None}
    assert dee(WHOLE, id=key)["publishWholePlanRun"]["run"] == asked, "asked twice it is done once"
    assert run_waiting() == 2
    assert [visit.account.name for visit in Visit.objects.filter(plan_id__isnull=False)] == ["Bakery"]
    why = {"code": "PLAN_STALE", "fields": {f"{stop.plan.day}.stops[0]": "a visit is planned already"}}
    assert dee(REFUSED, id=key)["planParts"]["nodes"] == [
        {"state": "ready", "rep": {"fullName": "Ana"}, "trouble": why}
    ]
    run = PlanRun.objects.get(pk=key)
    assert (run.publish_done, run.publish_refused, run.publish_ended_at is None) == (2, 1, False)
    other.delete()
    assert dee(WHOLE, id=key)["publishWholePlanRun"]["run"]["publishTotal"] == 1
    run_waiting()
    assert dee(REFUSED, id=key)["planParts"]["nodes"] == []
    made = Visit.objects.filter(plan_id__isnull=False).count()
    assert dee(WHOLE, id=key)["publishWholePlanRun"]["run"]["publishDone"] == 1
    assert (run_waiting(), Visit.objects.filter(plan_id__isnull=False).count(), made) == (0, 2, 2)


def test_a_publishing_job_that_is_killed_and_done_again_counts_once(story: Story) -> None:
    story.shop("Deli")
    run = week_of(story, story.ana)
    run.refresh_from_db()
    part = run.parts.get()
    publish_run(actor=actor(story.ana), run=run)
    # It was killed when the visits stood, and nobody had counted them.
    publish_part(actor=actor(story.ana), part=part)
    publish_one(part_id=part.pk)
    publish_one(part_id=part.pk)
    run.refresh_from_db()
    assert (run.publish_done, run.publish_refused, Visit.objects.filter(plan_id__isnull=False).count()) == (1, 0, 1)


def test_a_publishing_that_fails_altogether_is_told_and_ends(story: Story) -> None:
    story.shop("Deli")
    run = week_of(story, story.ana)
    run.refresh_from_db()
    publish_run(actor=actor(story.ana), run=run)
    give_one_up(part_id=run.parts.get().pk)
    run.refresh_from_db()
    assert (run.publish_refused, run.publish_ended_at is not None) == (1, True)
    assert (run.parts.get().state, run.parts.get().trouble["code"]) == ("ready", "PUBLISHING_FAILED")


def test_a_cycle_is_asked_for_and_cancelled(story: Story, ask: Ask) -> None:
    ana = ask(story.ana)
    assert ana(CYCLE, i=monday())["proposeCallCycle"]["run"] == {"kind": "CYCLE", "days": 28}
    run = PlanRun.objects.get()
    assert ana(CANCEL, id=str(run.pk))["cancelPlanRun"]["run"] == {"state": "cancelled"}
    assert ana(ONE, id=str(run.pk))["planRun"]["parts"][0]["trouble"] == {"code": "CANCELLED"}


@pytest.mark.parametrize("stranger", ["cy", "dan", "pat"])
def test_nobody_else_reads_or_touches_any_of_it(story: Story, ask: Ask, stranger: str) -> None:
    shop = story.shop("Deli")
    run = week_of(story, story.ana)
    plan = str(PlanStop.objects.get().plan_id)
    other = ask(getattr(story, stranger))
    assert other.refused(WEEK, i=monday(story.ana))["code"] == "USER_NOT_FOUND"
    assert other.refused(PART, id=str(run.parts.get().pk))["code"] == "PLAN_RUN_NOT_FOUND"
    for document in (ONE, PARTS, CANCEL, PUBLISH, WHOLE):
        assert other.refused(document, id=str(run.pk))["code"] == "PLAN_RUN_NOT_FOUND"
    assert other.refused(COMPARE, a=str(run.pk), b=str(run.pk))["code"] == "PLAN_RUN_NOT_FOUND"
    assert other("{ planRuns { nodes { id } } }") == {"planRuns": {"nodes": []}}
    for document in EDITS.values():
        assert other.refused(document, p=plan, a=str(shop.pk))["code"] == "PLAN_NOT_FOUND"
    assert other.refused(REPLAN, i={"lat": 41.6, "lng": -93.6, "repId": str(story.ana.pk)})["code"] == "USER_NOT_FOUND"
    days = {"from": "2027-06-01", "to": "2027-06-30"}
    assert other.refused(FIGURES, **days, rep=str(story.ana.pk))["code"] == "USER_NOT_FOUND"
    assert other(FIGURES, **days) == {"planFigures": []}
    assert other.refused(PICTURE, **days, rep=str(story.ana.pk))["code"] == "USER_NOT_FOUND"
    assert other.refused(FIGURES, **days, scope="ORG")["code"] == "NOT_AN_ADMIN"


def test_each_hand_on_a_plan_shows_what_became_of_it(story: Story, ask: Ask) -> None:
    shops = [story.shop(f"Shop {number}", east=0.03 * number) for number in (1, 2)]
    plan = str(propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY).pk)
    ben, last = ask(story.ben), str(shops[1].pk)

    def edited(name: str, account: str = last) -> list[tuple[str, bool, bool]]:
        made = ben(EDITS[name], p=plan, a=account)[name]["plan"]
        return [(stop["account"]["name"], stop["locked"], stop["pinned"]) for stop in made["stops"]]

    assert edited("movePlanStop")[0][0] == "Shop 2"
    assert edited("removePlanStop") == [("Shop 1", False, False)]
    assert len(edited("addPlanStop")) == 2
    assert ("Shop 2", False, True) in edited("pinPlanAccount")
    assert ("Shop 2", True, True) in edited("lockPlanStop")
    refusal = ben.refused(EDITS["removePlanStop"], p=plan, a=last)
    assert (refusal["code"], refusal["fields"]) == ("STOP_LOCKED", {"accountId": "locked"})


def test_the_rest_of_the_day_is_planned_from_where_ana_stands(story: Story, ask: Ask) -> None:
    story.shop("Deli", east=0.05)
    accept_plan(actor=actor(story.ana), plan=propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY))
    ana = ask(story.ana)
    here = {"lat": HOME[0], "lng": HOME[1]}
    assert ana.refused(REPLAN, i=here)["code"] == "NO_WORKING_HOURS", "it is Sunday"
    assert ana.refused(REPLAN, i={"lat": 91, "lng": 0})["code"] == "IMPOSSIBLE_COORDINATE"


def test_two_weeks_are_compared_side_by_side(story: Story, ask: Ask) -> None:
    story.shop("Deli")
    first = week_of(story, story.ana)
    new = story.shop("New", east=0.1)
    second = week_of(story, story.ana)
    found = ask(story.ben)(COMPARE, a=str(first.pk), b=str(second.pk))["comparePlanRuns"]
    assert found["gained"] == [{"accountId": str(new.pk)}]
    assert (found["before"]["stops"], found["after"]["stops"]) == (1, 2)


def test_dee_weighs_and_the_others_read_how(story: Story, ask: Ask) -> None:
    dee = ask(story.dee)
    assert dee(WEIGHTS)["planningWeights"]["version"] == 0
    made = dee(SET, p={"tier": {"A": 55}}, base=0)["setPlanningWeights"]["weights"]
    assert (made["version"], made["points"]["tier"]["A"]) == (1, 55)
    assert ask(story.ana)(WEIGHTS)["planningWeights"]["points"]["tier"] == {"A": 55, "B": 25.0, "C": 15.0}
    assert dee.refused(SET, p={"tier": {"A": 1}}, base=0)["code"] == "EDITED_MEANWHILE"
    assert dee.refused(SET, p=[1])["code"] == "BAD_WEIGHTS"
    assert ask(story.ben).refused(SET, p={})["code"] == "NOT_AN_ADMIN"


def test_a_partner_is_not_told_what_visits_are_worth(story: Story, ask: Ask) -> None:
    story.pat.start_lat, story.pat.start_lng = HOME
    story.pat.save()
    run = week_of(story, story.pat)
    shown = ask(story.pat)(ONE, id=str(run.pk))["planRun"]
    assert (shown["figures"], shown["parts"][0]["figures"]) == (None, None)
    found = ask(story.pat)(COMPARE, a=str(run.pk), b=str(run.pk))["comparePlanRuns"]
    assert (found["before"], found["after"]) == (None, None)
    assert ask(story.pat)(WEIGHTS) == {"planningWeights": None}
    assert User.objects.get(pk=story.pat.pk).role == Role.PARTNER


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("selection", "expected"),
    [("id figures", 1), ("leader { fullName }", 1), ("parts { state }", 1), ("parts { rep { fullName } }", 1)],
)
def test_runs_take_as_many_queries_for_three_as_for_one(
    story: Story, ask: Ask, selection: str, expected: int, count: int
) -> None:
    for _ in range(count):
        week_of(story, story.ana)
    ana = ask(story.ana)
    runs = ana(f"{{ planRuns {{ nodes {{ {selection} }} }} }}")["planRuns"]["nodes"]
    assert (ana.queries, len(runs)) == (expected, count)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("state figures", 2),
        ("rep { fullName }", 2),
        ("plans { day }", 2),
        ("plans { stops { position } }", 2),
        ("drops { reason }", 2),
        ("drops { account { name } }", 2),
    ],
)
def test_parts_take_as_many_queries_for_three_as_for_one(
    story: Story, ask: Ask, selection: str, expected: int, count: int
) -> None:
    story.cy.manager = story.ben
    story.cy.save()
    new = User.objects.create(
        org=story.org, username=f"eve-{story.org.pk.hex}", full_name="Eve", role=Role.REP, manager=story.ben
    )
    User.objects.filter(pk=new.pk).update(is_active=count == 3)
    User.objects.filter(pk=story.cy.pk).update(is_active=count == 3)
    for number in range(count):
        story.shop(f"Deli {number}", east=0.01)
        story.shop(f"Nowhere {number}", located=False)
    run = propose_week(actor=actor(story.ben), scope=RunScope.TEAM, leader=story.ben, first_day=MONDAY)
    run_waiting()
    ben = ask(story.ben)
    parts = ben(f'{{ planParts(runId: "{run.pk}", first: 3) {{ nodes {{ {selection} }} }} }}')["planParts"]["nodes"]
    assert (ben.queries, len(parts)) == (expected, count)


@pytest.mark.parametrize("count", [1, 3])
def test_figures_and_comparisons_take_as_many_queries_for_three_as_for_one(story: Story, ask: Ask, count: int) -> None:
    for number in range(count):
        story.shop(f"Deli {number}", east=0.01 * number)
    for _ in range(count):
        propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY, stop=Stop(iterations=1))
    run = str(week_of(story, story.ana).pk)
    ana = ask(story.ana)
    ana(FIGURES, **{"from": "2027-06-01", "to": "2027-06-30"})
    figures = ana.queries
    ana(COMPARE, a=run, b=run)
    assert (figures, ana.queries) == (3, 4)
