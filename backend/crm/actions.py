"""Writing the CRM: accounts, contacts, deals, activities, leads."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.crm import rules
from backend.crm.lead_assignment import LeadAssignment
from backend.crm.models import (
    Account,
    AccountContactRelation,
    AccountKind,
    Activity,
    ActivityKind,
    ActivityStatus,
    Contact,
    Lead,
    LeadStatus,
    Opportunity,
    OpportunityAmount,
    Stage,
    StageHistory,
)
from backend.events import outbox
from backend.events.types import OpportunityAmountChanged, OpportunityStageMoved
from backend.identity.actor import Actor
from backend.kit import clock, locks
from backend.kit.errors import Conflict
from backend.kit.ids import new_id
from backend.kit.models import check_seen

ACCOUNT_FIELDS = (
    "name phone segment notes service_minutes visit_windows lifecycle boost consent kind number tier "
    "tags displays journal"
).split()


def _checked_account(before: Account, changes: Mapping[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[Any], object]] = {
        "name": lambda v: rules.check_text(v, "name", longest=200, required=True),
        "phone": lambda v: rules.check_text(v, "phone", longest=40),
        "segment": lambda v: rules.check_text(v, "segment", longest=100),
        "notes": lambda v: rules.check_text(v, "notes", longest=20_000),
        "number": lambda v: None if v is None else rules.check_text(v, "number", longest=40, required=True),
        "service_minutes": lambda v: rules.check_int(v, "serviceMinutes", low=1, high=1440),
        "boost": lambda v: rules.check_int(v, "boost", low=-100, high=100),
        "visit_windows": rules.check_windows,
        "consent": rules.check_consent,
        "kind": lambda v: rules.check_choice(v, "kind", list(AccountKind.values)),
        "tier": lambda v: rules.check_choice(v, "tier", ["A", "B", "C", ""]),
        "lifecycle": lambda v: rules.check_lifecycle(before.lifecycle, v),
        "tags": rules.check_tags,
        "displays": lambda v: rules.check_int(v, "displays", low=0, high=100_000),
        "journal": lambda v: rules.check_journal(before.journal, v),
    }
    return {name: checks[name](value) for name, value in changes.items()}


@transaction.atomic
def create_account(*, actor: Actor, account_id: UUID, values: Mapping[str, Any]) -> Account:
    """Makes an account from checked values; a customer number or id taken already is a Conflict."""
    account = Account(id=account_id, org_id=actor.org_id)
    for name, value in _checked_account(account, {"name": "", **values}).items():
        setattr(account, name, value)
    return _save_new(account)


@transaction.atomic
def edit_account(
    *, actor: Actor, account: Account, changes: Mapping[str, Any], base_version: int | None = None
) -> Account:
    """Changes plain fields of an account (see ACCOUNT_FIELDS). With `base_version`, refuses (Conflict) what was edited since."""
    account = Account.objects.select_for_update().get(pk=account.pk, org_id=actor.org_id)
    rules.check_standing(account)
    check_seen(account.version, base_version)
    checked = _checked_account(account, changes)
    rules.check_may_edit(actor, account, checked)
    for name, value in checked.items():
        setattr(account, name, value)
    try:
        with transaction.atomic():
            account.save(update_fields=list(checked))
    except IntegrityError as error:
        raise _number_taken() from error
    return account


@transaction.atomic
def set_parent(*, actor: Actor, account: Account, parent: Account | None) -> Account:
    """Hangs an account beneath another; two moves at once cannot make a circle between them."""
    locks.take(locks.Lock.ACCOUNT_TREE, actor.org_id)
    account = Account.objects.select_for_update().get(pk=account.pk, org_id=actor.org_id)
    # Read again under the lock: the tree above may have changed since the caller looked.
    parent = None if parent is None else Account.objects.get(pk=parent.pk)
    for one in (account, parent):
        if one is not None:
            rules.check_standing(one)
    rules.check_parent(account, parent)
    account.parent = parent
    account.save(update_fields=["parent"])
    return account


def _number_taken() -> Conflict:
    return Conflict("NUMBER_TAKEN", "Another account has that customer number.", fields={"number": "taken"})


def _save_new(account: Account) -> Account:
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        if "account_number_unique" in str(error):
            raise _number_taken() from error
        raise rules.id_taken("id") from error
    return account


@transaction.atomic
def create_contact(
    *, actor: Actor, account: Account, relation_id: UUID, contact_id: UUID, values: Mapping[str, Any], role: str = ""
) -> AccountContactRelation:
    """Makes a person and their part in the account."""
    contact = Contact(id=contact_id, org_id=actor.org_id, **_checked_contact({"full_name": "", **values}))
    relation = AccountContactRelation(
        id=relation_id,
        org_id=actor.org_id,
        account=account,
        contact=contact,
        role=rules.check_text(role, "role", longest=60),
    )
    try:
        with transaction.atomic():
            contact.save(force_insert=True)
            relation.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken("contactId") from error
    return relation


def _checked_contact(changes: Mapping[str, Any]) -> dict[str, Any]:
    longest = {"full_name": 200, "given_name": 100, "family_name": 100, "email": 254, "phone": 40}
    return {
        name: rules.check_text(value, name, longest=longest[name], required=name == "full_name")
        for name, value in changes.items()
    }


@transaction.atomic
def edit_contact(
    *, actor: Actor, relation: AccountContactRelation, changes: Mapping[str, Any], base_version: int | None = None
) -> AccountContactRelation:
    """Changes the person's fields, and the role in this account. `base_version`: of relation and person together."""
    # The person first, as everybody locks them: two must not wait for one another.
    contact = Contact.objects.select_for_update().get(pk=relation.contact_id, org_id=actor.org_id)
    relation = AccountContactRelation.objects.select_for_update().get(pk=relation.pk, org_id=actor.org_id)
    relation.contact = contact
    check_seen(relation.seen_version, base_version)
    person = {name: value for name, value in changes.items() if name != "role"}
    if person:
        checked = _checked_contact(person)
        for name, value in checked.items():
            setattr(contact, name, value)
        contact.save(update_fields=list(checked))
    if "role" in changes:
        relation.role = rules.check_text(changes["role"], "role", longest=60)
        relation.save(update_fields=["role"])
    return relation


