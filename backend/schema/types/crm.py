"""Accounts and what hangs on them."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from django.db.models import F
from strawberry.scalars import JSON

from backend.crm import models
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types.edges import column, edge
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

    version: int = column(
        "seen_version",
        shows=F("version") + F("contact__version"),
        description="Rises when the person, or their part in this account, changes.",
    )
    full_name: str = column("contact.full_name")
    email: str = column("contact.email")
    phone: str = column("contact.phone")


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

    parent: "Account | None" = edge(
        sources.ACCOUNT, "parent_id", description="The account above, if the caller sees it."
    )
    address: Address | None = edge(sources.ADDRESS, description="The primary address.")
    addresses: list[Address] = edge(sources.ADDRESSES, description="The first 100 addresses, the primary one first.")
    sales: AccountSales | None = edge(sources.SALES)
    contacts: list[Contact] = edge(sources.CONTACTS, description="The first 100 people.")
    opportunities: "list[Opportunity]" = edge(sources.OPPORTUNITIES, description="The first 100 deals.")
    visits: list[VisitType] = edge(sources.VISITS, description="The latest 100 visits.")
    orders: list[OrderType] = edge(sources.ORDERS, description="The latest 100 orders.")
    attachments: list[AttachmentType] = edge(
        sources.ATTACHMENTS_OF_ACCOUNT, description="The latest 100 photos, signatures and documents."
    )


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

    stages: list[Stage] = edge(sources.STAGES)


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

    product: Product | None = edge(sources.PRODUCT, "product_id")


@shows(models.StageHistory)
@strawberry.type(description="One move of a deal; never changed.")
class StageMove:
    id: UUID
    moved_at: datetime
    reason: str

    from_stage: Stage | None = edge(sources.STAGE, "from_stage_id")
    to_stage: Stage | None = edge(sources.STAGE, "to_stage_id")
    moved_by: User | None = edge(sources.USER, "moved_by_id")


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

    account: Account | None = edge(sources.ACCOUNT, "account_id")
    owner: User | None = edge(sources.USER, "owner_id")
    stage: Stage | None = edge(sources.STAGE, "stage_id")
    pipeline: Pipeline | None = edge(sources.PIPELINE, "pipeline_id")
    lines: list[OpportunityLine] = edge(sources.LINES)
    history: list[StageMove] = edge(sources.HISTORY, description="How it came here, oldest first.")
