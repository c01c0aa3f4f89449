"""Photos, signatures and documents."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from backend.attachments import models
from backend.attachments.links import Links, links
from backend.schema import sources
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types.edges import edge
from backend.schema.types.identity import User

if TYPE_CHECKING:
    from backend.schema.types.crm import Account
    from backend.schema.types.field import Visit

AccountType = Annotated["Account", strawberry.lazy("backend.schema.types.crm")]
VisitType = Annotated["Visit", strawberry.lazy("backend.schema.types.field")]


def _links(row: object, info: Info) -> Links:
    return links(info.context.actor, cast(models.Attachment, row))


def _download_url(self: object, info: Info) -> str | None:
    return _links(self, info).content


def _thumbnail_url(self: object, info: Info) -> str | None:
    return _links(self, info).thumbnail


def _expires_at(self: object, info: Info) -> datetime:
    return _links(self, info).expires_at


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

    download_url: str | None = strawberry.field(resolver=_download_url)
    thumbnail_url: str | None = strawberry.field(
        resolver=_thumbnail_url, description="A JPEG of at most 320 pixels a side."
    )
    expires_at: datetime = strawberry.field(
        resolver=_expires_at, description="Until when the addresses asked for now are good."
    )
    author: User | None = edge(sources.USER, "author_id")
    account: AccountType | None = edge(sources.ACCOUNT, "account_id")
    visit: VisitType | None = edge(sources.VISIT, "visit_id")
