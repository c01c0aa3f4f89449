"""What is to be won and what is to be done: leads, activities, order lines."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from backend.crm import models
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types.crm import Account, Product
from backend.schema.types.edges import edge
from backend.schema.types.identity import User


@shows(models.Lead)
@strawberry.type(description="Somebody who may become a customer; exactly one owner.")
class Lead:
    id: UUID
    company: str
    person_name: str
    phone: str
    email: str
    source: str
    status: str
    reason: str
    created_at: datetime
    version: int

    owner: User | None = edge(sources.USER, "owner_id")
    converted_account: Account | None = edge(
        sources.ACCOUNT, "converted_account_id", description="The account it became, if the caller sees it."
    )


@shows(models.Activity)
@strawberry.type(description="A call, mail, meeting, note or task.")
class Activity:
    id: UUID
    kind: str
    subject: str
    body: str
    due_at: datetime | None
    status: str
    done_at: datetime | None
    created_at: datetime
    version: int

    account: Account | None = edge(sources.ACCOUNT, "account_id")
    owner: User | None = edge(sources.USER, "owner_id")


@shows(models.OrderLine)
@strawberry.type(description="A line of an order as the other system has it; negative is a return.")
class OrderLine:
    order_no: str
    line_no: int
    ordered_on: date
    sku: str
    quantity: int
    amount: Decimal

    product: Product | None = edge(sources.PRODUCT, "product_id")
