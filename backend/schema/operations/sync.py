"""The sync protocol over GraphQL: decode, one call, encode."""

from collections.abc import AsyncGenerator
from uuid import UUID

import strawberry

from backend.identity.actor import Actor
from backend.schema.context import Info, device_for
from backend.schema.frames import unread
from backend.schema.live import watch_scope
from backend.schema.types import rows
from backend.schema.types.sync import SyncMutationInput, SyncPage, SyncPoke, SyncPushPayload, SyncResult
from backend.sync.protocol import CURRENT, FARTHEST_OFFSET_MS, PAGE_LIMIT, UNSAID, Mutation, PushReply
from backend.sync.pull import Pulled, pull
from backend.sync.push import push
from backend.sync.waiting import note_pending
from backend.telemetry import metrics


def _mutation(given: SyncMutationInput) -> Mutation:
    parts = {name: getattr(given, name) for name in ("base", "set", "args")}
    # Some languages write an empty object as an empty list; anything else is refused, by itself.
    odd = {name: value for name, value in parts.items() if value and not isinstance(value, dict)}
    base, changes, args = ({} if name in odd else value or {} for name, value in parts.items())
    return Mutation(
        seq=given.seq,
        id=given.id,
        name=given.name,
        entity_id=given.entity_id,
        base=base,
        set=changes,
        args=args,
        odd=odd,
        client_time=given.client_time,
        depends_on=tuple(given.depends_on or ()),
        group=given.group,
        clock_offset_ms=None if given.clock_offset_ms is None else _whole(given.clock_offset_ms),
        protocol=given.protocol,
    )


def _whole(milliseconds: float) -> int:
    # A phone may be decades off, more than an Int of GraphQL holds.
    return round(max(-FARTHEST_OFFSET_MS - 1, min(FARTHEST_OFFSET_MS + 1, milliseconds)))


@strawberry.type
class SyncQuery:
    @strawberry.field(description="The next page for a device (docs/sync.md, section 5).")
    async def sync_pull(
        self,
        info: Info,
        device_id: UUID,
        protocol: int = UNSAID,
        cursor: str | None = None,
        limit: int = PAGE_LIMIT,
        pending: int | None = None,
    ) -> SyncPage:
        actor = info.context.actor

        def read() -> Pulled:
            device = device_for(actor, device_id, protocol)
            note_pending(device, pending)
            with metrics.PULL_SECONDS.timed():
                return pull(actor=actor, device_id=device, protocol=protocol, cursor=cursor, limit=limit)

        pulled = await info.context.run_in_turn(read)
        page = pulled.page
        metrics.PULL_ROWS.add(n=len(page.lines))
        return SyncPage(
            ops=unread(page.lines),  # type: ignore[arg-type]
            cursor=page.cursor,
            complete=page.complete,
            more=page.more,
            last_seq=page.last_seq,
            epoch=page.epoch,
            server_time=page.server_time,
            reset=page.reset,
            counts=pulled.counts,  # type: ignore[arg-type]
            counts_by_priority=pulled.counts_by_priority,
            ready=page.ready,
            warnings=pulled.warnings,
        )


@strawberry.type
class SyncMutation:
    @strawberry.mutation(description="Settles what a device did (docs/sync.md, section 7).")
    async def sync_push(
        self, info: Info, device_id: UUID, mutations: list[SyncMutationInput], protocol: int = UNSAID
    ) -> SyncPushPayload:
        actor = info.context.actor
        decoded = [_mutation(one) for one in mutations]

        def act() -> PushReply:
            device = device_for(actor, device_id, protocol)
            with metrics.PUSH_SECONDS.timed():
                return push(actor=actor, device_id=device, mutations=decoded, protocol=protocol)

        reply = await info.context.run_in_turn(act)
        for one in reply.results:
            metrics.PUSHED.add(one.status)
        return SyncPushPayload(
            last_seq=reply.last_seq,
            results=rows.many(SyncResult, reply.results),
            halt=reply.halt,
            message=reply.message,
        )


@strawberry.type
class SyncSubscription:
    @strawberry.subscription(
        description="Says when to pull; once at the beginning, and whenever something of yours changed."
    )
    async def sync_poke(self, info: Info, device_id: UUID) -> AsyncGenerator[SyncPoke, None]:
        actor = info.context.actor
        await info.context.run(lambda: device_for(actor, device_id, CURRENT))
        return _pokes(info, actor)


async def _pokes(info: Info, actor: Actor) -> AsyncGenerator[SyncPoke, None]:
    async with watch_scope(info.context.run, actor) as scope:
        yield SyncPoke(reason="connected")
        while True:
            if reason := await scope.changed():
                yield SyncPoke(reason=reason)
