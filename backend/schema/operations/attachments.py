"""Photos, signatures and documents. Their content comes by upload (docs/sync.md, section 11), never here."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.attachments import actions, queries
from backend.attachments.models import Attachment as AttachmentRow
from backend.attachments.rules import check_one_place, checked_kind
from backend.crm.models import Account as AccountRow
from backend.field.models import Visit as VisitRow
from backend.field.queries import visit_for
from backend.identity.actor import Actor
from backend.kit.errors import Invalid
from backend.kit.ids import new_id
from backend.schema.changes import told
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.paging import MOST
from backend.schema.types import rows
from backend.schema.types.attachments import Attachment
from backend.territories.coverage import account_for


@strawberry.input(
    description="At an account or at a visit. kind: photo, signature or document; size in bytes; sha256: 64 hexadecimal "
    "digits; id: made by the client, so that asking twice makes one."
)
class AddAttachmentInput:
    kind: str
    mime_type: str
    size: int
    sha256: str
    account_id: UUID | None = None
    visit_id: UUID | None = None
    id: UUID | None = None
    width: int | None = None
    height: int | None = None
    captured_at: datetime | None = None


@strawberry.type
class AttachmentPayload:
    attachment: Attachment


@strawberry.type
class AttachmentsQuery:
    @strawberry.field
    async def attachment(self, info: Info, id: UUID) -> Attachment:
        actor = info.context.actor
        return reads.one(
            Attachment, lambda: queries.attachments(actor).filter(pk=id), lambda: queries.attachment_for(actor, id)
        )

    @strawberry.field(
        description="Up to 100 at once, by id; those you may not see are left out. For fetching thumbnails."
    )
    async def attachments(self, info: Info, ids: list[UUID]) -> list[Attachment]:
        actor = info.context.actor
        if len(ids) > MOST:
            raise Invalid("OUT_OF_RANGE", f"At most {MOST} ids.", fields={"ids": "too many"})
        return reads.a_list(Attachment, lambda: queries.several(actor, ids))


def _place(actor: Actor, given: AddAttachmentInput) -> tuple[AccountRow, VisitRow | None]:
    check_one_place(given.account_id, given.visit_id)
    if given.account_id is not None:
        return account_for(actor, given.account_id), None
    assert given.visit_id is not None
    visit = visit_for(actor, given.visit_id)
    return visit.account, visit


@strawberry.type
class AttachmentsMutation:
    @strawberry.mutation(
        description="Announces an attachment; its content follows by upload, unless you can read the same bytes already."
    )
    async def add_attachment(self, info: Info, input: AddAttachmentInput) -> AttachmentPayload:
        actor = info.context.actor

        @told
        def act() -> AttachmentRow:
            account, visit = _place(actor, input)
            return actions.announce(
                actor=actor,
                account=account,
                visit=visit,
                attachment_id=input.id or new_id(),
                kind=checked_kind(input.kind),
                mime_type=input.mime_type,
                size=input.size,
                sha256=input.sha256,
                width=input.width,
                height=input.height,
                captured_at=input.captured_at,
            )

        return AttachmentPayload(attachment=rows.one(Attachment, await info.context.run(act)))

    @strawberry.mutation(description="Says that the content was sent: of an attachment that you announced.")
    async def commit_attachment(self, info: Info, attachment_id: UUID) -> AttachmentPayload:
        actor = info.context.actor

        @told
        def act() -> AttachmentRow:
            return actions.commit(actor=actor, attachment=queries.own_attachment(actor, attachment_id))

        return AttachmentPayload(attachment=rows.one(Attachment, await info.context.run(act)))

    @strawberry.mutation(description="Takes an attachment back; after its visit's report only an admin does.")
    async def remove_attachment(self, info: Info, attachment_id: UUID) -> AttachmentPayload:
        actor = info.context.actor

        @told
        def act() -> AttachmentRow:
            return actions.remove(actor=actor, attachment=queries.removable(actor, attachment_id))

        return AttachmentPayload(attachment=rows.one(Attachment, await info.context.run(act)))
