"""Mutations of orders."""

from uuid import UUID

from backend.crm.models import Account
from backend.field.models import Visit
from backend.kit.errors import DomainError, Invalid, NotFound
from backend.orders import actions, lines
from backend.orders.rules import check_visit
from backend.sync.mutators import decode, reach
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation


@mutator("order.submit", evidence=True)
def submit(caller: Caller, mutation: Mutation) -> Outcome:
    """A customer ordered; the order is new, and taken even where its rep no longer covers the account.

    Where the visit it names is none, or is to another account, the order stands without it, and the person is told."""
    args = mutation.args
    decode.only(args, "accountId", "visitId", "items", "note", "placedAt")
    order_id = decode.entity_id(mutation)
    if caller.insist:
        # The order stands already; only its visit did not.
        reach.order(caller, order_id)
        return DONE
    account = reach.account_for_evidence(caller, decode.uuid(args, "accountId"))
    visit, objection = _visit(caller, decode.optional_uuid(args, "visitId"), account)
    actions.submit_order(
        actor=caller.actor,
        order_id=order_id,
        account=account,
        visit=visit,
        lines=lines.read(args.get("items")),
        note=decode.text(args, "note"),
        claimed_at=decode.happened(mutation, "placedAt"),
        offset=mutation.clock_offset,
    )
    return Outcome(objection=objection)


def _visit(caller: Caller, visit_id: UUID | None, account: Account) -> tuple[Visit | None, DomainError | None]:
    if visit_id is None:
        return None, None
    try:
        visit = reach.visit_for_evidence(caller, visit_id)
        check_visit(visit, account.pk)
    except (NotFound, Invalid) as error:
        return None, error
    return visit, None


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
