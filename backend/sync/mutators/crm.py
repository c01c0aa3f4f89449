"""Mutations of accounts, contacts, deals, activities and leads."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from backend.crm import actions
from backend.crm.models import Account, Activity, Opportunity
from backend.crm.queries import stage_for
from backend.kit.errors import Invalid
from backend.sync.conflicts import merge
from backend.sync.mutators import decode, reach
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation
from backend.territories.actions import open_account

ACCOUNT_PATCH = {
    "name": "name",
    "phone": "phone",
    "segment": "segment",
    "notes": "notes",
    "serviceMinutes": "service_minutes",
    "visitWindows": "visit_windows",
    "lifecycle": "lifecycle",
    "boost": "boost",
    "consent": "consent",
}
OPPORTUNITY_PATCH = {"name": "name", "amount": "amount", "closeDate": "close_date", "notes": "notes"}
CONTACT_PATCH = {
    "fullName": "full_name",
    "givenName": "given_name",
    "familyName": "family_name",
    "email": "email",
    "phone": "phone",
    "role": "role",
}


def _columns(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if key in names}


def _patch(
    mutation: Mutation,
    names: Mapping[str, str],
    theirs: Mapping[str, object],
    write: Callable[[dict[str, Any]], object],
) -> Outcome:
    """Merges the mutation's `set` into what stands and writes what may be written."""
    decode.only(mutation.set, *names)
    if not mutation.set:
        raise Invalid("REQUIRED", "set names at least one field.", fields={"set": "empty"})
    merged = merge(base=mutation.base, mine=mutation.set, theirs=theirs)
    if merged.apply:
        write(_columns(merged.apply, names))
    return Outcome(merged=bool(merged.apply), conflicts=merged.conflicts)


def _standing(row: Model, names: Mapping[str, str]) -> dict[str, object]:
    return {key: getattr(row, column) for key, column in names.items()}


@mutator("account.create")
def create_account(caller: Caller, mutation: Mutation) -> Outcome:
    """A prospect found on the road; it is shown to its finder until somebody places it."""
    decode.only(mutation.args, "name", "kind", "phone", "segment")
    open_account(
        actor=caller.actor,
        account_id=decode.entity_id(mutation),
        values=_columns(mutation.args, {"name": "name", "kind": "kind", "phone": "phone", "segment": "segment"}),
    )
    return DONE


@mutator("account.patch")
def patch_account(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits an account."""
    seen = reach.account(caller, decode.entity_id(mutation))
    account = Account.objects.select_for_update().get(pk=seen.pk)
    return _patch(
        mutation,
        ACCOUNT_PATCH,
        _standing(account, ACCOUNT_PATCH),
        lambda changes: actions.edit_account(actor=caller.actor, account=account, changes=changes),
    )


@mutator("contact.create")
def create_contact(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes a person down at an account."""
    args = mutation.args
    decode.only(args, "accountId", "contactId", *CONTACT_PATCH)
    values = _columns({key: value for key, value in args.items() if key != "role"}, CONTACT_PATCH)
    actions.create_contact(
        actor=caller.actor,
        account=reach.account(caller, decode.uuid(args, "accountId")),
        relation_id=decode.entity_id(mutation),
        contact_id=decode.uuid(args, "contactId"),
        values=values,
        role=decode.text(args, "role"),
    )
    return DONE


@mutator("contact.patch")
def patch_contact(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits a person, or their role."""
    relation = reach.relation(caller, decode.entity_id(mutation))
    theirs = {
        **_standing(relation.contact, {k: v for k, v in CONTACT_PATCH.items() if k != "role"}),
        "role": relation.role,
    }
    return _patch(
        mutation,
        CONTACT_PATCH,
        theirs,
        lambda changes: actions.edit_contact(actor=caller.actor, relation=relation, changes=changes),
    )


@mutator("opportunity.create")
def create_opportunity(caller: Caller, mutation: Mutation) -> Outcome:
    """Opens a deal."""
    args = mutation.args
    decode.only(args, "accountId", "name", "stageId", "pipelineId", "amount", "closeDate")
    account_id = decode.optional_uuid(args, "accountId")
    actions.create_opportunity(
        actor=caller.actor,
        opportunity_id=decode.entity_id(mutation),
        account=None if account_id is None else reach.account(caller, account_id),
        name=decode.text(args, "name"),
        stage=stage_for(caller.actor, decode.uuid(args, "stageId")),
        amount=args.get("amount"),
        close_date=decode.day(args, "closeDate"),
    )
    return DONE


@mutator("opportunity.moveStage")
def move_stage(caller: Caller, mutation: Mutation) -> Outcome:
    """Moves a deal, if it is still where the phone saw it."""
    decode.only(mutation.args, "stageId", "reason")
    actions.move_stage(
        actor=caller.actor,
        opportunity=reach.opportunity(caller, decode.entity_id(mutation)),
        stage=stage_for(caller.actor, decode.uuid(mutation.args, "stageId")),
        reason=decode.text(mutation.args, "reason"),
        base_stage_id=decode.optional_uuid(mutation.base, "stageId"),
    )
    return DONE


@mutator("opportunity.patch")
def patch_opportunity(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits a deal."""
    seen = reach.opportunity(caller, decode.entity_id(mutation))
    deal = Opportunity.objects.select_for_update().get(pk=seen.pk)

    def write(changes: dict[str, Any]) -> None:
        if "close_date" in changes:
            changes["close_date"] = decode.day(mutation.set, "closeDate")
        actions.edit_opportunity(actor=caller.actor, opportunity=deal, changes=changes)

    return _patch(mutation, OPPORTUNITY_PATCH, _standing(deal, OPPORTUNITY_PATCH), write)


@mutator("activity.create")
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
        opportunity=None if deal_id is None else reach.opportunity(caller, deal_id),
        due_at=decode.instant(args, "dueAt"),
    )
    return DONE


@mutator("activity.complete")
def complete_activity(caller: Caller, mutation: Mutation) -> Outcome:
    """Marks a task done."""
    decode.only(mutation.args, "at")
    activity: Activity = reach.activity(caller, decode.entity_id(mutation))
    actions.complete_activity(actor=caller.actor, activity=activity)
    return DONE


@mutator("lead.create")
def create_lead(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes a lead down."""
    args = mutation.args
    names = {"personName": "person_name", "phone": "phone", "email": "email", "source": "source"}
    decode.only(args, "company", *names)
    actions.create_lead(
        actor=caller.actor,
        lead_id=decode.entity_id(mutation),
        company=decode.text(args, "company"),
        values=_columns(args, names),
    )
    return DONE
