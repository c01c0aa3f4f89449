"""What orders allow, and the errors they raise."""

from uuid import UUID

from backend.crm.rules import check_text
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.identity.models import OUTSIDERS
from backend.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from backend.orders.models import Order, OrderState


def order_not_found() -> NotFound:
    """No such order, or none the caller may see."""
    return NotFound("ORDER_NOT_FOUND", "There is no such order for you.", fields={"orderId": "not found"})


def id_taken() -> Conflict:
    """A client made this id before: for this very thing, or for another."""
    return Conflict("ID_TAKEN", "That id is used already.", fields={"id": "taken"})


def check_may_order(actor: Actor) -> None:
    """Who does not read prices takes no orders at them."""
    if actor.role in OUTSIDERS:
        raise NotPermitted("PARTNER_MAY_NOT_ORDER", "A partner takes no orders.")


def check_visit(visit: Visit | None, account_id: UUID) -> None:
    """An order is taken on a visit to the account that orders."""
    if visit is not None and visit.account_id != account_id:
        raise Invalid("VISIT_OTHER_ACCOUNT", "That visit is to another account.", fields={"visitId": "other account"})


def check_note(note: object) -> str:
    """Returns the note, trimmed."""
    return check_text(note, "note", longest=20_000)


def check_may_cancel(actor: Actor, order: Order) -> None:
    """An order is called off by who took it, or by a manager or admin above (whom coverage has already found)."""
    if order.author_id != actor.user_id and not actor.leads:
        raise NotPermitted("NOT_YOUR_ORDER", "Only who took an order, or a manager, cancels it.")


def check_may_confirm(actor: Actor) -> None:
    """Who leads accepts an order for the firm."""
    if not actor.leads:
        raise NotPermitted("MANAGER_ONLY", "Only a manager confirms an order.")


def check_submitted(order: Order) -> None:
    """An order is settled once."""
    if order.state != OrderState.SUBMITTED:
        raise Conflict("ORDER_STATE", f"That order is {order.state} already.", fields={"state": f"is {order.state}"})


def check_reason(reason: object) -> str:
    """Returns why an order is cancelled; there must be a reason."""
    text = check_text(reason, "reason", longest=200)
    if not text:
        raise Invalid("REASON_REQUIRED", "Say why.", fields={"reason": "required"})
    return text
