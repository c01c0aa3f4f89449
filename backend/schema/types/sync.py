"""The sync protocol (docs/sync.md)."""

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
    counts_by_priority: list[int] | None = strawberry.field(
        description="With `counts`: how many of the rows come first (0), then (1), and last (2)."
    )
    ready: int | None = strawberry.field(description="The highest priority that is wholly delivered with this page.")
    warnings: list[str]


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
    group: UUID | None = strawberry.field(
        default=None, description="Those that follow one another under one group are applied all or none."
    )
    clock_offset_ms: float | None = strawberry.field(
        default=None, description="What to add to the phone's clock, in milliseconds, to have the server's."
    )
    protocol: int | None = strawberry.field(
        default=None, description="The version it was written in, where that is not the one of the push."
    )


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


@strawberry.type(description="Pull now. Carries no data.")
class SyncPoke:
    reason: str
