"""A subscription to a feed, as a resolver begins it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from graphql import GraphQLSchema

from backend.identity.actor import Actor
from backend.kit.errors import Invalid
from backend.schema.context import Info
from backend.schema.feeds.catching_up import catch_up, reach
from backend.schema.feeds.feeds import Feeds
from backend.schema.feeds.kinds import Kind, Where
from backend.schema.feeds.line import OUTLET, Outlet
from backend.schema.feeds.listener import Listener
from backend.schema.feeds.reading import Reader, sayable
from backend.schema.feeds.told import Gone, Told, asked_of
from backend.schema.live import hub, run_live
from backend.sync import since
from backend.sync.cursor import BadCursor
from backend.sync.feed_cursor import FeedCursor, unseal

T = TypeVar("T")
Event = Callable[[Told, Any], T]
"""Makes an event of what is told and the row, None where none is shown."""

_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, Feeds] = WeakKeyDictionary()


def feeds() -> Feeds:
    """Returns the feeds of this event loop."""
    loop = asyncio.get_running_loop()
    if (known := _feeds.get(loop)) is None:
        known = _feeds[loop] = Feeds(hub(), run_live)
    return known


async def watch(info: Info, kind: Kind, where: Where, given: str | None, event: Event[T]) -> AsyncGenerator[T, None]:
    """Begins a subscription; raises what is wrong with it. `given`: the cursor to go on from."""
    actor = info.context.actor
    cursor = None if given is None else _unsealed(actor, given)
    if cursor is not None:
        await info.context.run(since.check, cursor, ())
    schema: GraphQLSchema = info._raw_info.schema
    outlet, shape = OUTLET.get(), asked_of(info._raw_info)
    if shape is not None and (info.context.by_resolvers or not sayable(schema, shape, actor.role)):
        shape = None
    return _events(info, Reader(actor, where, None if outlet is None else shape), kind, outlet, cursor, event)


def _unsealed(actor: Actor, given: str) -> FeedCursor:
    try:
        return unseal(given, actor.org_id, secret=settings.SECRET_KEY)
    except BadCursor as error:
        message = "since is not a cursor of an event, or of liveCursor."
        raise Invalid("BAD_CURSOR", message, fields={"since": "not a cursor"}) from error


async def _events(
    info: Info, reader: Reader, kind: Kind, outlet: Outlet | None, cursor: FeedCursor | None, event: Event[T]
) -> AsyncGenerator[T, None]:
    us, actor, schema = feeds(), reader.actor, info._raw_info.schema
    async with us.hold():
        with us.sights.hold(actor) as sight:
            await us.sights.read(sight)
            if cursor is not None:
                await reach(us, cursor)
            listener = Listener(kind, reader, sight, outlet, lambda: us.cursor(actor.org_id, us.position))
            listener.held = None if cursor is None else []
            with us.listening(listener, schema):
                if cursor is not None:
                    await catch_up(us, listener, schema, run_live, cursor, us.position)
                while True:
                    yield await _shown(info, kind, await listener.next(), event)


async def _shown(info: Info, kind: Kind, told: Told, event: Event[T]) -> T:
    """Returns the event as resolvers answer it, with the row as it may be seen now."""
    info.context.forget_loaded()
    if told.id is None or told.gone is not None:
        return event(told, None)
    actor = info.context.actor
    row = await info.context.run(lambda: kind.seen(actor).filter(pk=told.id).first())
    return event(told, row) if row is not None else event(Told(told.cursor, told.id, gone=Gone.NOT_VISIBLE), None)
