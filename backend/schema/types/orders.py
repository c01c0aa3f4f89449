"""What customers ordered through a rep."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from backend.orders import models
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.identity import User

if TYPE_CHECKING:
    from backend.schema.types.crm import Account, Product
    from backend.schema.types.field import Visit


@shows(models.OrderItem)
@strawberry.type(
    description="A line of an order; never changed. offeredPrice is what the phone showed, where that was another price."
)
class OrderItem:
    id: UUID
    position: int
    sku: str
    quantity: Decimal
    unit_price: Decimal
    offered_price: Decimal | None
    price_differs: bool
    withdrawn: bool = strawberry.field(description="The product had left the catalogue when the order came here.")

    @strawberry.field
    async def product(self, info: Info) -> Annotated["Product", strawberry.lazy("backend.schema.types.crm")] | None:
        return cast("Product | None", await info.context.load.product.load(rows.key(self, "product_id")))


@shows(models.Order)
@strawberry.type(
    description="An order taken at an account: submitted, confirmed or cancelled. placedAt is when it was taken, receivedAt "
    "when it came here; number counts up in the org."
)
class Order:
    id: UUID
    number: int
    state: str
    placed_at: datetime
    received_at: datetime
    note: str
    currency: str
    total: Decimal | None
    settled_at: datetime | None
    reason: str
    version: int

    @strawberry.field
    async def account(self, info: Info) -> Annotated["Account", strawberry.lazy("backend.schema.types.crm")] | None:
        return cast("Account | None", await info.context.load.account.load(rows.key(self, "account_id")))

    @strawberry.field(description="The visit on which it was taken, if the caller sees it.")
    async def visit(self, info: Info) -> Annotated["Visit", strawberry.lazy("backend.schema.types.field")] | None:
        visit_id = rows.maybe_key(self, "visit_id")
        return None if visit_id is None else cast("Visit | None", await info.context.load.visit.load(visit_id))

    @strawberry.field
    async def author(self, info: Info) -> User | None:
        return rows.maybe(User, await info.context.load.user.load(rows.key(self, "author_id")))

    @strawberry.field(description="Who confirmed or cancelled it.")
    async def settled_by(self, info: Info) -> User | None:
        user_id = rows.maybe_key(self, "settled_by_id")
        return None if user_id is None else rows.maybe(User, await info.context.load.user.load(user_id))

    @strawberry.field
    async def items(self, info: Info) -> list[OrderItem]:
        return rows.many(OrderItem, await info.context.load.order_items.load(self.id))
