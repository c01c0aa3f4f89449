"""What customers ordered through a rep."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from backend.orders import models
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types.edges import edge
from backend.schema.types.identity import User

if TYPE_CHECKING:
    from backend.schema.types.crm import Account, Product
    from backend.schema.types.field import Visit

AccountType = Annotated["Account", strawberry.lazy("backend.schema.types.crm")]
ProductType = Annotated["Product", strawberry.lazy("backend.schema.types.crm")]
VisitType = Annotated["Visit", strawberry.lazy("backend.schema.types.field")]


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

    product: ProductType | None = edge(sources.PRODUCT, "product_id")


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

    account: AccountType | None = edge(sources.ACCOUNT, "account_id")
    visit: VisitType | None = edge(
        sources.VISIT, "visit_id", description="The visit on which it was taken, if the caller sees it."
    )
    author: User | None = edge(sources.USER, "author_id")
    settled_by: User | None = edge(sources.USER, "settled_by_id", description="Who confirmed or cancelled it.")
    items: list[OrderItem] = edge(sources.ORDER_ITEMS)
