"""The sync protocol (docs/protocol.md)."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON


@strawberry.type(description="One page; stage it, and swap all staged pages in at `complete`.")
class SyncPage:
    ops: JSON
    cursor: str | None
    complete: bool
    more: bool
    last_seq: int
    epoch: str
    server_time: datetime
    reset: str | None
    counts: JSON | None


@strawberry.input(description="One thing a person did on a phone.")
class SyncMutationInput:
    seq: int
    id: UUID
    name: str
    entity_id: UUID | None = None
    base: JSON | None = None
    set: JSON | None = None
    args: JSON | None = None
    client_time: datetime | None = None
    depends_on: list[UUID] | None = None


@strawberry.type(description="What became of a mutation: APPLIED, MERGED, CONFLICT or REJECTED.")
class SyncResult:
    seq: int
    id: UUID
    status: str
    code: str | None
    message: str | None
    fields: JSON
    issue_id: UUID | None
    replayed: bool


@strawberry.type
class SyncPushPayload:
    last_seq: int
    results: list[SyncResult]
    halt: str | None
    message: str | None


@strawberry.type(description="Something a phone sent that could not be applied as it was; nothing of it is lost.")
class SyncIssue:
    id: UUID
    kind: str
    code: str
    entity: str
    entity_id: UUID | None
    mine: JSON
    theirs: JSON
    state: str
    created_at: datetime


@strawberry.type(description="Pull now. Carries no data.")
class SyncPoke:
    reason: str
