"""WatermelonDB's synchronize(): one pull of everything, then one push of everything, as a thin face of the one protocol.

Its `timestamp` is the number of our answer, behind which the cursor is kept. It destroys what a pull deletes even where the
person has edited it and not sent it; so the client says whether it has unsent work, and while it has, nothing is deleted:
its push comes first, and the pull after that takes the rows away. It takes whatever a push accepted for what stands; so a row
that stands otherwise is sent again by the next pull."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.field.lifecycle import VisitState
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Busy, Invalid
from backend.sync import storable
from backend.sync.facades.documents import EVIDENCE, Document, standing
from backend.sync.facades.held import Held, held
from backend.sync.facades.raws import Raw, base, changed, document, raw
from backend.sync.facades.settle import settle
from backend.sync.protocol import CURRENT
from backend.sync.pull import pull
from backend.sync.tables import RANK

TABLES = (
    "pipeline",
    "stage",
    "account",
    "address",
    "contact",
    "opportunity",
    "visit",
    "checkIn",
    "visitReport",
    "syncIssue",
)
"""The entities that such a client is given, under the names of their tables."""

WRITTEN = ("account", "contact", "opportunity", "visit")
MOST_ROWS = 50_000
"""An answer has no pages; more rows than this in one are refused."""

MOST_CHANGES = 2_000
"""Such a client sends all it has in one push, weeks of work at the most; each row is settled by itself, and takes its time."""

PAGE = 5_000
STREAM = "watermelon"
MARKS = 3
LONGEST_ID = 300
_ENDLESS = 2**53


@dataclass(frozen=True, slots=True)
class Changes:
    """What `pullChanges` returns. `strategy`: "replacement" where the client is to drop what is not named here."""

    changes: dict[str, dict[str, list[Any]]]
    timestamp: int
    strategy: str | None = None


def table(entity: str) -> str:
    """Returns the name of an entity's table: `checkIn` is `check_in`."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in entity)


_ENTITIES = {table(entity): entity for entity in TABLES}


def pull_changes(*, actor: Actor, device_id: UUID, last: float | None, unsent: bool, migration: Any = None) -> Changes:
    """Returns what changed since the answer `last`, or everything. Raises SCOPE_TOO_LARGE.

    `unsent`: the client has changes that it has not pushed; then nothing it holds is taken away yet. `migration`: what its
    new schema has more: {"tables": [name], "columns": [{"table": name, …}]}."""
    with held(device_id, STREAM, number=_milliseconds()) as rows:
        answer = rows.answer
        cursor = _mark(rows, last)
        known = cursor is not None or last is None
        if known and last is not None:
            rows.confirm(int(last))
    found = _all(actor, device_id, cursor, answer) if known else None
    if found is None and unsent:
        # Its push needs no position of ours, and a replacement would destroy what it is about to send.
        return Changes(_named({}, {}), int(last or 0))
    strategy = None
    if found is None:
        strategy, found = "replacement", _all(actor, device_id, None, answer)
    if found is None:
        raise Busy("BUSY", "This device is syncing elsewhere at the same time; try again.")
    put, cursor = found
    with held(device_id, STREAM, number=answer) as rows:
        for name in _grown(migration):
            rows.send_all_again(name)
        for entity, ids in _by_entity(rows.again()).items():
            put.setdefault(entity, {}).update(standing(actor, entity, [UUID(one) for one in ids]))
        gone = _by_entity(rows.leaving())
        for entity, ids in gone.items():
            for row in ids:
                put.get(entity, {}).pop(row, None)
        if unsent:
            rows.hold_back()
        rows.told.answers = answer
        rows.told.marks = dict(sorted((rows.told.marks | {str(answer): cursor}).items())[-MARKS:])
    return Changes(_named(put, {} if unsent else gone), answer, strategy)


