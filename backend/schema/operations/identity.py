"""Signing in, devices, the caller."""

from typing import Any
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.identity import actions, tokens
from backend.identity.models import Device as DeviceRow
from backend.identity.models import Org as OrgRow
from backend.identity.models import User as UserRow
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.paging import Window, ordered_by
from backend.schema.types import rows
from backend.schema.types.identity import Device, Org, Session, User
from backend.schema.types.pages import Connection
from backend.territories.coverage import people_seen


@strawberry.input(description="The installation that signs in; installKey: 16 to 64 random characters made once.")
class DeviceInput:
    install_key: str
    name: str = ""
    platform: str = ""


@strawberry.input
class SignInInput:
    username: str
    password: str
    device: DeviceInput


@strawberry.type
class SessionPayload:
    session: Session


@strawberry.type
class DevicePayload:
    device: Device


@strawberry.type
class SignOutPayload:
    done: bool


@strawberry.type
class Me:
    user: User
    org: Org
    device: Device | None


def _payload(session: tokens.Session) -> SessionPayload:
    return SessionPayload(
        session=Session(
            access_token=session.access_token,
            access_expires_at=session.access_expires_at,
            refresh_token=session.refresh_token,
            device_id=session.device.pk,
            user=rows.one(User, session.device.user),
        )
    )


@strawberry.type
class IdentityQuery:
    @strawberry.field(description="Who the server thinks you are.")
    async def me(self, info: Info) -> Me:
        actor = info.context.actor

        def read() -> Me:
            user = UserRow.objects.get(pk=actor.user_id)
            org = OrgRow.objects.get(pk=actor.org_id)
            device = None if actor.device_id is None else DeviceRow.objects.get(pk=actor.device_id)
            return Me(user=rows.one(User, user), org=rows.one(Org, org), device=rows.maybe(Device, device))

        return await info.context.run(read)

    @strawberry.field(
        description="You and everybody beneath you who is there, by name to sign in with; of one role, if it is given."
    )
    async def people(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        role: str | None = None,
    ) -> Connection[User]:
        actor = info.context.actor

        def seen() -> QuerySet[Any]:
            found = people_seen(actor)
            return found if role is None else found.filter(role=role)

        return reads.a_page(User, seen, ordered_by("username"), Window(first, after, last, before))

    @strawberry.field(description="Your own devices.")
    async def devices(self, info: Info) -> list[Device]:
        actor = info.context.actor

        def seen() -> QuerySet[DeviceRow]:
            return DeviceRow.objects.filter(user_id=actor.user_id, org_id=actor.org_id).order_by("id")[:100]

        return reads.a_list(Device, seen)


@strawberry.type
class IdentityMutation:
    @strawberry.mutation(description="Opens a session on this installation's device. Open to all.")
    async def sign_in(self, info: Info, input: SignInInput) -> SessionPayload:
        def act() -> SessionPayload:
            return _payload(
                actions.sign_in(
                    username=input.username,
                    password=input.password,
                    install_key=input.device.install_key,
                    name=input.device.name,
                    platform=input.device.platform,
                    address=info.context.address,
                )
            )

        return await info.context.run(act)

    @strawberry.mutation(description="Gives the successor of a refresh token. Open to all.")
    async def refresh_session(self, info: Info, refresh_token: str) -> SessionPayload:
        return await info.context.run(lambda: _payload(tokens.rotate(refresh_token)))

    @strawberry.mutation(description="Ends the tokens of the caller's device.")
    async def sign_out(self, info: Info) -> SignOutPayload:
        actor = info.context.actor
        await info.context.run(lambda: actions.sign_out(actor=actor))
        return SignOutPayload(done=True)

    @strawberry.mutation(description="Makes or finds the device of an installation, for a script's token.")
    async def register_device(self, info: Info, input: DeviceInput) -> DevicePayload:
        actor = info.context.actor
        device = await info.context.run(
            lambda: actions.register_device(
                actor=actor, install_key=input.install_key, name=input.name, platform=input.platform
            )
        )
        return DevicePayload(device=rows.one(Device, device))

    @strawberry.mutation(description="Cuts a device off: its tokens and sockets end at once, and it is told to wipe.")
    async def revoke_device(self, info: Info, device_id: UUID, reason: str = "") -> DevicePayload:
        actor = info.context.actor
        device = await info.context.run(lambda: actions.revoke_device(actor=actor, device_id=device_id, reason=reason))
        return DevicePayload(device=rows.one(Device, device))
