"""Mutations of activities and leads."""

from backend.crm import actions, corrections
from backend.crm.models import Activity, Lead, LeadStatus
from backend.crm.rules import check_choice
from backend.sync.mutators import decode, reach
from backend.sync.mutators.merging import patch, patchable, standing
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation
from backend.territories.actions import open_account_of_lead

ACTIVITY = patchable("activity", (Activity, "subject body due_at"))
LEAD = patchable("lead", (Lead, "company person_name phone email source"))


@mutator("activity.create", evidence=True)
def create_activity(caller: Caller, mutation: Mutation) -> Outcome:
    """Writes down what was done, or is to be done."""
    args = mutation.args
    decode.only(args, "accountId", "opportunityId", "kind", "subject", "body", "dueAt")
    account_id, deal_id = decode.optional_uuid(args, "accountId"), decode.optional_uuid(args, "opportunityId")
    actions.create_activity(
        actor=caller.actor,
        activity_id=decode.entity_id(mutation),
        kind=decode.text(args, "kind"),
        subject=decode.text(args, "subject"),
        body=decode.text(args, "body"),
        account=None if account_id is None else reach.account_for_evidence(caller, account_id),
        opportunity=None if deal_id is None else reach.opportunity_for_evidence(caller, deal_id),
        due_at=decode.instant(args, "dueAt"),
    )
    return DONE


@mutator("activity.patch")
def patch_activity(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits an activity; its owner's last word stands."""
    seen = reach.activity(caller, decode.entity_id(mutation))
    activity = Activity.objects.select_for_update().get(pk=seen.pk)
    return patch(
        caller,
        mutation,
        ACTIVITY,
        standing(ACTIVITY, activity),
        lambda changes: corrections.edit_activity(actor=caller.actor, activity=activity, changes=changes),
    )


@mutator("activity.complete", evidence=True)
def complete_activity(caller: Caller, mutation: Mutation) -> Outcome:
    """A task was done."""
    decode.only(mutation.args, "at")
    actions.complete_activity(
        actor=caller.actor,
        activity=reach.activity_for_evidence(caller, decode.entity_id(mutation)),
        claimed_at=decode.happened(mutation, "at"),
        offset=mutation.clock_offset,
    )
    return DONE


@mutator("activity.cancel")
def cancel_activity(caller: Caller, mutation: Mutation) -> Outcome:
    """A task falls away."""
    decode.only(mutation.args)
    activity = reach.activity(caller, decode.entity_id(mutation))
    corrections.cancel_activity(actor=caller.actor, activity=activity)
    return DONE


@mutator("lead.create")
def create_lead(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes a lead down."""
    args = mutation.args
    decode.only(args, *LEAD.columns)
    values = {LEAD.columns[name][1]: value for name, value in args.items() if name != "company"}
    actions.create_lead(
        actor=caller.actor,
        lead_id=decode.entity_id(mutation),
        company=decode.text(args, "company"),
        values=values,
    )
    return DONE


@mutator("lead.patch")
def patch_lead(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits a lead that is still one."""
    seen = reach.lead(caller, decode.entity_id(mutation))
    lead = Lead.objects.select_for_update().get(pk=seen.pk)
    return patch(
        caller,
        mutation,
        LEAD,
        standing(LEAD, lead),
        lambda changes: corrections.edit_lead(actor=caller.actor, lead=lead, changes=changes),
    )


@mutator("lead.move")
def move_lead(caller: Caller, mutation: Mutation) -> Outcome:
    """Moves a lead to working or disqualified."""
    args = mutation.args
    decode.only(args, "status", "reason")
    actions.move_lead(
        actor=caller.actor,
        lead=reach.lead(caller, decode.entity_id(mutation)),
        status=LeadStatus(check_choice(args.get("status"), "status", list(LeadStatus.values))),
        reason=decode.text(args, "reason"),
    )
    return DONE


@mutator("lead.convert")
def convert_lead(caller: Caller, mutation: Mutation) -> Outcome:
    """Makes an account of a lead, once."""
    decode.only(mutation.args, "accountId")
    open_account_of_lead(
        actor=caller.actor,
        lead=reach.lead(caller, decode.entity_id(mutation)),
        account_id=decode.uuid(mutation.args, "accountId"),
    )
    return DONE