def _grown(migration: Any) -> set[str]:
    """Returns the entities of which the client's new schema has more than its old one: their rows must all come again."""
    if not isinstance(migration, Mapping):
        return set()
    tables = {one for one in migration.get("tables") or () if isinstance(one, str)}
    tables |= {str(one.get("table")) for one in migration.get("columns") or () if isinstance(one, Mapping)}
    return {_ENTITIES[one] for one in tables if one in _ENTITIES}


def _milliseconds() -> int:
    """Returns now, so that a number given before a backup was restored is not given once more for something else."""
    return int(clock.now().timestamp() * 1000)


def _mark(rows: Held, last: float | None) -> str | None:
    """Returns the cursor behind an answer; None for the first pull and for an answer we do not know."""
    if last is None:
        return None
    if not 0 < last < _ENDLESS or last != int(last):
        raise Invalid("BAD_VALUE", "lastPulledAt is the timestamp of an answer.", fields={"lastPulledAt": "not ours"})
    mark: str | None = rows.told.marks.get(str(int(last)))
    return mark


def _all(
    actor: Actor, device_id: UUID, cursor: str | None, answer: int
) -> tuple[dict[str, dict[str, Document]], str] | None:
    """Pulls to the end; returns the rows by entity and id, and the new cursor; None when the cursor no longer fits."""
    put: dict[str, dict[str, Document]] = {}
    count = 0
    if cursor is None:
        with held(device_id, STREAM, number=answer) as rows:
            rows.doubt_everything()
    while True:
        page = pull(
            actor=actor,
            device_id=device_id,
            protocol=CURRENT,
            cursor=cursor,
            limit=PAGE,
            most=PAGE,
            stream=STREAM,
            entities=set(TABLES),
        ).page
        if page.reset is not None:
            return None
        ops = page.ops
        with held(device_id, STREAM, number=answer) as rows:
            rows.take(ops)
        for op in ops:
            if op["op"] == "put":
                put.setdefault(op["entity"], {})[op["id"]] = op["row"]
                count += 1
        if count > MOST_ROWS:
            raise Invalid(
                "SCOPE_TOO_LARGE",
                f"More than {MOST_ROWS} rows at once; this client has no pages.",
                fields={"rows": str(count), "limit": str(MOST_ROWS)},
            )
        assert page.cursor is not None
        cursor = page.cursor
        if page.complete:
            return put, cursor


def _by_entity(named: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity, row in named:
        found.setdefault(entity, []).append(row)
    return found


def _named(
    put: Mapping[str, Mapping[str, Document]], gone: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, list[Any]]]:
    return {
        table(entity): {
            "created": [],
            "updated": [raw(entity, row) for row in put.get(entity, {}).values()],
            "deleted": list(gone.get(entity, ())),
        }
        for entity in TABLES
    }


def push_changes(*, actor: Actor, device_id: UUID, changes: Mapping[str, Any]) -> None:
    """Settles everything a client changed, parents first. What stands otherwise, the next pull brings or takes away.

    A check-in and a report go with the visit they are of, which they move on. Raises PUSH_TOO_LARGE before anything is done."""
    given = {name: _Given.read(name, change) for name, change in changes.items()}
    if (rows := sum(part.rows for part in given.values())) > MOST_CHANGES:
        raise Invalid("PUSH_TOO_LARGE", f"At most {MOST_CHANGES} rows a push.", fields={"changes": f"{rows} rows"})
    evidence = {key: given.get(table(entity), _Given()).created for key, (entity, _) in EVIDENCE.items()}
    for entity in sorted(WRITTEN, key=RANK.__getitem__):
        part = given.get(table(entity), _Given())
        edits = [_edit(actor, entity, record, new=True) for record in part.created]
        edits += [_edit(actor, entity, record, new=False) for record in part.updated]
        if entity == "visit":
            edits = _with_evidence(actor, edits, evidence)
        edits += [_removal(actor, entity, row) for row in part.deleted]
        for assumed, sent in edits:
            settled = settle(actor=actor, device_id=device_id, entity=entity, assumed=assumed, sent=sent, patient=False)
            if settled.document is not None:
                _tell_next(device_id, entity, settled.document)
    for entity in [one for one in TABLES if one not in WRITTEN]:
        _untouched(actor, device_id, entity, given.get(table(entity), _Given()))


