"""Mutations of deals and what they are about."""

from backend.crm import actions, deal_lines
from backend.crm.models import Opportunity, OpportunityLine
from backend.crm.queries import product_for, stage_for
from backend.sync.mutators import decode, reach
from backend.sync.mutators.merging import patch, patchable, remove, standing
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation

OPPORTUNITY = patchable("opportunity", (Opportunity, "name amount close_date notes"))
LINE = patchable("opportunityLine", (OpportunityLine, "quantity unit_price"))


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
        base_stage_id=None if caller.insist else decode.optional_uuid(mutation.base, "stageId"),
    )
    return DONE


@mutator("opportunity.patch")
def patch_opportunity(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits a deal."""
    seen = reach.opportunity(caller, decode.entity_id(mutation))
    deal = Opportunity.objects.select_for_update().get(pk=seen.pk)
    return patch(
        caller,
        mutation,
        OPPORTUNITY,
        standing(OPPORTUNITY, deal),
        lambda changes: actions.edit_opportunity(actor=caller.actor, opportunity=deal, changes=changes),
    )


@mutator("opportunityLine.add")
def add_line(caller: Caller, mutation: Mutation) -> Outcome:
    """Puts a product into a deal."""
    args = mutation.args
    decode.only(args, "opportunityId", "productId", "quantity", "unitPrice")
    deal_lines.add_line(
        actor=caller.actor,
        opportunity=reach.opportunity(caller, decode.uuid(args, "opportunityId")),
        line_id=decode.entity_id(mutation),
        product=product_for(caller.actor, decode.uuid(args, "productId")),
        quantity=args.get("quantity"),
        unit_price=args.get("unitPrice"),
    )
    return DONE


def _locked(caller: Caller, mutation: Mutation) -> OpportunityLine:
    seen = reach.line(caller, decode.entity_id(mutation))
    return OpportunityLine.objects.select_for_update().get(pk=seen.pk)


@mutator("opportunityLine.patch")
def patch_line(caller: Caller, mutation: Mutation) -> Outcome:
    """Changes quantity or price."""
    line = _locked(caller, mutation)
    return patch(
        caller,
        mutation,
        LINE,
        standing(LINE, line),
        lambda changes: deal_lines.change_line(actor=caller.actor, line=line, changes=changes),
    )


@mutator("opportunityLine.remove")
def remove_line(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes a product out of a deal, if nobody changed its line since."""
    line = _locked(caller, mutation)
    return remove(
        caller,
        mutation,
        LINE,
        standing(LINE, line),
        lambda: deal_lines.remove_line(actor=caller.actor, line=line),
    )
