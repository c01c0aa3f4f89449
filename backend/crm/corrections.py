"""Putting right what was written down: an activity, a lead, a task that falls away, a person who has left."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from backend.crm import rules
from backend.crm.models import AccountContactRelation, Activity, ActivityStatus, Lead
from backend.identity.actor import Actor
from backend.kit import clock


@transaction.atomic
def edit_activity(*, actor: Actor, activity: Activity, changes: Mapping[str, Any]) -> Activity:
    """Changes subject, body or due_at of an activity; its owner's, or of one beneath."""
    activity = Activity.objects.select_for_update().get(pk=activity.pk, org_id=actor.org_id)
    rules.check_own(actor, activity.owner_id, "activity")
    checks: dict[str, Callable[[Any], object]] = {
        "subject": lambda v: rules.check_text(v, "subject", longest=200, required=True),
        "body": lambda v: rules.check_text(v, "body", longest=20_000),
        "due_at": lambda v: None if v is None else clock.checked(v, "dueAt"),
    }
    for name, value in changes.items():
        setattr(activity, name, checks[name](value))
    activity.save(update_fields=list(changes))
    return activity


@transaction.atomic
def cancel_activity(*, actor: Actor, activity: Activity) -> Activity:
    """A task falls away. What was done, a call or a note, is not taken back: it happened."""
    activity = Activity.objects.select_for_update().get(pk=activity.pk, org_id=actor.org_id)
    rules.check_own(actor, activity.owner_id, "activity")
    rules.check_task_open(activity.status)
    activity.status = ActivityStatus.CANCELLED
    activity.save(update_fields=["status"])
    return activity


@transaction.atomic
def edit_lead(*, actor: Actor, lead: Lead, changes: Mapping[str, Any]) -> Lead:
    """Changes plain fields of a lead that is not yet an account."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk, org_id=actor.org_id)
    rules.check_lead_open(lead.status)
    longest = {"company": 200, "person_name": 200, "phone": 40, "email": 254, "source": 60}
    for name, value in changes.items():
        setattr(lead, name, rules.check_text(value, name, longest=longest[name], required=name == "company"))
    lead.save(update_fields=list(changes))
    return lead


@transaction.atomic
def remove_contact(*, actor: Actor, relation: AccountContactRelation) -> AccountContactRelation:
    """Takes a person off an account; what they are elsewhere stays."""
    relation = AccountContactRelation.objects.select_for_update(of=("self",)).get(pk=relation.pk, org_id=actor.org_id)
    rules.check_may_edit(actor, relation.account, {})
    if relation.deleted_at is None:
        relation.deleted_at = clock.now()
        relation.save(update_fields=["deleted_at"])
    return relation
