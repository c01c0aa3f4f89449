"""What grows beneath the thicket: plans and their runs, alerts, drafts of territories, issues of phones, working time."""

from datetime import date, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from backend.crm.models import Account
from backend.field.models import Absence, WorkingHours, WorkPlace
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.alerting.models import AlertEpisode, AlertRule, AlertRuleVersion
from backend.notifications.models import Notification
from backend.planning.models import PlanDrop, PlanPart, PlanRun, PlanStop, VisitPlan
from backend.planning.travel.models import TravelProfile
from backend.sync.models import SyncIssue
from backend.territories.models import (
    Alignment,
    AlignmentEntry,
    AlignmentMove,
    ModelState,
    TerritoryModel,
    TerritoryMove,
)
from tests.factories.world import World

DAY = date(2026, 3, 2)
Ids = dict[str, list[UUID]]


def undergrow(world: World, dice: Random) -> Ids:
    """Grows it; returns ids by the root field that takes them."""
    accounts = list(Account.objects.filter(org=world.org).order_by("id")[:6])
    return (
        _plans(world, dice, accounts)
        | _alerts(world, dice, accounts)
        | _territories(world, accounts)
        | _issues(world, accounts)
        | _time(world)
    )


def _plans(world: World, dice: Random, accounts: list[Account]) -> Ids:
    org, now, reps = world.org, clock.now(), (world.ana, world.cy)
    runs, parts, plans = [], [], []
    for leader, kind, scope in ((world.ben, "week", "team"), (world.ana, "cycle", "rep"), (world.dee, "week", "org")):
        run = PlanRun.objects.create(
            org=org, kind=kind, scope=scope, leader=leader, first_day=DAY, days=5, seed=2**31 - 1, seconds=0.5, total=2,
            asked_by=leader, created_at=now, figures={"prize": 3},
        )  # fmt: skip
        runs.append(run.pk)
        for rep in reps:
            trouble = dice.choice([{}, {"code": "NO_HOURS", "message": "ü", "fields": {"day": "x"}}])
            part = PlanPart.objects.create(run=run, rep=rep, trouble=trouble, first_plan_at=dice.choice([None, now]))
            parts.append(part.pk)
            _drop(dice, accounts, part=part)
            for number in range(4):
                plan = VisitPlan.objects.create(
                    org=org, rep=rep, day=DAY + timedelta(number), seed=number, leave_at=now, back_at=now + timedelta(1),
                    figures={"b": 1.5, "a": None}, created_by=leader, created_at=now, part=part,
                )  # fmt: skip
                plans.append(plan.pk)
                _drop(dice, accounts, plan=plan)
                for position, account in enumerate(dice.sample(accounts, 4)):
                    PlanStop.objects.create(
                        plan=plan, position=position, account=account, fixed=dice.random() < 0.5, arrival=now,
                        planned_start=now, planned_end=now + timedelta(hours=1), wait_seconds=0, prize=7, why="due",
                    )  # fmt: skip
    for known in (None, world.ana):
        TravelProfile.objects.create(
            org=org, rep=known, scale=1.5, exponent=0.75, made_at=now, first_day=DAY, last_day=DAY, drives=40, pauses=0.1,
            people=3, error_before=20.5, error_after=1 / 3, adopted=known is None,
        )  # fmt: skip
    return {
        "planRun": runs,
        "runId": runs,
        "planPart": parts,
        "plan": plans,
        "comparePlans": plans,
        "comparePlanRuns": runs,
    }


def _drop(dice: Random, accounts: list[Account], **of: Any) -> None:
    for prize in (5, 5, 9, 1):
        PlanDrop.objects.create(
            account=dice.choice(accounts), reason="DAY_FULL", detail="full", prize=prize, why="due", **of,
            displaced_by=dice.choice([[], [str(accounts[0].pk)]]), removed_from=dice.choice([None, DAY]),
        )  # fmt: skip


