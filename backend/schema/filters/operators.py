"""What can be asked of one value, and the order of rows: the words that filters and orders are made of."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import strawberry
from strawberry import UNSET

_BESIDE = "All that is given must hold. ne and notIn keep rows without a value."


@strawberry.input(description=f"{_BESIDE} contains and startsWith look at no case.")
class TextFilter:
    eq: str | None = UNSET
    ne: str | None = UNSET
    in_: list[str] | None = strawberry.field(name="in", default=UNSET)
    not_in: list[str] | None = UNSET
    contains: str | None = UNSET
    starts_with: str | None = UNSET
    is_null: bool | None = UNSET


@strawberry.input(description=_BESIDE)
class UUIDFilter:
    eq: UUID | None = UNSET
    ne: UUID | None = UNSET
    in_: list[UUID] | None = strawberry.field(name="in", default=UNSET)
    not_in: list[UUID] | None = UNSET
    is_null: bool | None = UNSET


@strawberry.input(description=_BESIDE)
class IntFilter:
    eq: int | None = UNSET
    ne: int | None = UNSET
    in_: list[int] | None = strawberry.field(name="in", default=UNSET)
    not_in: list[int] | None = UNSET
    lt: int | None = UNSET
    lte: int | None = UNSET
    gt: int | None = UNSET
    gte: int | None = UNSET
    is_null: bool | None = UNSET


@strawberry.input(description=_BESIDE)
class DecimalFilter:
    eq: Decimal | None = UNSET
    ne: Decimal | None = UNSET
    in_: list[Decimal] | None = strawberry.field(name="in", default=UNSET)
    not_in: list[Decimal] | None = UNSET
    lt: Decimal | None = UNSET
    lte: Decimal | None = UNSET
    gt: Decimal | None = UNSET
    gte: Decimal | None = UNSET
    is_null: bool | None = UNSET


@strawberry.input(description=_BESIDE)
class DateFilter:
    eq: date | None = UNSET
    ne: date | None = UNSET
    in_: list[date] | None = strawberry.field(name="in", default=UNSET)
    not_in: list[date] | None = UNSET
    lt: date | None = UNSET
    lte: date | None = UNSET
    gt: date | None = UNSET
    gte: date | None = UNSET
    is_null: bool | None = UNSET


@strawberry.input(description=_BESIDE)
class DateTimeFilter:
    eq: datetime | None = UNSET
    ne: datetime | None = UNSET
    lt: datetime | None = UNSET
    lte: datetime | None = UNSET
    gt: datetime | None = UNSET
    gte: datetime | None = UNSET
    is_null: bool | None = UNSET


OPERATORS = (TextFilter, UUIDFilter, IntFilter, DecimalFilter, DateFilter, DateTimeFilter)


@strawberry.enum(description="Rows without a value come last in ASC and first in DESC, where nothing else is said.")
class Ordering(Enum):
    ASC = "ASC"
    ASC_NULLS_FIRST = "ASC_NULLS_FIRST"
    ASC_NULLS_LAST = "ASC_NULLS_LAST"
    DESC = "DESC"
    DESC_NULLS_FIRST = "DESC_NULLS_FIRST"
    DESC_NULLS_LAST = "DESC_NULLS_LAST"
