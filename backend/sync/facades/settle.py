"""One document that a client changed, settled once: with it come what the client took for the server's, and what it made of it.

1. The device's row is locked, so parallel batches of one client take turns, and the server numbers their mutations.
2. The same push again (a lost reply) changes nothing: it is answered by what stands now.
3. A push that builds on the same state as the one before it comes from a client that never read that answer: what it sent
   then and was not refused has been settled, so that is what this push changed from.
4. What is refused for good is kept as an issue of its person, as in every push, and the client is told what stands, or a
   stub: nothing is sent a second time, nothing waits behind it.
5. A new row may come before its parent, which is pushed on another way: for a minute it is asked to come again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Busy
from backend.sync import storable
from backend.sync.facades.documents import EVIDENCE, Document, columns, difference, standing, stub
from backend.sync.facades.models import LastPush
from backend.sync.facades.translate import REPORTED, Step, created, deleted, edited
from backend.sync.models import DeviceState
from backend.sync.mutators.merging import PATCHES
from backend.sync.protocol import Mutation, Status
from backend.sync.push import push
from backend.sync.scope import was_given
from backend.sync.values import canonical
from backend.territories.coverage import sees

PATIENCE = timedelta(minutes=1)
OURS = frozenset({"version", "createdAt", "startedAt", "endedAt"})
"""Columns that follow from what the server does; the next pull brings them, and a client's own are no change."""

_MADE_IDS = ("contactId", "checkInId", "reportId")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`document`: what the client is to hold instead of what it sent; None when that stands. `waits`: nothing was done yet."""

    document: Document | None = None
    waits: bool = False


@transaction.atomic
def settle(
    *, actor: Actor, device_id: UUID, entity: str, assumed: Document | None, sent: Document, patient: bool = True
) -> Verdict:
    """Settles one document and returns what the client is to hold. Raises Busy when the database asks for another try.

    `assumed`: what the client changed it from, None for one it made. `patient`: parents may come after their children."""
    DeviceState.objects.get_or_create(device_id=device_id)
    state = DeviceState.objects.select_for_update().get(pk=device_id)
    told = str(sent.get("id"))
    row = _uuid(told)
    key = row or UUID(bytes=_hash([entity, told])[:16])
    before, _ = LastPush.objects.get_or_create(device_id=device_id, entity=entity, row=key)
    whole, base = _hash([assumed, sent]).hex(), _hash(assumed).hex()
    stands = standing(actor, entity, [key]).get(str(key))
    if whole == before.sent:
        return _answer(entity, told, stands, assumed, sent)
    if base == before.assumed and before.document:
        assumed = before.document
    elif assumed is None and stands is not None:
        # Another's row, or one of its own that it forgot: it makes no claim about what it overwrites.
        return _answer(entity, told, stands, None, sent)
    elif patient and assumed is None and _lacks_parent(actor, device_id, sent) and _may_wait(before):
        return Verdict(waits=True)
    steps = _steps(entity, row, assumed, sent, stands)
    before.turn += 1
    mutations = _mutations(steps, row, state.last_seq, f"{device_id}{entity}{key}{before.turn}{whole}")
    settled = _push(actor, device_id, steps, mutations)
    before.sent, before.assumed, before.waits_since = whole, base, None
    before.document = storable.kept((assumed or {}) | {name: sent[name] for name in settled if name in sent})
    before.save()
    return _answer(entity, told, standing(actor, entity, [key]).get(str(key)), assumed, sent)


def _push(actor: Actor, device_id: UUID, steps: list[Step], mutations: list[Mutation]) -> set[str]:
    """Pushes the mutations and returns the columns whose change was settled, one way or another, and not refused."""
    if not mutations:
        return set()
    reply = push(actor=actor, device_id=device_id, mutations=mutations)
    if reply.halt is not None:
        raise Busy("BUSY", "The database is busy; send it again.")
    taken = zip(steps, reply.results, strict=True)
    return {name for step, result in taken if result.status is not Status.REJECTED for name in step.of}


def _steps(
    entity: str, row: UUID | None, assumed: Document | None, sent: Document, stands: Document | None
) -> list[Step]:
    if sent.get("deleted"):
        return [] if assumed is None or stands is None else deleted(entity, assumed)
    if row is None:
        return [Step(f"{entity}.create", args={"document": sent})]
    return created(entity, sent) if assumed is None or assumed.get("deleted") else edited(entity, assumed, sent)


def _mutations(steps: list[Step], row: UUID | None, last_seq: int, seed: str) -> list[Mutation]:
    made: list[Mutation] = []
    for number, step in enumerate(steps, start=1):
        ids = {name: _derived(seed, name) for name in _MADE_IDS if _wants_id(step, name)}
        mutation = Mutation(
            seq=last_seq + number,
            id=UUID(_derived(seed, str(number))),
            name=step.name,
            entity_id=row,
            base=step.base,
            set=step.set,
            args=step.args | ids,
            client_time=_instant(step.claimed),
            depends_on=(made[0].id,) if made and made[0].name.endswith(".create") else (),
        )
        made.append(mutation)
    return made


def _wants_id(step: Step, name: str) -> bool:
    if name == "contactId":
        return step.name == "contact.create" and not step.args.get(name)
    return name in step.args and not step.args[name]


def _answer(entity: str, told: str, stands: Document | None, assumed: Document | None, sent: Document) -> Verdict:
    """Compares what stands with what was sent, where a client has a say or has changed something all the same."""
    if sent.get("deleted"):
        return Verdict(stands)
    if stands is None:
        return Verdict(stub(entity, told))
    mine = set(PATCHES[entity].columns) if entity in PATCHES else set()
    changed = difference(entity, assumed or {}, sent)
    if assumed is None:
        mine = set()
        changed = {name: pair for name, pair in changed.items() if pair[1] not in (None, [], {})}
    asked = {name: sent[name] for name in (mine | changed.keys()) - OURS if name in sent and name in columns(entity)}
    other = difference(entity, stands, asked)
    return Verdict(stands if other or _evidence_differs(entity, stands, assumed or {}, sent) else None)


def _evidence_differs(entity: str, stands: Document, assumed: Document, sent: Document) -> bool:
    if entity != "visit":
        return False
    for key in EVIDENCE:
        said, kept = sent.get(key), stands.get(key)
        if canonical(said) == canonical(assumed.get(key)) or not said:
            continue
        if not isinstance(said, Mapping) or not isinstance(kept, Mapping):
            return True
        names = [name for name in REPORTED[key] if said.get(name) is not None]
        if any(canonical(said[name]) != canonical(kept.get(name)) for name in names):
            return True
    return False


def _lacks_parent(actor: Actor, device_id: UUID, sent: Document) -> bool:
    parent = _uuid(sent.get("accountId"))
    # One that is somebody else's waits as one that is nobody's does: else this would tell which there is.
    if parent is None or sees(actor.user_id, parent) or was_given(device_id, parent):
        return False
    # One that this device sent and that does not stand was refused: no waiting brings it.
    return not LastPush.objects.filter(device_id=device_id, entity="account", row=parent).exclude(sent="").exists()


def _may_wait(before: LastPush) -> bool:
    now = clock.now()
    if before.waits_since is None:
        before.waits_since = now
        before.save(update_fields=["waits_since"])
    return now - before.waits_since < PATIENCE


def _hash(value: Any) -> bytes:
    return hashlib.sha256(json.dumps(storable.kept(value), sort_keys=True, separators=(",", ":")).encode()).digest()


def _derived(seed: str, name: str) -> str:
    return str(UUID(bytes=hashlib.sha256(f"{seed}{name}".encode()).digest()[:16], version=5))


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
