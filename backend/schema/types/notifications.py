"""What people were told, and where their phones are reached."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.notifications import models
from backend.schema.masks import shows


@shows(models.Notification)
@strawberry.type(description="One thing you were told; its id without dashes is the nid of the push.")
class Notification:
    id: UUID
    rule: str
    title: str
    body: str
    subject_entity: str
    subject_id: UUID
    created_at: datetime
    read_at: datetime | None
    version: int


@shows(models.PushAddress)
@strawberry.type(description="Where a device of yours is reached; its value is not given back.")
class PushAddress:
    id: UUID
    kind: str
    device_id: UUID
    last_seen_at: datetime
