"""Putting right what was written down: an activity, a lead, a task that falls away, a person who has left."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from backend.crm import rules
from backend.crm.models import AccountContactRelation, Activity, ActivityStatus, Contact, Lead
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.models import check_seen


@transaction.atomic
def edit_activity(
    *, actor: Actor, activity: Activity, changes: Mapping[str, Any], base_version: int | None = None
) -> Activity:
    """Changes subject, body or due_at of an activity; its owner's, or of one beneath.

    With `base_version`, refuses (Conflict) what was edited since."""
    activity = Activity.objects.select_for_update().get(pk=activity.pk, org_id=actor.org_id)
    rules.check_own(actor, activity.owner_id, "activity")
    check_seen(activity.version, base_version)
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
def edit_lead(*, actor: Actor, lead: Lead, changes: Mapping[str, Any], base_version: int | None = None) -> Lead:
    """Changes plain fields of a lead that is not yet an account. `base_version`: as for `edit_activity`."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk, org_id=actor.org_id)
    rules.check_lead_open(lead.status)
    check_seen(lead.version, base_version)
    longest = {"company": 200, "person_name": 200, "phone": 40, "email": 254, "source": 60}
    for name, value in changes.items():
        setattr(lead, name, rules.check_text(value, name, longest=longest[name], required=name == "company"))
    lead.save(update_fields=list(changes))
    return lead


@transaction.atomic
def remove_contact(
    *, actor: Actor, relation: AccountContactRelation, base_version: int | None = None
) -> AccountContactRelation:
    """Takes a person off an account; what they are elsewhere stays. `base_version`: of relation and person together."""
    # The person first, as their edit locks them: two must not wait for one another.
    contact = Contact.objects.select_for_update().get(pk=relation.contact_id, org_id=actor.org_id)
    relation = AccountContactRelation.objects.select_for_update(of=("self",)).get(pk=relation.pk, org_id=actor.org_id)
    relation.contact = contact
    rules.check_may_edit(actor, relation.account, {})
    if relation.deleted_at is None:
        check_seen(relation.seen_version, base_version)
        relation.deleted_at = clock.now()
        relation.save(update_fields=["deleted_at"])
    return relation
