"""Going on from a cursor: what was committed since is told before what comes, from the log, in whatever process."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from graphql import GraphQLSchema

from backend.identity.actor import Actor
from backend.kit.errors import Busy
from backend.schema.execution import Run
from backend.schema.feeds.feeds import Feeds
from backend.schema.feeds.kinds import Kind
from backend.schema.feeds.listener import Listener
from backend.schema.feeds.telling import MOST_ROWS, Teller
from backend.schema.feeds.told import Resync, Told
from backend.sync import changes, since
from backend.sync.feed_cursor import FeedCursor
from backend.sync.live import SCOPE_ENTITIES, Seen
from backend.territories import pairs

BEHIND_SECONDS = 5.0
"""How long we may be behind a process that gave the cursor; some hundredths of a second are usual."""


@dataclass(frozen=True, slots=True)
class Missed:
    """What came after a cursor: the rest of the batch it lies in, and what came after that. `scope`: what they see may be
    another since. `many`: more than is told one by one."""

    rest: Sequence[Seen] = ()
    after: Sequence[Seen] = ()
    scope: bool = False
    many: bool = False


async def reach(feeds: Feeds, cursor: FeedCursor) -> None:
    """Waits until this process has read the log up to the cursor."""
    for _ in range(int(BEHIND_SECONDS / 0.02)):
        if since.includes(feeds.position, cursor.target or cursor.base):
            return
        await asyncio.sleep(0.02)
    raise Busy("BUSY", "The server is behind what you know already; try again.")


async def catch_up(
    feeds: Feeds, listener: Listener, schema: GraphQLSchema, run: Run, cursor: FeedCursor, to: str
) -> None:
    """Tells a listener that holds what is told what came between the cursor and the snapshot `to`, and then what it holds."""
    actor, kind = listener.reader.actor, listener.kind
    missed = await run(_missed, actor, kind, cursor, to, frozenset(listener.sight.roots))
    if missed.scope or missed.many:
        # Read anew is read at least as of `to`.
        told = Told(feeds.cursor(actor.org_id, to), resync=Resync.SCOPE if missed.scope else Resync.TOO_MANY)
        listener.tell_now(told, None if listener.reader.shape is None else listener.reader.shape.payload(told, None))
    else:
        middle = cursor.target or cursor.base

        def within(after: str | None) -> str:
            if after is None:
                return feeds.cursor(actor.org_id, middle)
            return (
                feeds.cursor(actor.org_id, cursor.base, middle, after)
                if after
                else feeds.cursor(actor.org_id, cursor.base)
            )

        def beyond(after: str | None) -> str:
            if after is None:
                return feeds.cursor(actor.org_id, to)
            return feeds.cursor(actor.org_id, middle, to, after) if after else feeds.cursor(actor.org_id, middle)

        for some, cursor_at in ((missed.rest, within), (missed.after, beyond)):
            if some:
                await Teller(schema, run, kind, actor.org_id, cursor_at).tell([listener], some, {}, now=True)
    listener.caught_up()


def _missed(actor: Actor, kind: Kind, cursor: FeedCursor, to: str, roots: frozenset[UUID]) -> Missed:
    since.check(cursor, roots)
    middle = cursor.target or cursor.base
    # Within a batch scope is told first, so that a cursor there has it behind it.
    scope = since.between(middle, changes.snapshot(), actor.org_id, SCOPE_ENTITIES)
    rest = since.between(cursor.base, middle, actor.org_id, [kind.entity]) if cursor.target else None
    after = since.between(middle, to, actor.org_id, [kind.entity])
    if scope.overflow or after.overflow or (rest is not None and rest.overflow):
        return Missed(many=True)
    if _concerns(actor, scope.changes, roots, cursor):
        return Missed(scope=True)
    left = () if rest is None else tuple(one for one in rest.changes if str(one.entity_id) > cursor.after)
    seen = {one.entity_id for one in (*left, *after.changes) if one.root in roots}
    return Missed(rest=left, after=after.changes, many=len(seen) > MOST_ROWS)


def _concerns(actor: Actor, scope: Sequence[Seen], roots: frozenset[UUID], cursor: FeedCursor) -> bool:
    """Says whether changes of scope may have moved what somebody sees: rather once too often."""
    touched = {change.root for change in scope}
    if not touched:
        return False
    if any(change.entity == "territory" or change.for_all or change.root == actor.user_id for change in scope):
        return True
    if not touched.isdisjoint(roots) or (actor.leads and any(change.entity == "user" for change in scope)):
        return True
    before = pairs.seen([(actor.user_id, root) for root in touched], cursor.given_at)
    return bool(before)
