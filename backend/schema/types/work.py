"""What is to be won and what is to be done: leads, activities, order lines."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from backend.crm import models
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.crm import Account, Product
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

    @strawberry.field
    async def owner(self, info: Info) -> User | None:
        return rows.maybe(User, await info.context.load.user.load(rows.key(self, "owner_id")))

    @strawberry.field(description="The account it became, if the caller sees it.")
    async def converted_account(self, info: Info) -> Account | None:
        account_id = rows.maybe_key(self, "converted_account_id")
        return None if account_id is None else rows.maybe(Account, await info.context.load.account.load(account_id))


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

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        account_id = rows.maybe_key(self, "account_id")
        return None if account_id is None else rows.maybe(Account, await info.context.load.account.load(account_id))

    @strawberry.field
    async def owner(self, info: Info) -> User | None:
        return rows.maybe(User, await info.context.load.user.load(rows.key(self, "owner_id")))


@shows(models.OrderLine)
@strawberry.type(description="A line of an order as the other system has it; negative is a return.")
class OrderLine:
    order_no: str
    line_no: int
    ordered_on: date
    sku: str
    quantity: int
    amount: Decimal

    @strawberry.field
    async def product(self, info: Info) -> Product | None:
        product_id = rows.maybe_key(self, "product_id")
        return None if product_id is None else rows.maybe(Product, await info.context.load.product.load(product_id))
