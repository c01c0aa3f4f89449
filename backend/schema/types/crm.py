"""Accounts and what hangs on them."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.crm import models
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.identity import User

if TYPE_CHECKING:
    from backend.schema.types.attachments import Attachment
    from backend.schema.types.field import Visit
    from backend.schema.types.orders import Order

AttachmentType = Annotated["Attachment", strawberry.lazy("backend.schema.types.attachments")]
OrderType = Annotated["Order", strawberry.lazy("backend.schema.types.orders")]
VisitType = Annotated["Visit", strawberry.lazy("backend.schema.types.field")]


@shows(models.Address)
@strawberry.type(description="A place, verbatim and in parts; quality says how its point is known.")
class Address:
    id: UUID
    verbatim: str
    street: str
    city: str
    region: str
    postcode: str
    country: str
    lat: float | None
    lng: float | None
    quality: str
    is_primary: bool
    version: int


@shows(models.AccountContactRelation, **{name: (models.Contact, name) for name in ("full_name", "email", "phone")})
@strawberry.type(description="A person's part in an account.")
class Contact:
    id: UUID
    contact_id: UUID
    role: str
    is_primary: bool

    @strawberry.field(description="Rises when the person, or their part in this account, changes.")
    def version(self) -> int:
        return int(self.seen_version)  # type: ignore[attr-defined]

    @strawberry.field
    def full_name(self) -> str:
        return str(self.contact.full_name)  # type: ignore[attr-defined]

    @strawberry.field
    def email(self) -> str:
        return str(self.contact.email)  # type: ignore[attr-defined]

    @strawberry.field
    def phone(self) -> str:
        return str(self.contact.phone)  # type: ignore[attr-defined]


@shows(models.AccountSales)
@strawberry.type(description="Figures from order lines; asOf is the newest order day of the org's data.")
class AccountSales:
    as_of: date
    amount_12m: Decimal = strawberry.field(name="amount12m")
    orders_12m: int = strawberry.field(name="orders12m")
    last_order_on: date | None
    median_gap_days: float | None


@shows(models.Account)
@strawberry.type(description="A customer or prospect.")
class Account:
    id: UUID
    number: str | None
    name: str
    kind: str
    tier: str
    lifecycle: str
    segment: str
    phone: str
    notes: str
    consent: JSON
    visit_windows: JSON
    service_minutes: int
    boost: int | None
    tags: list[str]
    displays: int = strawberry.field(description="How many displays of ours stand there.")
    journal: str = strawberry.field(description="Lines, newest last; only added to.")
    version: int
    updated_at: datetime

    @strawberry.field(description="The account above, if the caller sees it.")
    async def parent(self, info: Info) -> "Account | None":
        parent_id = rows.maybe_key(self, "parent_id")
        return None if parent_id is None else rows.maybe(Account, await info.context.load.account.load(parent_id))

    @strawberry.field(description="The primary address.")
    async def address(self, info: Info) -> Address | None:
        return rows.maybe(Address, await info.context.load.address.load(self.id))

    @strawberry.field(description="The first 100 addresses, the primary one first.")
    async def addresses(self, info: Info) -> list[Address]:
        return rows.many(Address, await info.context.load.addresses.load(self.id))

    @strawberry.field
    async def sales(self, info: Info) -> AccountSales | None:
        return rows.maybe(AccountSales, await info.context.load.sales.load(self.id))

    @strawberry.field(description="The first 100 people.")
    async def contacts(self, info: Info) -> list[Contact]:
        return rows.many(Contact, await info.context.load.contacts.load(self.id))

    @strawberry.field(description="The first 100 deals.")
    async def opportunities(self, info: Info) -> "list[Opportunity]":
        return rows.many(Opportunity, await info.context.load.opportunities.load(self.id))

    @strawberry.field(description="The latest 100 visits.")
    async def visits(self, info: Info) -> list[VisitType]:
        return cast("list[Visit]", list(await info.context.load.visits.load(self.id)))

    @strawberry.field(description="The latest 100 orders.")
    async def orders(self, info: Info) -> list[OrderType]:
        return cast("list[Order]", list(await info.context.load.orders.load(self.id)))

    @strawberry.field(description="The latest 100 photos, signatures and documents.")
    async def attachments(self, info: Info) -> list[AttachmentType]:
        return cast("list[Attachment]", list(await info.context.load.attachments_of_account.load(self.id)))


@shows(models.Stage)
@strawberry.type(description="A step of a pipeline; probability in percent.")
class Stage:
    id: UUID
    name: str
    position: int
    probability: int
    category: str


@shows(models.Pipeline)
@strawberry.type
class Pipeline:
    id: UUID
    name: str

    @strawberry.field
    async def stages(self, info: Info) -> list[Stage]:
        return rows.many(Stage, await info.context.load.stages.load(self.id))


@shows(models.Product)
@strawberry.type
class Product:
    id: UUID
    sku: str
    name: str
    category: str
    vendor: str
    unit_price: Decimal | None
    currency: str


@shows(models.OpportunityLine)
@strawberry.type
class OpportunityLine:
    id: UUID
    quantity: Decimal
    unit_price: Decimal
    version: int

    @strawberry.field
    async def product(self, info: Info) -> Product | None:
        return rows.maybe(Product, await info.context.load.product.load(rows.key(self, "product_id")))


@shows(models.StageHistory)
@strawberry.type(description="One move of a deal; never changed.")
class StageMove:
    id: UUID
    moved_at: datetime
    reason: str

    @strawberry.field
    async def from_stage(self, info: Info) -> Stage | None:
        stage_id = rows.maybe_key(self, "from_stage_id")
        return None if stage_id is None else rows.maybe(Stage, await info.context.load.stage.load(stage_id))

    @strawberry.field
    async def to_stage(self, info: Info) -> Stage | None:
        return rows.maybe(Stage, await info.context.load.stage.load(rows.key(self, "to_stage_id")))

    @strawberry.field
    async def moved_by(self, info: Info) -> User | None:
        return rows.maybe(User, await info.context.load.user.load(rows.key(self, "moved_by_id")))


@shows(models.Opportunity)
@strawberry.type(description="A possible sale.")
class Opportunity:
    id: UUID
    name: str
    amount: Decimal | None
    currency: str
    opened_on: date | None
    close_date: date | None
    reason: str
    notes: str
    version: int
    updated_at: datetime

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        account_id = rows.maybe_key(self, "account_id")
        return None if account_id is None else rows.maybe(Account, await info.context.load.account.load(account_id))

    @strawberry.field
    async def owner(self, info: Info) -> User | None:
        return rows.maybe(User, await info.context.load.user.load(rows.key(self, "owner_id")))

    @strawberry.field
    async def stage(self, info: Info) -> Stage | None:
        return rows.maybe(Stage, await info.context.load.stage.load(rows.key(self, "stage_id")))

    @strawberry.field
    async def pipeline(self, info: Info) -> Pipeline | None:
        return rows.maybe(Pipeline, await info.context.load.pipeline.load(rows.key(self, "pipeline_id")))

    @strawberry.field
    async def lines(self, info: Info) -> list[OpportunityLine]:
        return rows.many(OpportunityLine, await info.context.load.lines.load(self.id))

    @strawberry.field(description="How it came here, oldest first.")
    async def history(self, info: Info) -> list[StageMove]:
        return rows.many(StageMove, await info.context.load.history.load(self.id))
