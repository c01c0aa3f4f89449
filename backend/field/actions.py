"""Working in the field: schedule, set out, check in, report, skip, cancel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.crm.models import Account, Address
from backend.events import outbox
from backend.events.types import VisitCheckedIn, VisitCompleted, VisitOverdue
from backend.field import rules
from backend.field.geofence import Fix, judge
from backend.field.lifecycle import VisitState
from backend.field.models import CheckIn, Visit, VisitReport, VisitSource
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.kit.ids import new_id


@transaction.atomic
def schedule_visit(
    *,
    actor: Actor,
    account: Account,
    rep: User,
    start: datetime,
    end: datetime,
    visit_id: UUID | None = None,
    purpose: str = "",
    source: VisitSource = VisitSource.MANUAL,
    plan_id: UUID | None = None,
) -> Visit:
    """Puts a visit into a rep's calendar (`visit_id` made by the client, so that asking twice makes one)."""
    rules.check_may_plan_for(actor, rep.pk)
    rules.check_span(start, end)
    visit = Visit(
        id=visit_id or new_id(),
        org_id=actor.org_id,
        account=account,
        rep=rep,
        planned_start=start,
        planned_end=end,
        purpose=purpose[:100],
        source=source,
        plan_id=plan_id,
    )
    _insert(visit)
    return visit


def _insert(row: Visit | CheckIn | VisitReport) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken() from error


def _locked(visit: Visit) -> Visit:
    return Visit.objects.select_for_update().get(pk=visit.pk)


@transaction.atomic
def set_out(*, actor: Actor, visit: Visit) -> Visit:
    """The rep is on the way."""
    visit = _locked(visit)
    rules.check_works_on(actor, visit)
    rules.check_move(visit, VisitState.EN_ROUTE)
    visit.state = VisitState.EN_ROUTE
    visit.save(update_fields=["state"])
    return visit


@transaction.atomic
def check_in(
    *, actor: Actor, visit: Visit, fix: Fix | None, claimed_at: datetime | None = None, check_in_id: UUID | None = None
) -> CheckIn:
    """The rep stands at the account: the visit begins, and distance, accuracy and verdict are kept whatever they are."""
    visit = _locked(visit)
    rules.check_works_on(actor, visit)
    rules.check_move(visit, VisitState.IN_PROGRESS)
    others = Visit.objects.filter(rep_id=visit.rep_id, state=VisitState.IN_PROGRESS, deleted_at=None)
    if others.exists():
        raise rules.one_in_progress()
    claimed_at = rules.believable(claimed_at)
    at = rules.happened_at(claimed_at, clock.now())
    home = Address.objects.filter(account_id=visit.account_id, is_primary=True, deleted_at=None).first()
    point = LatLng(home.lat, home.lng) if home and home.lat is not None and home.lng is not None else None
    judgement = judge(point, fix)
    evidence = CheckIn(
        id=check_in_id or new_id(),
        org_id=visit.org_id,
        visit=visit,
        rep_id=actor.user_id,
        at=at,
        claimed_at=claimed_at,
        lat=fix.point.lat if fix else None,
        lng=fix.point.lng if fix else None,
        accuracy_m=fix.accuracy_m if fix else None,
        distance_m=judgement.distance_m,
        verdict=judgement.verdict,
    )
    _insert(evidence)
    visit.state = VisitState.IN_PROGRESS
    visit.started_at = at
    visit.save(update_fields=["state", "started_at"])
    outbox.append(
        VisitCheckedIn(visit_id=visit.pk, check_in_id=evidence.pk, actor_id=actor.user_id), org_id=visit.org_id
    )
    return evidence


@transaction.atomic
def complete(
    *,
    actor: Actor,
    visit: Visit,
    outcome: str,
    summary: str = "",
    answers: Mapping[str, Any] | None = None,
    claimed_at: datetime | None = None,
    report_id: UUID | None = None,
) -> VisitReport:
    """Ends the visit with its report, which never changes again."""
    visit = _locked(visit)
    rules.check_works_on(actor, visit)
    rules.check_move(visit, VisitState.COMPLETED)
    rules.check_outcome(outcome)
    checked = rules.check_answers(answers or {})
    claimed_at = rules.believable(claimed_at)
    at = rules.happened_at(claimed_at, clock.now())
    report = VisitReport(
        id=report_id or new_id(),
        org_id=visit.org_id,
        visit=visit,
        author_id=actor.user_id,
        outcome=outcome,
        summary=summary,
        answers=dict(checked),
        submitted_at=at,
    )
    _insert(report)
    visit.state = VisitState.COMPLETED
    visit.ended_at = max(at, visit.started_at) if visit.started_at else at
    visit.save(update_fields=["state", "ended_at"])
    outbox.append(VisitCompleted(visit_id=visit.pk, actor_id=actor.user_id), org_id=visit.org_id)
    return report


@transaction.atomic
def leave_undone(*, actor: Actor, visit: Visit, state: VisitState, reason: str) -> Visit:
    """Skips or cancels a visit, with the reason. A manager may cancel for a rep."""
    visit = _locked(visit)
    if not (actor.leads and state is VisitState.CANCELLED):
        rules.check_works_on(actor, visit)
    rules.check_move(visit, state, reason)
    visit.state = state
    visit.reason = reason.strip()[:200]
    visit.save(update_fields=["state", "reason"])
    return visit


def announce_overdue(*, limit: int = 500) -> int:
    """Tells of planned visits whose end passed within the last day and that nobody began; each once. Returns how many."""
    now = clock.now()
    late = Visit.objects.filter(
        state__in=[VisitState.PLANNED, VisitState.EN_ROUTE],
        deleted_at=None,
        planned_end__lt=now,
        planned_end__gte=now - rules.LONGEST_VISIT,
    ).order_by("planned_end")[:limit]
    with transaction.atomic():
        for visit in late:
            outbox.append(
                VisitOverdue(visit_id=visit.pk, account_id=visit.account_id, rep_id=visit.rep_id),
                org_id=visit.org_id,
                dedupe_key=f"visit.overdue:{visit.pk}",
            )
    return len(late)
