"""What could not be applied as sent, and what may be done about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.schema import sources
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types.crm import Account
from backend.schema.types.edges import edge
from backend.schema.types.identity import User
from backend.sync import models
from backend.sync.versions import newest
from backend.sync.view import view_for


@strawberry.type(description="One field that both sides changed; values as the wire has them. The server's stands.")
class SyncIssueField:
    name: str
    policy: str
    base: JSON | None
    mine: JSON | None
    theirs: JSON | None


def _told(issue: "SyncIssue", values: dict[str, Any], info: Info) -> dict[str, Any]:
    """Returns the values of fields that the caller may read."""
    view = view_for(newest(), info.context.actor.role)
    told = view.masked(issue.entity, values)
    for inner in ("set", "args"):
        if isinstance(told.get(inner), dict):
            told[inner] = view.masked(issue.entity, told[inner])
    return told


@shows(models.SyncIssue)
@strawberry.type(description="Something a phone sent that could not be applied as it was; nothing of it is lost.")
class SyncIssue:
    id: UUID
    device_id: UUID
    op_id: UUID
    name: str = strawberry.field(description="Of the mutation.")
    kind: str = strawberry.field(description="MERGED, CONFLICT or REJECTED.")
    code: str
    message: str
    entity: str
    entity_id: UUID | None
    state: str = strawberry.field(description="open, resolved or discarded.")
    resolution: str | None
    actions: list[str] = strawberry.field(description="What may be done: retry, keepMine, discard.")
    resolved_at: datetime | None
    created_at: datetime
    version: int

    user: User | None = edge(sources.USER, "user_id", description="Whose phone sent it.")

    resolved_by: User | None = edge(sources.USER, "resolved_by_id", description="Who settled it.")

    account: Account | None = edge(
        sources.ACCOUNT, "root", description="The account it was about, if the caller sees it."
    )

    @strawberry.field(description="What others changed meanwhile, without what the caller may not read.")
    def fields(self, info: Info) -> list[SyncIssueField]:
        kept: list[dict[str, Any]] = self.__dict__["fields"]
        names = _told(self, {one["name"]: one["name"] for one in kept}, info)
        return [SyncIssueField(**one) for one in kept if one["name"] in names.values()]

    @strawberry.field(description="What was wanted, without what the caller may not read.")
    def mine(self, info: Info) -> JSON:
        return _told(self, self.__dict__["mine"], info)  # type: ignore[return-value]

    @strawberry.field(description="What stands here, or what is wrong with which field; likewise.")
    def theirs(self, info: Info) -> JSON:
        return _told(self, self.__dict__["theirs"], info)  # type: ignore[return-value]

    @strawberry.field(description="The arguments of the mutation; likewise.")
    def args(self, info: Info) -> JSON:
        return _told(self, self.__dict__["args"], info)  # type: ignore[return-value]