def _alerts(world: World, dice: Random, accounts: list[Account]) -> Ids:
    org, now = world.org, clock.now()
    rules = []
    for number, branch in enumerate((None, world.ben, world.bea)):
        rule = AlertRule.objects.create(
            org=org,
            key=f"k{number}",
            kind="overdue",
            name=f"Rule {number}",
            began_at=now,
            created_at=now,
            branch=branch,
            number=2,
        )
        rules.append(rule.pk)
        said = []
        for version in (1, 2):
            one = AlertRuleVersion.objects.create(
                rule=rule, number=version, parameters={"days": version}, severity="normal", keeps_minutes=60, made_at=now,
                hears={"rep": True, "managers": "direct", "named": [str(world.ana.pk)]},
                made_by=dice.choice([None, world.dee]),
            )  # fmt: skip
            said.append(one)
        for account in accounts:
            AlertEpisode.objects.create(
                rule=rule, version=said[-1], subject_entity="account", subject_id=account.pk, root_id=account.pk,
                episode=str(account.pk), opened_at=now, noticed_at=now, closed_at=dice.choice([None, now]),
            )  # fmt: skip
    told = []
    for user in (world.ana, world.cy, world.dee, world.pat):
        for number, account in enumerate(accounts):
            told.append(
                Notification.objects.create(
                    org=org, user=user, rule="k0", subject_entity="account", subject_id=account.pk, root_id=account.pk,
                    episode=f"{number}", occurred_at=now, addressed_at=now, title_key="overdue", title='Dué "now"',
                    body="tab\t", expires_at=now + timedelta(1), read_at=dice.choice([None, now]),
                ).pk
            )  # fmt: skip
    return {"alertRule": rules, "ruleId": rules, "notificationId": told}


def _territories(world: World, accounts: list[Account]) -> Ids:
    org, now = world.org, clock.now()
    drafts = []
    for name, branch in (("Next", None), ("Ben's", world.ben)):
        model = TerritoryModel.objects.create(org=org, name=name, state=ModelState.PLANNING)
        draft = Alignment.objects.create(org=org, model=model, created_by=world.dee, created_at=now, branch=branch)
        drafts.append(draft.pk)
        for what in ("created", "edited", "looked"):
            AlignmentEntry.objects.create(alignment=draft, at=now, by=world.dee, what=what)
        for account in accounts:
            AlignmentMove.objects.create(
                alignment=draft,
                account_id=account.pk,
                why="rule",
                from_territory_id=world.north.pk,
                to_territory_id=world.south.pk,
            )
    TerritoryMove.objects.create(
        org=org, source=world.north, target=world.south, asked_by=world.dee, asked_at=now, total=3
    )
    return {"alignment": drafts, "alignmentId": drafts}


def _issues(world: World, accounts: list[Account]) -> Ids:
    issues = []
    conflict = [{"name": "amount", "policy": "ask", "base": "1", "mine": "2", "theirs": "3"}]
    for user in (world.ana, world.cy, world.pat):
        phone = world.phone(user)
        for account, fields in zip(accounts, (conflict, [], conflict), strict=False):
            issue = SyncIssue.objects.create(
                org=world.org, user=user, device=phone, op_id=new_id(), kind="CONFLICT", code="EDITED_MEANWHILE",
                entity="opportunity", entity_id=account.pk, root=account.pk, fields=fields, name="opportunity.edit",
                mine={"amount": "2", "name": "é"}, theirs={"amount": "3"},
            )  # fmt: skip
            issues.append(issue.pk)
    return {"syncIssue": issues}


def _time(world: World) -> Ids:
    org = world.org
    place = WorkPlace.objects.create(org=org, name="Depot", lat=42.0, lng=-93.5)
    for user in (world.ana, world.cy):
        for number in range(4):
            Absence.objects.create(
                org=org, user=user, first_day=DAY + timedelta(number), last_day=DAY + timedelta(number),
                starts=time(9, 0, 0, 250000) if number == 1 else None, ends=time(17) if number == 1 else None, reason="ü",
            )  # fmt: skip
        WorkingHours.objects.create(
            org=org, user=user, weekday=6, start=time(8, 30, 15), end=time(12), start_place=place, end_lat=42.0,
            end_lng=-93.0, breaks=[{"from": "10:00", "to": "11:00", "minutes": 15}],
        )  # fmt: skip
    return {}
