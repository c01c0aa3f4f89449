"""Looking at photos, signatures and documents. They are made by sync, and their content comes by upload."""

from uuid import UUID

import strawberry

from backend.attachments import queries
from backend.kit.errors import Invalid
from backend.schema.context import Info
from backend.schema.paging import MOST
from backend.schema.types import rows
from backend.schema.types.attachments import Attachment


@strawberry.type
class AttachmentsQuery:
    @strawberry.field
    async def attachment(self, info: Info, id: UUID) -> Attachment:
        actor = info.context.actor
        return rows.one(Attachment, await info.context.run(lambda: queries.attachment_for(actor, id)))

    @strawberry.field(
        description="Up to 100 at once, by id; those you may not see are left out. For fetching thumbnails."
    )
    async def attachments(self, info: Info, ids: list[UUID]) -> list[Attachment]:
        actor = info.context.actor
        if len(ids) > MOST:
            raise Invalid("OUT_OF_RANGE", f"At most {MOST} ids.", fields={"ids": "too many"})
        return rows.many(Attachment, await info.context.run(lambda: queries.several(actor, ids)))
