"""The sync protocol (docs/protocol.md)."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.schema.context import Info
from backend.sync.versions import newest
from backend.sync.view import view_for


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


def _told(issue: "SyncIssue", name: str, info: Info) -> JSON:
    told: JSON = view_for(newest(), info.context.actor.role).masked(issue.entity, getattr(issue, name))  # type: ignore[assignment]
    return told


@strawberry.type(description="Something a phone sent that could not be applied as it was; nothing of it is lost.")
class SyncIssue:
    id: UUID
    kind: str
    code: str
    entity: str
    entity_id: UUID | None
    state: str
    created_at: datetime

    @strawberry.field(description="What was wanted, without what the caller may not read.")
    def mine(self, info: Info) -> JSON:
        return _told(self, "mine", info)

    @strawberry.field(description="What stands here, or what is wrong with which field; likewise.")
    def theirs(self, info: Info) -> JSON:
        return _told(self, "theirs", info)


@strawberry.type(description="Pull now. Carries no data.")
class SyncPoke:
    reason: str
