"""What listeners of one org are told of one kind of rows: first what entered and left what they see, then rows that changed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from graphql import GraphQLSchema

from backend.schema.execution import Run
from backend.schema.feeds.kinds import Kind
from backend.schema.feeds.listener import Listener
from backend.schema.feeds.reading import Found, Reader, look
from backend.schema.feeds.sights import Moved
from backend.schema.feeds.told import Gone, Resync, Told
from backend.sync.live import Seen

MOST_ROWS = 500
"""So many rows of one kind are told one by one; of more a listener is told to read anew."""

CursorAt = Callable[[str | None], str]
"""Gives the cursor behind the row of that id: "" before all rows, None behind the last."""


@dataclass(slots=True)
class Turn:
    """What one listener may be told: ids of rows that left what they see, that entered it, that changed."""

    left: set[UUID] = field(default_factory=set)
    entered: set[UUID] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)


class Teller:
    """Tells about one kind."""

    def __init__(self, schema: GraphQLSchema, run: Run, kind: Kind, org_id: UUID, cursor_at: CursorAt) -> None:
        self._schema = schema
        self._run = run
        self._kind = kind
        self._org_id = org_id
        self._cursor_at = cursor_at
        self._cursors: dict[UUID | str | None, str] = {}
        self._payloads: dict[tuple[object, ...], str] = {}

    async def tell(
        self,
        listeners: Collection[Listener],
        changes: Iterable[Seen],
        moved: Mapping[UUID, Moved],
        *,
        now: bool = False,
    ) -> None:
        """Tells what a batch is to each of them; `now`: before what they hold."""
        touched: dict[UUID, set[UUID]] = defaultdict(set)
        elsewhere: set[UUID] = set()
        for change in changes:
            if change.entity == self._kind.entity:
                touched[change.entity_id].add(change.root)
            elif change.entity == "~scope":
                elsewhere.add(change.root)
        turns = await self._turns(listeners, touched, elsewhere, moved)
        wanted = {
            one.reader: turn.entered | turn.changed for one, turn in turns.items() if turn.entered or turn.changed
        }
        found = await self._run(look, self._schema, self._kind, self._org_id, wanted) if wanted else Found()
        order = sorted(touched)
        for listener, turn in turns.items():
            self._tell_one(listener, turn, found, order, now)

    async def _turns(
        self,
        listeners: Collection[Listener],
        touched: dict[UUID, set[UUID]],
        elsewhere: set[UUID],
        moved: Mapping[UUID, Moved],
    ) -> dict[Listener, Turn]:
        roots = {root for one in moved.values() for root in (*one.left, *one.entered)}
        # What lies elsewhere now may be within, or without, the territory that somebody asked for.
        if any(one.reader.where.territory_id for one in listeners):
            roots |= elsewhere
        beneath = await self._run(rows_under, self._kind, self._org_id, roots) if roots else {}
        turns: dict[Listener, Turn] = {}
        mine: dict[UUID, set[UUID]] = {}
        for listener in listeners:
            person = listener.sight.actor.user_id
            move = moved.get(person)
            if person not in mine:
                known = listener.sight.roots if move is None else listener.sight.roots | move.left
                mine[person] = {row for row, places in touched.items() if not places.isdisjoint(known)}
            turn = Turn(changed=set(mine[person]))
            if move is not None:
                turn.left = {row for row, root in beneath.items() if root in move.left} - turn.changed
                turn.entered = {row for row, root in beneath.items() if root in move.entered} - turn.changed
            if listener.reader.where.territory_id:
                here = {row for row, root in beneath.items() if root in elsewhere and root in listener.sight.roots}
                turn.entered |= here - turn.changed
            many = len(beneath) > 2 * MOST_ROWS and (move is not None or listener.reader.where.territory_id)
            # What one person alone is told of is not looked for beneath what they lost.
            alone = self._kind.only and move is not None and move.left
            if many or alone or len(turn.left) + len(turn.entered) > MOST_ROWS:
                listener.say(Told(self._cursor(None), resync=Resync.SCOPE))
            elif len(turn.changed) > MOST_ROWS:
                listener.say(Told(self._cursor(None), resync=Resync.TOO_MANY))
            elif turn.left or turn.entered or turn.changed:
                turns[listener] = turn
        return turns

    def _tell_one(self, listener: Listener, turn: Turn, found: Found, order: list[UUID], now: bool) -> None:
        tell = listener.tell_now if now else listener.tell
        # A cursor within what moved leads back before it: then the whole of it is told as a change of scope.
        first = self._cursor("" if order else None)
        for row in sorted(turn.left):
            tell(*self._gone(listener, row, Gone.NOT_VISIBLE, first))
        last = order[-1] if order else None
        for row in (*sorted(turn.entered), *(one for one in order if one in turn.changed)):
            cursor = first if row in turn.entered else self._cursor(None if row == last else row)
            if (event := self._event(listener, row, found, cursor)) is not None:
                tell(*event)

    def _event(self, listener: Listener, row: UUID, found: Found, cursor: str) -> tuple[Told, str | None] | None:
        reader = listener.reader
        if reader.actor not in found.good:
            return None
        if found.whose.get(row, reader.actor.user_id) != reader.actor.user_id:
            return None
        if row not in found.roots:
            return self._gone(listener, row, Gone.DELETED, cursor)
        if (reader.actor.user_id, row) not in found.may:
            return self._gone(listener, row, Gone.NOT_VISIBLE, cursor)
        if reader.where and row not in found.matching[reader.where]:
            # Once is enough: we do not know whether it was ever shown.
            if row in listener.gone:
                return None
            listener.remember_gone(row)
            return self._gone(listener, row, Gone.NOT_MATCHING, cursor)
        listener.gone.discard(row)
        told = Told(cursor, row)
        texts = found.text(reader, row)
        return told, None if texts is None else self._payload(reader, told, texts)

    def _gone(self, listener: Listener, row: UUID, why: Gone, cursor: str) -> tuple[Told, str | None]:
        told = Told(cursor, row, gone=why)
        return told, None if listener.reader.shape is None else self._payload(listener.reader, told, None)

    def _payload(self, reader: Reader, told: Told, texts: list[str] | None) -> str:
        assert reader.shape is not None
        # Texts are one object for all whom they were read for.
        key = (reader.shape, told.id, told.gone, told.cursor, id(texts))
        if (known := self._payloads.get(key)) is None:
            known = self._payloads[key] = reader.shape.payload(told, texts)
        return known

    def _cursor(self, after: UUID | str | None) -> str:
        if after not in self._cursors:
            self._cursors[after] = self._cursor_at(None if after is None else str(after))
        return self._cursors[after]


def rows_under(kind: Kind, org_id: UUID, roots: Collection[UUID]) -> dict[UUID, UUID]:
    """Returns the rows under some roots, and under which: a few more than are told one by one at the most."""
    found = kind.rows(org_id).filter(feed_root__in=roots)
    if kind.only:
        return {}
    return dict(found.values_list("pk", "feed_root")[: 2 * MOST_ROWS + 1])
