"""Taking an order, confirming it, calling it off."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from backend.crm.models import Account, Product
from backend.events import outbox
from backend.events.types import OrderSettled, OrderSubmitted
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.kit import clock
from backend.orders import lines as items
from backend.orders import rules
from backend.orders.models import Order, OrderItem, OrderState

NO_OFFSET = timedelta(0)


@transaction.atomic
def submit_order(
    *,
    actor: Actor,
    order_id: UUID,
    account: Account,
    lines: Sequence[items.Asked],
    visit: Visit | None = None,
    note: str = "",
    claimed_at: datetime | None = None,
    offset: timedelta = NO_OFFSET,
) -> Order:
    """Takes an order down with the prices of this moment; what the phone showed instead is kept beside them and flagged.
    `offset`: what to add to the phone's clock to have ours.

    A product that has left the catalogue since is taken all the same: the customer did order it."""
    rules.check_may_order(actor)
    rules.check_visit(visit, account.pk)
    products = Product.objects.filter(org_id=actor.org_id).in_bulk([line.product_id for line in lines])
    priced = items.price(lines, products)
    now = clock.now()
    order = Order(
        id=order_id,
        org_id=actor.org_id,
        account=account,
        visit=visit,
        author_id=actor.user_id,
        number=_next_number(actor.org_id),
        placed_at=clock.happened_at(clock.believable(claimed_at, offset), now),
        claimed_at=clock.believable(claimed_at),
        received_at=now,
        note=rules.check_note(note),
        currency=priced[0].product.currency,
        total=items.total(priced),
    )
    try:
        with transaction.atomic():
            order.save(force_insert=True)
            OrderItem.objects.bulk_create([_item(order, number, line) for number, line in enumerate(priced)])
    except IntegrityError as error:
        raise rules.id_taken() from error
    outbox.append(OrderSubmitted(order_id=order.pk, account_id=account.pk, actor_id=actor.user_id), org_id=actor.org_id)
    return order


def _item(order: Order, position: int, line: items.Priced) -> OrderItem:
    return OrderItem(
        id=line.asked.id,
        org_id=order.org_id,
        order=order,
        position=position,
        product=line.product,
        sku=line.product.sku,
        quantity=line.asked.quantity,
        unit_price=line.unit_price,
        offered_price=line.asked.unit_price if line.price_differs else None,
        price_differs=line.price_differs,
        withdrawn=line.product.deleted_at is not None,
    )


def _next_number(org_id: UUID) -> int:
    # One statement that locks the org's row until the commit: two orders at once wait for one another, and one that is
    # refused gives its number back.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_lastnumber (org_id, number) VALUES (%s, 1) "
            "ON CONFLICT (org_id) DO UPDATE SET number = orders_lastnumber.number + 1 RETURNING number",
            [org_id],
        )
        return int(cursor.fetchone()[0])


@transaction.atomic
def confirm_order(*, actor: Actor, order: Order) -> Order:
    """Accepts a submitted order for the firm."""
    rules.check_may_confirm(actor)
    return _settle(actor, order, OrderState.CONFIRMED, "")


@transaction.atomic
def cancel_order(*, actor: Actor, order: Order, reason: str) -> Order:
    """Calls a submitted order off, and says why."""
    rules.check_may_cancel(actor, order)
    return _settle(actor, order, OrderState.CANCELLED, rules.check_reason(reason))


def _settle(actor: Actor, order: Order, state: OrderState, reason: str) -> Order:
    order = Order.objects.select_for_update().get(pk=order.pk)
    rules.check_submitted(order)
    order.state, order.reason = state, reason
    order.settled_by_id, order.settled_at = actor.user_id, clock.now()
    order.save(update_fields=["state", "reason", "settled_by", "settled_at"])
    outbox.append(
        OrderSettled(order_id=order.pk, account_id=order.account_id, actor_id=actor.user_id), org_id=order.org_id
    )
    return order