@dataclass(frozen=True, slots=True)
class _Given:
    """What a client did to one table."""

    created: Sequence[Raw] = ()
    updated: Sequence[Raw] = ()
    deleted: Sequence[str] = ()

    @property
    def rows(self) -> int:
        """Returns how many rows it changed."""
        return len(self.created) + len(self.updated) + len(self.deleted)

    @classmethod
    def read(cls, name: str, change: Any) -> "_Given":
        """Reads one table's part of a push; raises Invalid for what no such client sends."""
        parts = change if isinstance(change, dict) else {"created": change}
        created, updated, deleted = (parts.get(part) or [] for part in ("created", "updated", "deleted"))
        if not (created or updated or deleted) and parts is change:
            return cls()
        lists = parts is change and all(isinstance(part, list) for part in (created, updated, deleted))
        if name in _ENTITIES and lists and all(isinstance(one, dict) and one.get("id") for one in [*created, *updated]):
            return cls(created, updated, [str(one) for one in deleted])
        raise Invalid("BAD_VALUE", f"There are no such changes: {name[:60]}.", fields={name[:60]: "not understood"})


_Edit = tuple[Document | None, Document]


def _edit(actor: Actor, entity: str, record: Raw, *, new: bool) -> _Edit:
    said = document(entity, record)
    if new:
        # A column nobody set holds nothing, nought or no.
        return None, {name: value for name, value in said.items() if value not in (None, 0, False)}
    sent = {name: said[name] for name in ("id", *changed(entity, record)) if name in said}
    known = base(entity, record) or _stands(actor, entity, said["id"])
    kept = {name: known[name] for name in (*sent, "version") if name in known}
    return {**kept, "id": said["id"]}, sent


def _removal(actor: Actor, entity: str, row: str) -> _Edit:
    return {**_stands(actor, entity, row), "id": row}, {"id": row, "deleted": True}


def _stands(actor: Actor, entity: str, row: str) -> Document:
    try:
        return standing(actor, entity, [UUID(row)]).get(row, {})
    except ValueError:
        return {}


def _with_evidence(actor: Actor, edits: Sequence[_Edit], evidence: Mapping[str, Sequence[Raw]]) -> list[_Edit]:
    found = {sent["id"]: (assumed, dict(sent)) for assumed, sent in edits}
    for key, state in (("checkIn", VisitState.IN_PROGRESS), ("report", VisitState.COMPLETED)):
        entity, parent = EVIDENCE[key]
        for record in evidence[key]:
            said = document(entity, record)
            visit = str(said.get(parent))
            if visit not in found:
                stands = _stands(actor, "visit", visit)
                found[visit] = ({**stands, "id": visit}, {"id": visit})
            sent = found[visit][1]
            sent[key] = {**said, "at": said.get("at") or said.get("submittedAt")}
            sent["state"] = state.value
    return list(found.values())


def _tell_next(device_id: UUID, entity: str, stands: Document) -> None:
    if len(stands["id"]) > LONGEST_ID or storable.text(stands["id"]) != stands["id"]:
        return  # No client makes such an id, and no index holds it.
    with held(device_id, STREAM) as rows:
        mark = rows.take_away if stands["deleted"] else rows.send_again
        mark(entity, [stands["id"]])


def _untouched(actor: Actor, device_id: UUID, entity: str, part: _Given) -> None:
    """What a client did to rows that it may not write is undone by the next pull; evidence that stands is sent as it does."""
    ids = {str(record["id"]) for record in [*part.created, *part.updated]} | set(part.deleted)
    for row in sorted(ids):
        _tell_next(device_id, entity, _stands(actor, entity, row) or {"id": row, "deleted": True})
