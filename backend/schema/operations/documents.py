"""RxDB's three operations for each of its collections, and WatermelonDB's two: decode, one call, encode.

The device is the one the token belongs to. A stream says that it is time to pull, and carries nothing."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.identity.actor import Actor
from backend.kit.errors import Invalid
from backend.schema.context import Info
from backend.schema.live import watch_scope
from backend.schema.types import documents as types
from backend.schema.types.documents import documents
from backend.sync.facades import rxdb, watermelon

T = TypeVar("T")
B = TypeVar("B")

_NEXT = "The next documents of the collection, `limit` of them or all that are left (docs/clients/rxdb.md)."
_PUSH = "Settles documents; gives back those that stand otherwise than they were sent."
_WHEN = "Says when to pull: once at the beginning, and whenever something of yours changed. It carries no documents."


def _device(actor: Actor) -> UUID:
    if actor.device_id is None:
        raise Invalid(
            "DEVICE_REQUIRED", "Sign in from a device; a script's token belongs to none.", fields={"device": "required"}
        )
    return actor.device_id


async def _pull(info: Info, entity: str, checkpoint: Any, limit: int, kind: type[T], bulk: type[B]) -> B:
    actor = info.context.actor
    device = _device(actor)
    cursor = None if checkpoint is None else checkpoint.cursor
    found = await info.context.run_in_turn(
        lambda: rxdb.pull_documents(actor=actor, device_id=device, entity=entity, checkpoint=cursor, limit=limit)
    )
    point = types.DocumentCheckpoint(cursor=found.checkpoint)
    return bulk(documents=documents(kind, found.documents), checkpoint=point)  # type: ignore[call-arg]


async def _push(info: Info, entity: str, rows: Sequence[Any] | None, kind: type[T]) -> list[T]:
    actor = info.context.actor
    device = _device(actor)
    pairs = [(row.assumed_master_state, row.new_document_state) for row in rows or ()]
    told = await info.context.run_in_turn(
        lambda: rxdb.push_documents(actor=actor, device_id=device, entity=entity, rows=pairs)
    )
    return documents(kind, told)


async def _stream(info: Info, entity: str, bulk: type[B]) -> AsyncGenerator[B, None]:
    actor = info.context.actor
    async with watch_scope(info.context.run, actor, only=frozenset({entity})) as scope:
        yield bulk(documents=[], checkpoint=None)  # type: ignore[call-arg]
        while True:
            if await scope.changed():
                yield bulk(documents=[], checkpoint=None)  # type: ignore[call-arg]


@strawberry.type
class DocumentsQuery:
    @strawberry.field(description=_NEXT)
    async def pull_account(
        self, info: Info, limit: int, checkpoint: types.AccountInputCheckpoint | None = None
    ) -> types.AccountBulk:
        return await _pull(info, "account", checkpoint, limit, types.AccountDocument, types.AccountBulk)

    @strawberry.field(description=_NEXT)
    async def pull_contact(
        self, info: Info, limit: int, checkpoint: types.ContactInputCheckpoint | None = None
    ) -> types.ContactBulk:
        return await _pull(info, "contact", checkpoint, limit, types.ContactDocument, types.ContactBulk)

    @strawberry.field(description=_NEXT)
    async def pull_opportunity(
        self, info: Info, limit: int, checkpoint: types.OpportunityInputCheckpoint | None = None
    ) -> types.OpportunityBulk:
        return await _pull(info, "opportunity", checkpoint, limit, types.OpportunityDocument, types.OpportunityBulk)

    @strawberry.field(description=_NEXT)
    async def pull_visit(
        self, info: Info, limit: int, checkpoint: types.VisitInputCheckpoint | None = None
    ) -> types.VisitBulk:
        return await _pull(info, "visit", checkpoint, limit, types.VisitDocument, types.VisitBulk)

    @strawberry.field(
        description="For WatermelonDB's pullChanges (docs/clients/watermelondb.md). `unsent`: what hasUnsyncedChanges says."
    )
    async def watermelon_pull(
        self,
        info: Info,
        schema_version: int,
        unsent: bool,
        last_pulled_at: float | None = None,
        migration: JSON | None = None,
    ) -> types.WatermelonChanges:
        del schema_version  # every column is sent, and a client drops what its schema does not know
        actor = info.context.actor
        device = _device(actor)
        found = await info.context.run_in_turn(
            lambda: watermelon.pull_changes(
                actor=actor, device_id=device, last=last_pulled_at, unsent=unsent, migration=migration
            )
        )
        return types.WatermelonChanges(
            changes=found.changes,  # type: ignore[arg-type]
            timestamp=found.timestamp,
            experimental_strategy=found.strategy,
        )


@strawberry.type
class DocumentsMutation:
    @strawberry.mutation(description=_PUSH)
    async def push_account(
        self, info: Info, account_push_row: list[types.AccountInputPushRow] | None = None
    ) -> list[types.AccountDocument]:
        return await _push(info, "account", account_push_row, types.AccountDocument)

    @strawberry.mutation(description=_PUSH)
    async def push_contact(
        self, info: Info, contact_push_row: list[types.ContactInputPushRow] | None = None
    ) -> list[types.ContactDocument]:
        return await _push(info, "contact", contact_push_row, types.ContactDocument)

    @strawberry.mutation(description=_PUSH)
    async def push_opportunity(
        self, info: Info, opportunity_push_row: list[types.OpportunityInputPushRow] | None = None
    ) -> list[types.OpportunityDocument]:
        return await _push(info, "opportunity", opportunity_push_row, types.OpportunityDocument)

    @strawberry.mutation(description=_PUSH)
    async def push_visit(
        self, info: Info, visit_push_row: list[types.VisitInputPushRow] | None = None
    ) -> list[types.VisitDocument]:
        return await _push(info, "visit", visit_push_row, types.VisitDocument)

    @strawberry.mutation(description="For WatermelonDB's pushChanges; true when everything is settled.")
    async def watermelon_push(self, info: Info, changes: JSON, last_pulled_at: float) -> bool:
        del last_pulled_at  # what an edit builds on stands in each record
        actor = info.context.actor
        device = _device(actor)
        if not isinstance(changes, dict):
            raise Invalid("BAD_VALUE", "changes must be an object.", fields={"changes": "not an object"})
        given = dict(changes)
        await info.context.run_in_turn(lambda: watermelon.push_changes(actor=actor, device_id=device, changes=given))
        return True


@strawberry.type
class DocumentsSubscription:
    @strawberry.subscription(description=_WHEN)
    async def stream_account(self, info: Info) -> AsyncGenerator[types.AccountBulk, None]:
        return _stream(info, "account", types.AccountBulk)

    @strawberry.subscription(description=_WHEN)
    async def stream_contact(self, info: Info) -> AsyncGenerator[types.ContactBulk, None]:
        return _stream(info, "contact", types.ContactBulk)

    @strawberry.subscription(description=_WHEN)
    async def stream_opportunity(self, info: Info) -> AsyncGenerator[types.OpportunityBulk, None]:
        return _stream(info, "opportunity", types.OpportunityBulk)

    @strawberry.subscription(description=_WHEN)
    async def stream_visit(self, info: Info) -> AsyncGenerator[types.VisitBulk, None]:
        return _stream(info, "visit", types.VisitBulk)
