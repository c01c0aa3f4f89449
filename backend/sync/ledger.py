"""The ledger: each number of a device once, what it was, and the answer it was given."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.kit import clock
from backend.kit.errors import Busy
from backend.sync import storable
from backend.sync.models import SyncOp
from backend.sync.mutators.registry import Caller
from backend.sync.protocol import Halt, Mutation, Result, Status


def body(mutation: Mutation) -> str:
    """Returns what makes two sendings of one mutation the same, as text: all of it but number and clock."""
    return json.dumps(_parts(mutation), sort_keys=True, separators=(",", ":"))


def size(mutation: Mutation) -> int:
    """Returns how large it is as it is sent: in bytes of UTF-8, in which a letter of any script is a few."""
    return len(json.dumps(_parts(mutation), ensure_ascii=False, separators=(",", ":")).encode())


def _parts(mutation: Mutation) -> Any:
    parts: dict[str, Any] = {
        "id": str(mutation.id),
        "name": mutation.name,
        "entityId": str(mutation.entity_id),
        "base": mutation.base,
        "set": mutation.set,
        "args": mutation.args,
        "dependsOn": [str(one) for one in mutation.depends_on],
    }
    if mutation.group is not None:
        parts["group"] = str(mutation.group)
    if mutation.odd:
        parts["odd"] = mutation.odd
    return storable.kept(parts)


def digest(mutation: Mutation) -> str:
    """Returns the hash of its body, which is kept for ever."""
    return hashlib.sha256(body(mutation).encode()).hexdigest()


def replay(caller: Caller, mutation: Mutation) -> Result | Halt:
    """Returns the answer that a number was given before; DEVICE_FORKED when it was used for something else."""
    known = SyncOp.objects.filter(device_id=caller.device_id, seq=mutation.seq).first()
    if known is None or known.body_hash != digest(mutation):
        return Halt.DEVICE_FORKED
    return replace(_answer(known), replayed=True)


def elsewhere(mutation: Mutation) -> SyncOp | None:
    """Returns the ledger row of a mutation that was settled before under another number, or by another device."""
    return SyncOp.objects.select_related("device").filter(pk=mutation.id).first()


def requeued(known: SyncOp, caller: Caller, mutation: Mutation) -> Result | None:
    """Returns the answer of a forked phone's mutation under its new number; None when its id was used for something else."""
    if known.body_hash != digest(mutation) or known.device.user_id != caller.actor.user_id:
        return None
    return replace(_answer(known), seq=mutation.seq, replayed=True)


def cut(caller: Caller, group: list[Mutation]) -> bool:
    """Says whether part of the group was settled before: in an earlier push, which cut it."""
    settled = SyncOp.objects.filter(device__user_id=caller.actor.user_id, group=group[0].group)
    return settled.exclude(pk__in=[one.id for one in group]).exists()


def enter(caller: Caller, mutation: Mutation, result: Result, key: UUID) -> None:
    """Writes a number down with its answer; `key` is the mutation's id, or a new one if that stands there already."""
    claimed = in_calendar(mutation.client_time)
    row = SyncOp(
        id=key,
        org_id=caller.actor.org_id,
        device_id=caller.device_id,
        seq=mutation.seq,
        body_hash=digest(mutation),
        name=storable.text(mutation.name[:60]),
        entity_id=mutation.entity_id,
        group=mutation.group,
        status=result.status,
        result=_encode(result),
        client_time=claimed,
        corrected_time=None if mutation.clock_offset_ms is None else in_calendar(claimed, mutation.clock_offset),
        received_at=clock.now(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Busy("BUSY", "The same mutation is being settled on another device.") from error


def in_calendar(at: datetime | None, offset: timedelta = timedelta(0)) -> datetime | None:
    """Returns the phone's clock in UTC, set right by the offset; one that names no instant of the calendar says nothing."""
    if at is None:
        return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC) + offset
    except OverflowError:
        return None


def _encode(result: Result) -> dict[str, Any]:
    return {
        "seq": result.seq,
        "id": str(result.id),
        "status": result.status.value,
        "code": result.code,
        "message": result.message,
        "fields": result.fields,
        "issueId": str(result.issue_id) if result.issue_id else None,
    }


def _answer(known: SyncOp) -> Result:
    stored = known.result
    return Result(
        seq=stored["seq"],
        id=UUID(stored["id"]),
        status=Status(stored["status"]),
        code=stored["code"],
        message=stored["message"],
        fields=stored["fields"],
        issue_id=UUID(stored["issueId"]) if stored["issueId"] else None,
    )
