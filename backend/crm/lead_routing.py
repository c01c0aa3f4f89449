"""Giving a lead to a person: it has exactly one owner, and goes to their phone with the next pull."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.crm import actions, rules
from backend.crm.lead_assignment import LeadAssignment
from backend.crm.models import Lead
from backend.events import outbox
from backend.events.types import LeadAssigned
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.models import check_seen


@transaction.atomic
def assign_lead(*, actor: Actor, lead: Lead, to: User, base_version: int | None = None) -> Lead:
    """Gives an open lead to somebody whom the actor leads; whose it is already, nothing changes.

    Raises NotPermitted (MANAGERS_ONLY), Conflict (LEAD_STATUS, EDITED_MEANWHILE) and Invalid (LEAD_OWNER)."""
    rules.check_may_assign(actor)
    rules.check_lead_owner(to)
    lead = Lead.objects.select_for_update().get(pk=lead.pk, org_id=actor.org_id)
    rules.check_lead_open(lead.status)
    check_seen(lead.version, base_version)
    if lead.owner_id == to.pk:
        return lead
    given = LeadAssignment.objects.create(
        org_id=lead.org_id,
        lead=lead,
        before_id=lead.owner_id,
        after=to,
        assigned_by_id=actor.user_id,
        assigned_at=clock.now(),
    )
    lead.owner = to
    lead.save(update_fields=["owner"])
    outbox.append(LeadAssigned(lead_id=lead.pk, assignment_id=given.pk, actor_id=actor.user_id), org_id=lead.org_id)
    return lead


@transaction.atomic
def create_lead_for(
    *, actor: Actor, to: User, lead_id: UUID, company: str, values: Mapping[str, Any] | None = None
) -> Lead:
    """Takes a lead down and gives it to somebody. Raises as `create_lead` and `assign_lead`."""
    lead = actions.create_lead(actor=actor, lead_id=lead_id, company=company, values=values)
    return assign_lead(actor=actor, lead=lead, to=to)
