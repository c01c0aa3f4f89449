"""Photos, signatures and documents."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from backend.attachments import models
from backend.attachments.links import Links, links
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.identity import User

if TYPE_CHECKING:
    from backend.schema.types.crm import Account
    from backend.schema.types.field import Visit


def _links(row: "Attachment", info: Info) -> Links:
    return links(info.context.actor, cast(models.Attachment, row))


@shows(models.Attachment)
@strawberry.type(
    description="A photo, signature or document. Addresses are relative to this server's, need no other token, and are "
    "good until expiresAt; they are null while there is no such file."
)
class Attachment:
    id: UUID
    kind: str
    mime_type: str
    size: int
    sha256: str = strawberry.field(description="Of what the phone sent; what is given out has its own, in its ETag.")
    state: str
    reason: str
    width: int | None
    height: int | None
    captured_at: datetime | None
    created_at: datetime
    version: int

    @strawberry.field
    def download_url(self, info: Info) -> str | None:
        return _links(self, info).content

    @strawberry.field(description="A JPEG of at most 320 pixels a side.")
    def thumbnail_url(self, info: Info) -> str | None:
        return _links(self, info).thumbnail

    @strawberry.field(description="Until when the addresses asked for now are good.")
    def expires_at(self, info: Info) -> datetime:
        return _links(self, info).expires_at

    @strawberry.field
    async def author(self, info: Info) -> User | None:
        return rows.maybe(User, await info.context.load.user.load(rows.key(self, "author_id")))

    @strawberry.field
    async def account(self, info: Info) -> Annotated["Account", strawberry.lazy("backend.schema.types.crm")] | None:
        return cast("Account | None", await info.context.load.account.load(rows.key(self, "account_id")))

    @strawberry.field
    async def visit(self, info: Info) -> Annotated["Visit", strawberry.lazy("backend.schema.types.field")] | None:
        visit_id = rows.maybe_key(self, "visit_id")
        return None if visit_id is None else cast("Visit | None", await info.context.load.visit.load(visit_id))
