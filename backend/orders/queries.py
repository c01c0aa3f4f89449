"""Reading orders."""

from uuid import UUID

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.orders.models import Order
from backend.orders.rules import order_not_found
from backend.territories.coverage import visible


def orders_seen(actor: Actor) -> QuerySet[Order]:
    """Returns the orders of the accounts that the actor sees."""
    return visible(Order.objects.all(), actor, root="account_id")


def order_for(actor: Actor, order_id: UUID) -> Order:
    """Returns the order if the actor sees its account, or took it; raises NotFound."""
    order = orders_seen(actor).filter(pk=order_id).first()
    if order is None:
        order = Order.objects.filter(org_id=actor.org_id, author_id=actor.user_id, pk=order_id, deleted_at=None).first()
    if order is None:
        raise order_not_found()
    return order
