"""Territories."""

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
