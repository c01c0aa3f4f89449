"""The inbox, and the addresses of phones."""

from uuid import UUID

import strawberry

from backend.notifications import actions, browsers, queries
from backend.notifications.models import Notification as NotificationRow
from backend.notifications.models import PushAddress as PushAddressRow
from backend.schema.context import Info, device_of
from backend.schema.paging import Window, ordered_by, page
from backend.schema.types import rows
from backend.schema.types.notifications import Notification, PushAddress
from backend.schema.types.pages import Connection, connection_of


@strawberry.input(
    description="kind: fid (Firebase installation id), fcm_token, or webpush; the value of a webpush is the JSON of the "
    "browser's PushSubscription. Without deviceId: the calling device."
)
class PushAddressInput:
    kind: str
    value: str
    device_id: UUID | None = None


@strawberry.type
class PushAddressPayload:
    push_address: PushAddress


@strawberry.type
class NotificationPayload:
    notification: Notification


@strawberry.type
class NotificationsQuery:
    @strawberry.field(description="What you were told of and still may see, newest first.")
    async def notifications(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        unread_only: bool = False,
    ) -> Connection[Notification]:
        actor = info.context.actor
        found = await info.context.run(
            lambda: page(
                queries.inbox(actor, unread_only=unread_only),
                ordered_by("-created_at"),
                Window(first, after, last, before),
            )
        )
        return connection_of(Notification, found)

    @strawberry.field(
        description="This server's public key for Web Push: a browser subscribes with it as applicationServerKey. "
        "A subscription made under another key must be made anew."
    )
    async def web_push_key(self, info: Info) -> str:
        info.context.actor  # noqa: B018  (it raises for who is not signed in)
        return await info.context.run(lambda: browsers.vapid().public_key)


@strawberry.type
class NotificationsMutation:
    @strawberry.mutation(
        description="Says where your device is reached from now on; an older address of it is forgotten."
    )
    async def register_push_address(self, info: Info, input: PushAddressInput) -> PushAddressPayload:
        actor = info.context.actor

        def act() -> PushAddressRow:
            named = None if input.device_id is None else device_of(actor, input.device_id)
            device = queries.device_for(actor, named)
            return actions.register_address(actor=actor, device=device, kind=input.kind, value=input.value)

        return PushAddressPayload(push_address=rows.one(PushAddress, await info.context.run(act)))

    @strawberry.mutation(description="Notes that you have read it; saying so again changes nothing.")
    async def mark_notification_read(self, info: Info, id: UUID) -> NotificationPayload:
        actor = info.context.actor

        def act() -> NotificationRow:
            return actions.mark_read(actor=actor, notification=queries.notification_for(actor, id))

        return NotificationPayload(notification=rows.one(Notification, await info.context.run(act)))