@transaction.atomic
def create_opportunity(
    *,
    actor: Actor,
    opportunity_id: UUID,
    account: Account | None,
    name: str,
    stage: Stage,
    amount: object = None,
    close_date: date | None = None,
    reason: str = "",
) -> Opportunity:
    """Opens a deal owned by the actor, with the first line of its history."""
    rules.check_stage(stage.pipeline_id, stage, reason)
    opportunity = Opportunity(
        id=opportunity_id,
        org_id=actor.org_id,
        account=account,
        owner_id=actor.user_id,
        name=rules.check_text(name, "name", longest=200, required=True),
        pipeline_id=stage.pipeline_id,
        stage=stage,
        amount=rules.check_amount(amount, "amount"),
        opened_on=clock.now().date(),
        close_date=close_date,
        reason=rules.check_text(reason, "reason", longest=200),
    )
    try:
        with transaction.atomic():
            opportunity.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken("id") from error
    _record_move(actor, opportunity, None, stage, reason)
    if opportunity.amount is not None:
        _record_amount(actor, opportunity, None)
    return opportunity


def _record_amount(actor: Actor, opportunity: Opportunity, before: Decimal | None) -> None:
    change = OpportunityAmount.objects.create(
        org_id=opportunity.org_id,
        opportunity=opportunity,
        before=before,
        after=opportunity.amount,
        changed_by_id=actor.user_id,
        changed_at=clock.now(),
    )
    outbox.append(
        OpportunityAmountChanged(opportunity_id=opportunity.pk, change_id=change.pk, actor_id=actor.user_id),
        org_id=opportunity.org_id,
    )


def _record_move(actor: Actor, opportunity: Opportunity, before: UUID | None, stage: Stage, reason: str) -> None:
    history = StageHistory.objects.create(
        id=new_id(),
        org_id=opportunity.org_id,
        opportunity=opportunity,
        from_stage_id=before,
        to_stage=stage,
        moved_by_id=actor.user_id,
        moved_at=clock.now(),
        reason=reason,
    )
    if before is not None:
        outbox.append(
            OpportunityStageMoved(opportunity_id=opportunity.pk, history_id=history.pk, actor_id=actor.user_id),
            org_id=opportunity.org_id,
        )


@transaction.atomic
def move_stage(
    *, actor: Actor, opportunity: Opportunity, stage: Stage, reason: str = "", base_stage_id: UUID | None = None
) -> Opportunity:
    """Moves a deal to a stage of its pipeline and records it; to the stage it has, does nothing.

    With `base_stage_id`, refuses (Conflict) when the deal is no longer there."""
    opportunity = Opportunity.objects.select_for_update().get(pk=opportunity.pk, org_id=actor.org_id)
    reason = rules.check_text(reason, "reason", longest=200)
    rules.check_stage(opportunity.pipeline_id, stage, reason)
    if opportunity.stage_id == stage.pk:
        return opportunity
    rules.check_base_stage(opportunity, base_stage_id)
    before = opportunity.stage_id
    opportunity.stage = stage
    opportunity.reason = reason
    opportunity.save(update_fields=["stage", "reason"])
    _record_move(actor, opportunity, before, stage, reason)
    return opportunity


