"""Mutations of orders."""

from backend.orders import actions, lines
from backend.sync.mutators import decode, reach
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation


@mutator("order.submit", evidence=True)
def submit(caller: Caller, mutation: Mutation) -> Outcome:
    """A customer ordered; the order is new, and taken even where its rep no longer covers the account."""
    args = mutation.args
    decode.only(args, "accountId", "visitId", "items", "note", "placedAt")
    visit_id = decode.optional_uuid(args, "visitId")
    actions.submit_order(
        actor=caller.actor,
        order_id=decode.entity_id(mutation),
        account=reach.account_for_evidence(caller, decode.uuid(args, "accountId")),
        visit=None if visit_id is None else reach.visit_for_evidence(caller, visit_id),
        lines=lines.read(args.get("items")),
        note=decode.text(args, "note"),
        claimed_at=decode.required_instant(args, "placedAt"),
        offset=mutation.clock_offset,
    )
    return DONE


@mutator("order.cancel")
def cancel(caller: Caller, mutation: Mutation) -> Outcome:
    """An order that is not confirmed yet is called off, and why."""
    decode.only(mutation.args, "reason")
    actions.cancel_order(
        actor=caller.reader,
        order=reach.order(caller, decode.entity_id(mutation)),
        reason=decode.text(mutation.args, "reason"),
    )
    return DONE
