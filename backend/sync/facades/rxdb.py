"""RxDB's replication, one collection at a time, as a thin face of the one protocol.

RxDB applies each page as it comes, takes a page that is not full for the last, keeps the checkpoint of the last page that had
documents and shows that one again, however often. So pages are filled, checkpoints may be shown again, and a checkpoint in
the middle of a pull carries the last complete one, to go back to when its pages no longer fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.identity.actor import Actor
from backend.kit.errors import Busy, DomainError, Invalid
from backend.sync.facades.documents import Document, stub, whole
from backend.sync.facades.held import Held, held
from backend.sync.facades.settle import settle
from backend.sync.protocol import CURRENT, PAGE_LIMIT, PUSH_LIMIT, PullPage, ResetReason
from backend.sync.pull import pull

COLLECTIONS = ("account", "contact", "opportunity", "visit")
MOST_DOCUMENTS = 1_000
"""RxDB takes a shorter page than it asked for as the last: more than this is refused, not shortened."""

_HEALED = frozenset({ResetReason.PAGES_SUPERSEDED, ResetReason.CURSOR_REWOUND})
"""What we mend ourselves, since we know what the client holds."""


class Reset(DomainError):
    """What the client holds does not fit what is here: it must drop the collection, after it has sent what it has not."""

    family = "RESET"


@dataclass(frozen=True, slots=True)
class Bulk:
    """Documents, and the checkpoint to ask for the next ones with."""

    documents: list[Document]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class _Position:
    """A checkpoint, opened. `answer`: its number; `cursor`: "" at the very beginning; `origin`: where its pull began, None
    for the end of one."""

    answer: int
    cursor: str
    origin: "_Position | None" = None

    def text(self) -> str:
        own = f"{self.answer}.{self.cursor}"
        return own if self.origin is None else f"{own}.{self.origin.text()}"

    @classmethod
    def read(cls, text: str) -> "_Position":
        parts = text.split(".")
        if len(parts) not in (2, 4) or not all(one.isdecimal() and len(one) < 18 for one in parts[::2]):
            raise Reset("CURSOR_INVALID", "This is no checkpoint of ours.", fields={"checkpoint": "not ours"})
        origin = cls(int(parts[2]), parts[3]) if len(parts) == 4 else None
        return cls(int(parts[0]), parts[1], origin)


_BEGINNING = _Position(0, "")


def pull_documents(*, actor: Actor, device_id: UUID, entity: str, checkpoint: str | None, limit: int) -> Bulk:
    """Returns the next `limit` documents of a collection, fewer only at the end; the last page tells also what is gone.

    Raises Reset with EPOCH_CHANGED, TOO_OLD or CURSOR_INVALID."""
    if not 1 <= limit <= MOST_DOCUMENTS:
        raise Invalid("OUT_OF_RANGE", f"limit is 1 to {MOST_DOCUMENTS}.", fields={"limit": "out of range"})
    with held(device_id, _stream(entity)) as rows:
        rows.told.answers = rows.answer
        position = _BEGINNING if checkpoint is None else _Position.read(checkpoint)
        if position.origin is None:
            rows.confirm(position.answer)
    for start in _attempts(position):
        bulk = _pages(actor, device_id, entity, start, rows.answer, limit)
        if bulk is not None:
            return bulk
    raise Busy("BUSY", "This collection is syncing elsewhere at the same time; try again.")


def _attempts(position: _Position) -> list[_Position]:
    """Returns where to begin: here; if its pages are superseded, where they began; if that is too, from nothing."""
    found = [position]
    if position.origin is not None:
        found.append(position.origin)
    return found if found[-1] == _BEGINNING else [*found, _BEGINNING]


def _pages(actor: Actor, device_id: UUID, entity: str, start: _Position, answer: int, limit: int) -> Bulk | None:
    documents: dict[str, Document] = {}
    cursor, stream = start.cursor, _stream(entity)
    if not cursor:
        with held(device_id, stream, number=answer) as rows:
            rows.doubt_everything()
    while True:
        page = pull(
            actor=actor,
            device_id=device_id,
            protocol=CURRENT,
            cursor=cursor or None,
            limit=min(limit - len(documents), PAGE_LIMIT),
            stream=stream,
            entities={entity},
        ).page
        if page.reset in _HEALED:
            return None
        if page.reset is not None:
            raise Reset(page.reset, "Send what is unsent, then begin this collection anew.")
        with held(device_id, stream) as rows:
            rows.answer = answer
            documents |= _told(actor, entity, rows, page)
        assert page.cursor is not None
        cursor = page.cursor
        if page.complete or len(documents) >= limit:
            origin = None if page.complete else start.origin or start
            return Bulk(list(documents.values()), _Position(answer, cursor, origin).text())


def _told(actor: Actor, entity: str, rows: Held, page: PullPage) -> dict[str, Document]:
    ops = page.ops
    rows.take(ops)
    put = {op["id"]: op["row"] for op in ops if op["op"] == "put"}
    documents = {one["id"]: one for one in whole(actor, entity, put.values())}
    if page.complete:
        documents |= {row: stub(entity, row) for _, row in rows.leaving()}
    return documents


def push_documents(*, actor: Actor, device_id: UUID, entity: str, rows: Sequence[tuple[Any, Any]]) -> list[Document]:
    """Settles pairs (assumed, new) and returns the documents the client is to hold instead, of those that stand otherwise.

    Raises PARENT_UNKNOWN when a new document came before its account, once all others are settled; PUSH_TOO_LARGE before
    anything is done."""
    if len(rows) > PUSH_LIMIT:
        raise Invalid("PUSH_TOO_LARGE", f"At most {PUSH_LIMIT} documents a push.", fields={"documents": "too many"})
    told: list[Document] = []
    waiting = 0
    for assumed, new in rows:
        if not isinstance(new, dict) or not isinstance(assumed, dict | None):
            raise Invalid("BAD_VALUE", "A document is an object.", fields={"newDocumentState": "not an object"})
        verdict = settle(actor=actor, device_id=device_id, entity=entity, assumed=assumed, sent=new)
        waiting += verdict.waits
        if verdict.document is not None:
            told.append(verdict.document)
    if waiting:
        raise Busy("PARENT_UNKNOWN", "The account of a new document is not here yet; send the batch again.")
    return told


def _stream(entity: str) -> str:
    return f"rxdb.{entity}"
