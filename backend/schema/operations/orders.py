"""Orders."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from backend.field.queries import visit_for
from backend.kit.ids import new_id
from backend.orders import actions, lines, queries
from backend.orders.models import Order as OrderRow
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.filters.conditions import narrowed
from backend.schema.filters.inputs import OrderFilter, OrderOrder
from backend.schema.filters.orders import asked_order
from backend.schema.paging import Window, most_for, ordered_by
from backend.schema.types import rows
from backend.schema.types.orders import Order
from backend.schema.types.pages import Connection
from backend.territories.coverage import account_for


@strawberry.input(description="quantity and unitPrice: decimals of two places. unitPrice: what the customer was shown.")
class OrderItemInput:
    product_id: UUID
    quantity: Decimal
    unit_price: Decimal | None = None
    id: UUID | None = None


@strawberry.input(description="id: made by the client, so that asking twice makes one.")
class SubmitOrderInput:
    account_id: UUID
    items: list[OrderItemInput]
    id: UUID | None = None
    visit_id: UUID | None = None
    note: str = ""
    placed_at: datetime | None = None


@strawberry.type
class OrderPayload:
    order: Order


@strawberry.type
class OrdersQuery:
    @strawberry.field(
        description="Orders of the accounts in the caller's coverage, newest first where nothing else is said."
    )
    async def orders(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: OrderFilter | None = None,
        order_by: list[OrderOrder] | None = None,
    ) -> Connection[Order]:
        actor = info.context.actor
        return reads.a_page(
            Order,
            lambda: narrowed(queries.orders_seen(actor), actor, filter),
            asked_order(actor, order_by, ordered_by("-placed_at")),
            Window(first, after, last, before, most_for(actor)),
        )

    @strawberry.field
    async def order(self, info: Info, id: UUID) -> Order:
        actor = info.context.actor
        return reads.one(Order, lambda: queries.orders_seen(actor).filter(pk=id), lambda: queries.order_for(actor, id))


def _line(given: OrderItemInput) -> dict[str, object]:
    names = {"id": "id", "product_id": "productId", "quantity": "quantity", "unit_price": "unitPrice"}
    values = {names[name]: value for name, value in asdict(given).items()}
    return values | {"id": given.id or new_id()}


@strawberry.type
class OrdersMutation:
    @strawberry.mutation(description="Takes an order at the catalogue's prices of this moment.")
    async def submit_order(self, info: Info, input: SubmitOrderInput) -> OrderPayload:
        actor = info.context.actor

        def act() -> OrderRow:
            return actions.submit_order(
                actor=actor,
                order_id=input.id or new_id(),
                account=account_for(actor, input.account_id),
                visit=None if input.visit_id is None else visit_for(actor, input.visit_id),
                lines=lines.read([_line(one) for one in input.items]),
                note=input.note,
                claimed_at=input.placed_at,
            )

        return OrderPayload(order=rows.one(Order, await info.context.run(act)))

    @strawberry.mutation(description="Accepts a submitted order. Managers and admins.")
    async def confirm_order(self, info: Info, order_id: UUID) -> OrderPayload:
        actor = info.context.actor
        done = await info.context.run(
            lambda: actions.confirm_order(actor=actor, order=queries.order_for(actor, order_id))
        )
        return OrderPayload(order=rows.one(Order, done))

    @strawberry.mutation(description="Calls a submitted order off: who took it, managers and admins. Says why.")
    async def cancel_order(self, info: Info, order_id: UUID, reason: str) -> OrderPayload:
        actor = info.context.actor
        done = await info.context.run(
            lambda: actions.cancel_order(actor=actor, order=queries.order_for(actor, order_id), reason=reason)
        )
        return OrderPayload(order=rows.one(Order, done))
