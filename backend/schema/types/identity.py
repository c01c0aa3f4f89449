"""People, devices, sessions."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.identity import models
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types.edges import edge


@shows(models.Org)
@strawberry.type(description="A tenant.")
class Org:
    id: UUID
    slug: str
    name: str
    timezone: str
    currency: str


@shows(models.User)
@strawberry.type(description="A person of the caller's org.")
class User:
    id: UUID
    username: str
    full_name: str
    role: str
    timezone: str
    locale: str
    is_active: bool

    manager: "User | None" = edge(sources.USER, "manager_id", description="Whom the person reports to.")


@shows(models.Device)
@strawberry.type(description="One installation on one phone.")
class Device:
    id: UUID
    name: str
    platform: str
    last_seen_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str


@strawberry.type(description="What a signed-in device is given; the refresh token works once.")
class Session:
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    device_id: UUID
    user: User
