"""What people were told, and where their phones are reached."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.notifications import models
from backend.notifications.delivery.words import words
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows


@shows(models.Notification)
@strawberry.type(description="One thing you were told; its id without dashes is the nid of the push.")
class Notification:
    id: UUID
    rule: str
    subject_entity: str
    subject_id: UUID
    created_at: datetime
    read_at: datetime | None
    version: int

    @strawberry.field(description="Without what your role may not read by now; so is the body.")
    def title(self, info: Info) -> str:
        return words(rows.row(models.Notification, self), info.context.actor.role)[0]

    @strawberry.field
    def body(self, info: Info) -> str:
        return words(rows.row(models.Notification, self), info.context.actor.role)[1]


@shows(models.PushAddress)
@strawberry.type(description="Where a device of yours is reached; its value is not given back.")
class PushAddress:
    id: UUID
    kind: str
    device_id: UUID
    last_seen_at: datetime
