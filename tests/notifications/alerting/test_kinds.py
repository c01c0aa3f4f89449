"""Each kind of alert tells whom it concerns, once for each crossing, and again only after it was over; never Cy of Ana's."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from backend.crm import actions as crm
from backend.crm.models import Stage, StageHistory
from backend.field import actions as field_actions
from backend.field.geofence import Fix
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.kit.ids import new_id
from backend.notifications.alerting import actions, evaluate, tasks
from backend.notifications.alerting.actions import Wish
from backend.notifications.alerting.kinds.base import Span
from backend.notifications.alerting.models import AlertEpisode, AlertRule, AlertRuleVersion
from backend.notifications.alerting.standing import in_force
from backend.notifications.models import Notification
from backend.planning.models import VisitPlan
from backend.sync.models import SyncIssue
from backend.territories.models import UserTerritory
from tests.factories.world import World, acting
from tests.notifications.alerting.rig import drain, foretold, make, noted, sweep, told

CHICAGO = ZoneInfo("America/Chicago")
"""Where Ana lives."""

LATE = [
    (("open", 10), ("open", 60), True),
    (("open", 10), ("open", 59), False),
    (("open", 60), ("open", 80), True),
    (("open", 80), ("open", 60), False),
    (None, ("open", 80), True),
    (("lost", 0), ("open", 80), True),
    (("won", 100), ("open", 80), True),
    (("open", 80), ("won", 100), True),
    (("won", 100), ("won", 100), False),
    (("open", 80), ("lost", 90), False),
]


def test_a_deal_comes_late_by_going_forward_past_sixty_or_by_being_won(field: World) -> None:
    rule = make(field.dee, "opportunity.stage")
    began = clock.now()
    stages: dict[object, Stage] = {}
    for before, after, _ in LATE:
        for one in (before, after):
            if one is not None and one not in stages:
                stages[one] = Stage.objects.create(
                    org=field.org, pipeline=field.pipeline, name=str(one), position=10 + len(stages),
                    category=one[0], probability=one[1],
                )  # fmt: skip
    deals = [field.deal(field.account(f"A{n}", field.north)) for n in range(len(LATE))]
    StageHistory.objects.bulk_create(
        StageHistory(
            org=field.org, opportunity=deal, from_stage=stages.get(before), to_stage=stages[after],
            moved_by=field.ana, moved_at=began + timedelta(minutes=1),
        )
        for deal, (before, after, _) in zip(deals, LATE, strict=True)
    )  # fmt: skip
    with clock.moved_to(began + timedelta(hours=1)):
        crossed = {subject for subject, _, _ in foretold(rule, began)}
    assert [deal.pk in crossed for deal in deals] == [late for _, _, late in LATE]


def test_a_deal_that_wanders_about_its_amount_is_told_once_until_it_fell_below_the_lower_line(field: World) -> None:
    rule = make(field.dee, "opportunity.amount", amount=5000, falls_below=3000)
    deal = field.deal(field.account("Joe's", field.north))
    start = clock.now()
    for hour, amount in enumerate((6000, 4000, 7000, 2000, 8000), start=1):
        with clock.moved_to(start + timedelta(hours=hour)):
            crm.edit_opportunity(actor=acting(field.ana), opportunity=deal, changes={"amount": Decimal(amount)})
            drain()
    assert told(rule) == [
        ("Ben", "Joe's: 6,000 USD", "Ana raised Spring order to 6,000 USD."),
        ("Ben", "Joe's: 8,000 USD", "Ana raised Spring order to 8,000 USD."),
        # Dee leads Ben, and sees everything.
        ("Dee", "Joe's: 6,000 USD", "Ana raised Spring order to 6,000 USD."),
        ("Dee", "Joe's: 8,000 USD", "Ana raised Spring order to 8,000 USD."),
    ]
    assert AlertEpisode.objects.filter(rule=rule, closed_at=None).count() == 1
    with clock.moved_to(start + timedelta(hours=9)):
        assert sweep(rule) == 0


def test_a_partner_who_is_named_reads_no_amount_and_hears_nothing_of_orders(field: World) -> None:
    hears = {"named": [str(field.pat.pk)]}
    rule = make(field.dee, "opportunity.closed", outcome="won", hears=hears)
    account = field.account("Joe's", field.north)
    account.shares.create(org=field.org, user=field.pat, shared_by=field.ben, valid_from=clock.now())
    deal = field.deal(account)
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        crm.move_stage(actor=acting(field.ana), opportunity=deal, stage=field.stages["won"], reason="price")
        drain()
    assert told(rule) == [("Pat", "Won: Joe's", "Ana won Spring order.")]


def test_a_stalled_deal_is_told_once_and_again_when_it_stalls_anew(field: World) -> None:
    rule = make(field.dee, "opportunity.stalled", days=10)
    deal, start = field.deal(field.account("Joe's", field.north)), clock.now()
    for day in (9, 11, 12, 13):
        with clock.moved_to(start + timedelta(days=day)):
            sweep(rule)
    assert told(rule) == [
        ("Ana", "Stalled: Joe's", "Your deal Spring order has stood at new for 10 days."),
        ("Ben", "Stalled: Joe's", "Spring order has stood at new for 10 days."),
    ]
    with clock.moved_to(start + timedelta(days=14)):
        crm.move_stage(actor=acting(field.ana), opportunity=deal, stage=field.stages["offer"])
        sweep(rule)
        assert not AlertEpisode.objects.filter(rule=rule, closed_at=None).exists()
    with clock.moved_to(start + timedelta(days=25)):
        sweep(rule)
    assert len(told(rule)) == 4


def test_an_account_nobody_sees_is_told_to_its_rep_and_the_manager_until_it_is_seen(field: World) -> None:
    account, other = field.account("Joe's", field.north), field.account("B", field.north)
    type(other).objects.filter(pk=other.pk).update(tier="B")
    rule = make(field.dee, "account.not_seen", days=20)
    start = clock.now()
    with clock.moved_to(start + timedelta(days=21)):
        sweep(rule)
        visit = field.visit(account)
        field_actions.check_in(actor=acting(field.ana), visit=visit, fix=None)
        field_actions.complete(actor=acting(field.ana), visit=visit, outcome="met")
    assert [(who, title) for who, title, _ in told(rule)] == [
        ("Ana", "Not visited: Joe's"),
        ("Ben", "Not visited: Joe's"),
    ]
    with clock.moved_to(start + timedelta(days=22)):
        sweep(rule)
    assert AlertEpisode.objects.get(rule=rule).closed_at is not None


def test_a_visit_is_missed_when_the_day_of_its_rep_is_over(field: World) -> None:
    rule = make(field.dee, "visit.missed")
    day = clock.now().astimezone(CHICAGO).date() + timedelta(days=2)
    midnight = datetime.combine(day, time(), CHICAGO).astimezone(UTC)
    field.visit(field.account("Joe's", field.north), start=midnight - timedelta(hours=9))
    for minutes, people in ((-240, []), (-1, []), (1, ["Ana", "Ben"])):
        with clock.moved_to(midnight + timedelta(minutes=minutes)):
            sweep(rule)
            assert [who for who, _, _ in told(rule)] == people


def test_accounts_that_change_hands_are_one_alert_for_each_rep_however_many(field: World) -> None:
    accounts = [field.account(f"A{n}", field.north) for n in range(3)]
    rule, start = make(field.dee, "territory.changed"), clock.now() + timedelta(minutes=1)
    for account in accounts:
        account.territories.update(valid_to=start)
        field.place(account, field.south, since=start)
    new = field.account("New", None)
    field.place(new, field.north, since=start)
    with clock.moved_to(start + timedelta(minutes=11)):
        sweep(rule)
        sweep(rule)
    assert [(who, body) for who, _, body in told(rule)] == [
        ("Ana", "Accounts that came to you: 0; accounts that went to others: 3."),
        ("Cy", "Accounts that came to you: 3; accounts that went to others: 0."),
    ]
    later = start + timedelta(hours=1)
    with clock.moved_to(later):
        field.ana.territories.update(valid_to=later)
        UserTerritory.objects.create(org=field.org, user=field.cy, territory=field.north, valid_from=later)
    with clock.moved_to(later + timedelta(minutes=11)):
        sweep(rule)
    assert next(body for who, _, body in told(rule) if who == "Cy") == (
        "Accounts that came to you: 1; accounts that went to others: 0."
    )


def test_a_plan_of_ben_s_is_told_to_ana_and_that_it_changed_and_her_own_is_not(field: World) -> None:
    rule, start = make(field.dee, "plan.published"), clock.now()
    day = (start + timedelta(days=2)).date()
    for minutes, by in ((1, field.ben), (5, field.ben), (9, field.ana)):
        at = start + timedelta(minutes=minutes)
        VisitPlan.objects.create(
            org=field.org, rep=field.ana, day=day, status="accepted", seed=1, leave_at=at, back_at=at, figures={},
            created_by=by, created_at=at, settled_by=by, settled_at=at,
        )  # fmt: skip
        with clock.moved_to(at + timedelta(seconds=1)):
            sweep(rule)
    assert told(rule) == [
        ("Ana", f"Your plan for {day}", "Ben published your plan, stops: 0."),
        ("Ana", f"Your plan for {day} has changed", "Ben changed your plan, stops now: 0."),
    ]
    assert not AlertEpisode.objects.filter(rule=rule, closed_at=None).exists()  # each is over with the next


def test_a_conflict_is_told_to_who_made_it_if_it_waits(field: World) -> None:
    rule, start, phone = make(field.dee, "sync.conflict", after_minutes=30), clock.now(), field.phone(field.ana)
    issues = [
        SyncIssue.objects.create(
            org=field.org, user=field.ana, device=phone, op_id=uuid4(), kind="conflict", code="X", entity="account"
        )
        for _ in range(2)
    ]
    SyncIssue.objects.filter(pk=issues[0].pk).update(state="resolved", resolved_at=start + timedelta(minutes=9))
    with clock.moved_to(start + timedelta(minutes=45)):
        sweep(rule)
    assert [(who, title) for who, title, _ in told(rule)] == [("Ana", "Your decision is needed")]
    assert {subject for subject, _, _ in noted(rule)} == {issues[1].pk}


def test_an_overdue_account_nearby_is_told_to_who_arrives_once_until_it_is_visited(field: World) -> None:
    far, _ = (field.account(name, field.north, lat=lat) for name, lat in (("Far", 42.5), ("Near", 42.033)))
    strange = field.account("Cy's", field.south, lat=42.032)
    here = field.account("Here", field.north)
    rule = make(field.dee, "arrival.near_overdue", metres=500, days_overdue=2)
    start = clock.now()
    for days in (10, 17, 18):
        with clock.moved_to(start + timedelta(days=days)):
            visit = field.visit(here)
            field_actions.check_in(actor=acting(field.ana), visit=visit, fix=Fix(LatLng(42.03, -93.62), 10))
            field_actions.complete(actor=acting(field.ana), visit=visit, outcome="met")
            drain()
    assert told(rule) == [
        ("Ana", "Near is near", "Near is 330 m from you, and its visit is overdue by days: 3."),
    ]
    assert {far.pk, strange.pk}.isdisjoint(subject for subject, _, _ in noted(rule))


def test_what_two_find_at_once_is_noted_and_told_by_one(field: World) -> None:
    rule = make(field.dee, "opportunity.closed")
    deal = field.deal(field.account("Joe's", field.north))
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        crm.move_stage(actor=acting(field.ana), opportunity=deal, stage=field.stages["won"], reason="price")
        [standing] = [one for one in in_force(field.org.pk, {rule.kind}) if one.rule == rule]
        span = Span(field.org.pk, rule.began_at, clock.now())
        found = standing.kind.crossings(standing.version.parameters, span)
        assert [evaluate._note(standing, found, None) for _ in range(2)] == [1, 0]
    assert Notification.objects.filter(rule=rule.key, user=field.ben).count() == 1


def test_a_rule_that_is_broken_does_not_keep_the_others(field: World, caplog: pytest.LogCaptureFixture) -> None:
    broken, sound = make(field.dee, "visit.overdue"), make(field.dee, "visit.overdue")
    AlertRule.objects.filter(pk=broken.pk).update(number=2, created_at=clock.EARLIEST)
    AlertRuleVersion.objects.create(
        id=new_id(), rule=broken, number=2, parameters={}, hears={}, severity="high", keeps_minutes=9,
        made_at=clock.now(),
    )  # fmt: skip
    now = clock.now()
    field.visit(field.account("Joe's", field.north), start=now)
    with clock.moved_to(now + timedelta(hours=1)):
        tasks.every_minute()
    assert [who for who, _, _ in told(sound)] == ["Ana", "Ben"]
    assert "alert_rule_failed" in caplog.text


def test_a_rule_said_anew_tells_nobody_again_what_it_told(field: World) -> None:
    rule = make(field.dee, "opportunity.stalled", days=10)
    field.deal(field.account("Joe's", field.north))
    start = clock.now()
    with clock.moved_to(start + timedelta(days=11)):
        sweep(rule)
        actions.edit_rule(actor=acting(field.dee), rule=rule, wish=Wish(parameters={"days": 9}))
        rule.refresh_from_db()
        assert not AlertEpisode.objects.filter(rule=rule, closed_at=None).exists()
        assert sweep(rule) == 0
    assert len(told(rule)) == 2
