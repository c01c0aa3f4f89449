"""Territories."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.territories import models


@shows(models.Territory)
@strawberry.type(description="A node of the active hierarchy; area is GeoJSON.")
class Territory:
    id: UUID
    name: str
    area: JSON | None

    @strawberry.field
    async def parent(self, info: Info) -> "Territory | None":
        parent_id = rows.maybe_key(self, "parent_id")
        return None if parent_id is None else rows.maybe(Territory, await info.context.load.territory.load(parent_id))


@shows(models.TerritoryMove)
@strawberry.type(description="All accounts of one territory on their way into another, some at a time.")
class TerritoryMove:
    id: UUID
    asked_at: datetime
    finished_at: datetime | None
    state: str = strawberry.field(description="waiting, running or done.")
    total: int = strawberry.field(description="How many accounts are to go.")
    moved: int = strawberry.field(description="How many have gone.")
    pinned: int = strawberry.field(description="How many stay, because somebody pinned them.")

    @strawberry.field
    async def source(self, info: Info) -> Territory:
        return rows.one(Territory, await info.context.load.territory.load(rows.key(self, "source_id")))

    @strawberry.field
    async def target(self, info: Info) -> Territory:
        return rows.one(Territory, await info.context.load.territory.load(rows.key(self, "target_id")))
