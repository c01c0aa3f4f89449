"""Territories."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types.edges import edge
from backend.territories import models


@shows(models.Territory)
@strawberry.type(description="A node of the active hierarchy; area is GeoJSON.")
class Territory:
    id: UUID
    name: str
    area: JSON | None

    parent: "Territory | None" = edge(sources.TERRITORY, "parent_id")


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

    source: Territory = edge(sources.TERRITORY, "source_id")
    target: Territory = edge(sources.TERRITORY, "target_id")