@transaction.atomic
def edit_opportunity(
    *, actor: Actor, opportunity: Opportunity, changes: Mapping[str, Any], base_version: int | None = None
) -> Opportunity:
    """Changes name, amount, close_date or notes. `base_version`: as for `edit_account`."""
    opportunity = Opportunity.objects.select_for_update().get(pk=opportunity.pk, org_id=actor.org_id)
    check_seen(opportunity.version, base_version)
    checks: dict[str, Callable[[Any], object]] = {
        "name": lambda v: rules.check_text(v, "name", longest=200, required=True),
        "notes": lambda v: rules.check_text(v, "notes", longest=20_000),
        "amount": lambda v: rules.check_amount(v, "amount"),
        "close_date": lambda v: v,
    }
    worth = opportunity.amount
    for name, value in changes.items():
        setattr(opportunity, name, checks[name](value))
    opportunity.save(update_fields=list(changes))
    if opportunity.amount != worth:
        _record_amount(actor, opportunity, worth)
    return opportunity


@transaction.atomic
def create_activity(
    *,
    actor: Actor,
    activity_id: UUID,
    kind: str,
    subject: str,
    body: str = "",
    account: Account | None = None,
    opportunity: Opportunity | None = None,
    due_at: datetime | None = None,
) -> Activity:
    """Writes down a call, mail, meeting or note (done), or a task (open)."""
    kind = rules.check_choice(kind, "kind", list(ActivityKind.values))
    is_task = kind == ActivityKind.TASK
    activity = Activity(
        id=activity_id,
        org_id=actor.org_id,
        account=account if account is not None or opportunity is None else opportunity.account,
        opportunity=opportunity,
        owner_id=actor.user_id,
        kind=kind,
        subject=rules.check_text(subject, "subject", longest=200, required=True),
        body=rules.check_text(body, "body", longest=20_000),
        due_at=None if due_at is None else clock.checked(due_at, "dueAt"),
        status=ActivityStatus.OPEN if is_task else ActivityStatus.DONE,
        done_at=None if is_task else clock.now(),
    )
    try:
        with transaction.atomic():
            activity.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken("id") from error
    return activity


@transaction.atomic
def complete_activity(
    *, actor: Actor, activity: Activity, claimed_at: datetime | None = None, offset: timedelta = timedelta(0)
) -> Activity:
    """Marks an open activity done: when the phone says, while that is believable. `offset`: to its clock, to have ours."""
    activity = Activity.objects.select_for_update().get(pk=activity.pk, org_id=actor.org_id)
    rules.check_task_open(activity.status)
    activity.status = ActivityStatus.DONE
    activity.done_at = clock.happened_at(clock.believable(claimed_at, offset), clock.now())
    activity.save(update_fields=["status", "done_at"])
    return activity


@transaction.atomic
def create_lead(*, actor: Actor, lead_id: UUID, company: str, values: Mapping[str, Any] | None = None) -> Lead:
    """Takes a lead down; the actor owns it."""
    longest = {"person_name": 200, "phone": 40, "email": 254, "source": 60}
    lead = Lead(
        id=lead_id,
        org_id=actor.org_id,
        owner_id=actor.user_id,
        company=rules.check_text(company, "company", longest=200, required=True),
        **{name: rules.check_text(value, name, longest=longest[name]) for name, value in (values or {}).items()},
    )
    try:
        with transaction.atomic():
            lead.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken("id") from error
    return lead


@transaction.atomic
def convert_lead(*, actor: Actor, lead: Lead, account_id: UUID) -> Account:
    """Makes an account of a lead, once: the lead is qualified by it and points to it."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk, org_id=actor.org_id)
    rules.check_lead_move(lead.status, LeadStatus.QUALIFIED, "")
    account = create_account(
        actor=actor, account_id=account_id, values={"name": lead.company, "phone": lead.phone, "segment": ""}
    )
    lead.status = LeadStatus.QUALIFIED
    lead.converted_account = account
    lead.save(update_fields=["status", "converted_account"])
    LeadAssignment.take_up(lead.pk)
    return account


@transaction.atomic
def move_lead(*, actor: Actor, lead: Lead, status: LeadStatus, reason: str = "") -> Lead:
    """Moves a lead along new → working → qualified | disqualified."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk, org_id=actor.org_id)
    rules.check_not_by_hand(status)
    rules.check_lead_move(lead.status, status, reason)
    lead.status = status
    lead.reason = rules.check_text(reason, "reason", longest=200)
    lead.save(update_fields=["status", "reason"])
    LeadAssignment.take_up(lead.pk)
    return lead
