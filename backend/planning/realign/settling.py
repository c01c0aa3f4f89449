"""Doing what an alignment means for planned visits: the worker's part, some at a time.

Before the instant it is decided and written down, and who keeps a visit is shown its account: at the instant it would leave
their phone. After it the visits are handed over or called off, each by itself, by the authority of who activated."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from backend.crm.models import Account
from backend.events import outbox
from backend.events.types import TerritoryAlignmentSettled
from backend.field.actions import leave_undone, schedule_visit
from backend.field.handover import hand_over
from backend.field.lifecycle import VisitState
from backend.field.models import Visit, VisitSource
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.kit.ids import new_id
from backend.kit.logs import logger
from backend.planning.realign import impact
from backend.planning.realign.appointing import decide_appointments, note_kept, settle_appointments
from backend.planning.realign.hands import ask, people, values
from backend.planning.realign.visits import AHEAD, SHOWN_AFTER, outcomes
from backend.territories.alignment.carrying import carry_some
from backend.territories.models import (
    AccountShare,
    Alignment,
    AlignmentAppointment,
    AlignmentState,
    AlignmentVisit,
    VisitFate,
)

BATCH = 20
"""Visits in one transaction: few enough that a rep who wants one of them at that moment does not wait for long."""
_log = logger("planning")

_AFTERWARDS = "SELECT account_id, t FROM hands"


def advance() -> int:
    """Does one step of some alignment: decides about visits and appointments, carries accounts, or settles what was decided; 0
    when nothing is due."""
    return decide_visits() or carry_some() or settle_some()


@transaction.atomic
def decide_visits() -> int:
    """Writes down, for an alignment that has begun, what becomes of each visit; returns 1 when it did, else 0."""
    rows = Alignment.objects.select_for_update(skip_locked=True)
    alignment = rows.filter(state=AlignmentState.MOVING).exclude(report__has_key="impact").first()
    if alignment is None:
        return 0
    alignment.report["impact"] = impact.as_json(alignment)
    returning = _returning(alignment)
    handled = {one.visit_id for one in returning} | {one.made_id for one in returning}
    coming = [
        AlignmentVisit(
            alignment=alignment,
            visit_id=one.visit.id,
            account_id=one.visit.account,
            rep_id=one.visit.rep,
            taker_id=one.rep,
            fate=one.fate,
        )
        for one in outcomes(alignment)
        if one.visit.id not in handled
    ]
    AlignmentVisit.objects.bulk_create([*returning, *coming], batch_size=2_000)
    kept = [one for one in coming if one.fate == VisitFate.KEPT]
    ends = dict(Visit.objects.filter(pk__in=[one.visit_id for one in kept]).values_list("pk", "planned_end"))
    meetings = decide_appointments(alignment)
    shares = _show(
        alignment,
        [
            *((one.account_id, one.rep_id, ends[one.visit_id]) for one in kept),
            *((one.account_id, one.rep_id, stays_until) for one, stays_until in meetings),
        ],
    )
    for visit in kept:
        visit.done, visit.made_id = True, shares.get((visit.account_id, visit.rep_id))
    AlignmentVisit.objects.bulk_update(kept, ["done", "made_id"], batch_size=2_000)
    note_kept([one for one, _ in meetings], shares)
    alignment.save(update_fields=["report"])
    return 1


def _returning(alignment: Alignment) -> list[AlignmentVisit]:
    """Returns, for a rollback, what gives back the visits of the alignment that is taken back, where their accounts go back."""
    if alignment.undoes_id is None:
        return []
    there = dict(ask(_AFTERWARDS, values(alignment)))
    after = people(alignment, "after")
    fates = {VisitFate.REASSIGNED: VisitFate.RETURNED, VisitFate.SUGGESTED: VisitFate.RENEWED}
    before = AlignmentVisit.objects.filter(alignment_id=alignment.undoes_id, done=True, fate__in=list(fates))
    return [
        AlignmentVisit(
            alignment=alignment,
            visit_id=one.visit_id,
            account_id=one.account_id,
            rep_id=one.taker_id,
            taker_id=one.rep_id,
            fate=fates[VisitFate(one.fate)],
        )
        for one in before.order_by("id")
        if one.rep_id in after.get(there.get(one.account_id, alignment.pk), ())
    ]


def _show(alignment: Alignment, kept: Iterable[tuple[UUID, UUID, datetime]]) -> dict[tuple[UUID, UUID], UUID]:
    """Shows the accounts of what stays (account, rep, its end) to those who keep it, until a day after the last; returns the
    shares that it took."""
    until: dict[tuple[UUID, UUID], datetime] = {}
    for account, rep, ends_at in kept:
        end = ends_at + SHOWN_AFTER
        until[account, rep] = max(until.get((account, rep), end), end)
    now = clock.now()
    shown = AccountShare.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=now),
        deleted_at=None,
        valid_from__lte=now,
        account__in={one for one, _ in until},
    )
    for account, rep, shown_until in shown.values_list("account_id", "user_id", "valid_to"):
        if (account, rep) in until and (shown_until is None or shown_until >= until[account, rep]):
            del until[account, rep]
    made = {
        key: AccountShare(
            id=new_id(),
            org_id=alignment.org_id,
            account_id=key[0],
            user_id=key[1],
            shared_by_id=alignment.asked_by_id or alignment.created_by_id,
            valid_from=now,
            valid_to=end,
        )
        for key, end in until.items()
    }
    AccountShare.objects.bulk_create(made.values(), batch_size=2_000)
    return {key: share.pk for key, share in made.items()}


@transaction.atomic
def settle_some() -> int:
    """Settles some visits of an alignment whose accounts have gone; with none left it is done. Returns how many, or 0."""
    rows = Alignment.objects.select_for_update(skip_locked=True, of=("self",)).select_related("asked_by")
    alignment = rows.filter(state=AlignmentState.SETTLING).order_by("effective_at").first()
    if alignment is None:
        return 0
    assert alignment.asked_by is not None
    actor = actor_of(alignment.asked_by)
    waiting = list(alignment.visits.filter(done=None).order_by("id")[:BATCH])
    for one in waiting:
        one.done = _settle(actor, one)
        one.save(update_fields=["done", "made_id"])
    if waiting:
        return len(waiting)
    if settled := settle_appointments(actor, alignment, BATCH):
        return settled
    _end_shares(alignment)
    alignment.state, alignment.finished_at = AlignmentState.DONE, clock.now()
    alignment.save(update_fields=["state", "finished_at"])
    outbox.append(TerritoryAlignmentSettled(alignment_id=alignment.pk, actor_id=actor.user_id), org_id=alignment.org_id)
    return 1


def _settle(actor: Actor, one: AlignmentVisit) -> bool:
    """Does it; says whether it could be done: the rep may have begun, or called it off, before us."""
    visit = Visit.objects.select_related("account").get(pk=one.visit_id)
    taker = User.objects.get(pk=one.taker_id)
    expected = VisitState.CANCELLED if one.fate == VisitFate.RENEWED else VisitState.PLANNED
    if visit.deleted_at is not None or visit.state != expected:
        return False
    try:
        # A savepoint of its own: what one visit refuses must not undo the others.
        with transaction.atomic():
            match VisitFate(one.fate):
                case VisitFate.REASSIGNED | VisitFate.RETURNED:
                    if visit.rep_id != one.rep_id:
                        return False
                    hand_over(actor=actor, visit=visit, rep=taker)
                case VisitFate.SUGGESTED:
                    reason = f"Territories changed: the account is {taker.name_shown}'s now."
                    leave_undone(actor=actor, visit=visit, state=VisitState.CANCELLED, reason=reason)
                case VisitFate.RENEWED:
                    one.made_id = _renew(actor, visit, taker)
                    return one.made_id is not None
    except DomainError as error:
        _log.info("visit_not_settled", visit=str(visit.pk), code=error.code)
        return False
    return True


def _renew(actor: Actor, visit: Visit, rep: User) -> UUID | None:
    """Plans a visit again that was called off, unless its time is over or the account has another."""
    ahead = Visit.objects.filter(account=visit.account, deleted_at=None, state__in=AHEAD, planned_end__gt=clock.now())
    if visit.planned_start <= clock.now() or ahead.exists():
        return None
    account = Account.objects.get(pk=visit.account_id)
    again = schedule_visit(
        actor=actor,
        account=account,
        rep=rep,
        start=visit.planned_start,
        end=visit.planned_end,
        purpose=visit.purpose,
        source=VisitSource(visit.source),
        plan_id=visit.plan_id,
    )
    return again.pk


def _end_shares(alignment: Alignment) -> None:
    """Who has the account again needs not be shown it any more."""
    if alignment.undoes_id is None:
        return
    now = clock.now()
    visits = AlignmentVisit.objects.filter(alignment_id=alignment.undoes_id, fate=VisitFate.KEPT)
    meetings = AlignmentAppointment.objects.filter(alignment_id=alignment.undoes_id, share_id__isnull=False)
    given = [
        *visits.values_list("made_id", "account_id", "rep_id"),
        *meetings.values_list("share_id", "account_id", "rep_id"),
    ]
    there = dict(ask(_AFTERWARDS, values(alignment)))
    after = people(alignment, "after")
    ended = [
        share
        for share, account, rep in given
        if share is not None and rep in after.get(there.get(account, alignment.pk), ())
    ]
    AccountShare.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), pk__in=ended, valid_from__lt=now).update(
        valid_to=now
    )
