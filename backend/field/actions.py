"""Working in the field: schedule, set out, check in, report, skip, cancel."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.crm.models import Account
from backend.crm.rules import check_standing
from backend.events import outbox
from backend.events.types import VisitCheckedIn, VisitCompleted, VisitOverdue
from backend.field import evidence, rules
from backend.field.evidence import NO_OFFSET
from backend.field.geofence import Fix
from backend.field.lifecycle import VisitState
from backend.field.models import CheckIn, Visit, VisitReport, VisitSource
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.models import check_seen


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
    # Whoever merges the account waits for us, or we for them: no visit is left behind under the one that went.
    check_standing(Account.objects.select_for_update(no_key=True).get(pk=account.pk, org_id=actor.org_id))
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
    evidence.insert(visit)
    return visit


def locked(visit: Visit) -> Visit:
    """Returns the visit as it stands, locked until the transaction ends."""
    return Visit.objects.select_for_update().get(pk=visit.pk)


@transaction.atomic
def set_out(*, actor: Actor, visit: Visit) -> Visit:
    """The rep is on the way."""
    visit = locked(visit)
    rules.check_works_on(actor, visit)
    rules.check_move(visit, VisitState.EN_ROUTE)
    visit.state = VisitState.EN_ROUTE
    visit.save(update_fields=["state"])
    return visit


@transaction.atomic
def check_in(
    *,
    actor: Actor,
    visit: Visit,
    fix: Fix | None,
    claimed_at: datetime | None = None,
    check_in_id: UUID | None = None,
    offset: timedelta = NO_OFFSET,
    trail: Sequence[Fix] = (),
) -> CheckIn:
    """The rep stands at the account: the visit begins, and distance, accuracy and verdict are kept whatever they are.

    `offset`: what to add to the phone's clock to have ours. `trail`: the fixes before it, which say how long they stayed."""
    visit = locked(visit)
    rules.check_works_on(actor, visit)
    rules.check_move(visit, VisitState.IN_PROGRESS)
    rules.check_free(visit.rep_id)
    seen = evidence.write_check_in(
        actor=actor,
        visit=visit,
        fix=fix,
        claimed_at=claimed_at,
        check_in_id=check_in_id,
        offset=offset,
        trail=trail,
    )
    visit.state = VisitState.IN_PROGRESS
    visit.started_at = seen.at
    try:
        with transaction.atomic():
            visit.save(update_fields=["state", "started_at"])
    except IntegrityError as error:
        # Begun on another phone of theirs since we looked.
        raise rules.one_in_progress() from error
    outbox.append(VisitCheckedIn(visit_id=visit.pk, check_in_id=seen.pk, actor_id=actor.user_id), org_id=visit.org_id)
    return seen


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
    offset: timedelta = NO_OFFSET,
) -> VisitReport:
    """Ends the visit with its report, which never changes again. `offset`: as for `check_in`."""
    visit = locked(visit)
    rules.check_works_on(actor, visit)
    rules.check_move(visit, VisitState.COMPLETED)
    report = evidence.write_report(
        actor=actor,
        visit=visit,
        outcome=outcome,
        summary=summary,
        answers=answers,
        claimed_at=claimed_at,
        report_id=report_id,
        offset=offset,
    )
    visit.state = VisitState.COMPLETED
    visit.ended_at = max(report.submitted_at, visit.started_at) if visit.started_at else report.submitted_at
    visit.save(update_fields=["state", "ended_at"])
    outbox.append(VisitCompleted(visit_id=visit.pk, actor_id=actor.user_id), org_id=visit.org_id)
    return report


@transaction.atomic
def edit_visit(*, actor: Actor, visit: Visit, changes: Mapping[str, Any], base_version: int | None = None) -> Visit:
    """Changes planned_start, planned_end or purpose of a visit not yet begun; its rep's, or of one beneath.

    With `base_version`, refuses (Conflict) what was edited since."""
    visit = locked(visit)
    rules.check_may_plan_for(actor, visit.rep_id)
    rules.check_not_begun(visit)
    check_seen(visit.version, base_version)
    for name, value in changes.items():
        setattr(visit, name, rules.check_purpose(value) if name == "purpose" else rules.check_instant(value, name))
    rules.check_span(visit.planned_start, visit.planned_end)
    visit.save(update_fields=list(changes))
    return visit


@transaction.atomic
def leave_undone(*, actor: Actor, visit: Visit, state: VisitState, reason: str) -> Visit:
    """Skips or cancels a visit, with the reason. A manager may cancel for a rep."""
    visit = locked(visit)
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
