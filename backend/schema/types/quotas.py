"""What is asked of people, and how far they are."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import strawberry

from backend.quotas import models
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.edges import edge
from backend.schema.types.identity import User


@shows(models.Quota)
@strawberry.type(
    description="What one person is to reach from firstDay to lastDay. measure: won (deals they own, at what they were worth), "
    "ordered (orders they took and that stand) or visits (completed). currency is empty for visits."
)
class Quota:
    id: UUID
    measure: str
    first_day: date
    last_day: date
    target: Decimal
    currency: str
    version: int

    user: User | None = edge(sources.USER, "user_id")

    @strawberry.field(description="How far they are now.")
    def reached(self) -> Decimal:
        return rows.row(models.Quota, self).reached

    @strawberry.field(description="How far they are now, in whole percent of the target, rounded down.")
    def percent(self) -> int:
        return rows.row(models.Quota, self).percent
