"""Each mutation once.

1. The device's state row is locked, so two sockets of one phone take turns and numbers come in order.
2. A number already in the ledger gives its stored answer; the same number with another body means a second copy of the
   installation (DEVICE_FORKED); a number that leaves a gap stops the push. Every number used has its row in the ledger,
   also when its mutation was settled before under another one.
3. A mutation runs in a savepoint. Refused or in conflict, its effects are undone, what the phone wanted is kept as an
   issue of its person, and its number is consumed all the same: nothing can block what comes after it, neither values
   that no database can keep nor values that no rule has thought of.
4. Effects, ledger row and last number are committed together, mutation by mutation, so a cut line loses no more than the
   answer."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Busy, Conflict, DomainError, Invalid
from backend.kit.ids import new_id
from backend.kit.logs import logger
from backend.sync import storable
from backend.sync.models import DeviceState, SyncIssue, SyncOp
from backend.sync.mutators import accounts, attachments, calendar, deals, field, inbox, orders, work  # noqa: F401 - registers the mutations
from backend.sync.mutators.registry import Caller, Outcome, find
from backend.sync.protocol import MUTATION_BYTES, PUSH_LIMIT, Halt, Mutation, PushReply, Result, Status

_log = logger("sync")
# Serialization failure and deadlock: the database asks for another try. Lock timeout: somebody holds the row long.
TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "57014", "53300", "57P01"})


def push(*, actor: Actor, device_id: UUID, mutations: Sequence[Mutation]) -> PushReply:
    """Settles the mutations in order and returns an answer for each until something halts it."""
    if len(mutations) > PUSH_LIMIT:
        raise Invalid("PUSH_TOO_LARGE", f"At most {PUSH_LIMIT} mutations a push.", fields={"mutations": "too many"})
    caller = Caller(actor=actor, device_id=device_id)
    DeviceState.objects.get_or_create(device_id=device_id)
    results: list[Result] = []
    for mutation in mutations:
        try:
            settled = _settle(caller, mutation)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in TRANSIENT_STATES:
                raise
            return _halted(device_id, results, Halt.BUSY, "The database is busy; send the rest again.")
        except Busy as error:
            return _halted(device_id, results, Halt.BUSY, error.message)
        if isinstance(settled, Halt):
            return _halted(device_id, results, settled, f"Stopped before number {mutation.seq}.")
        results.append(settled)
    return _halted(device_id, results, None, None)


def _halted(device_id: UUID, results: list[Result], halt: Halt | None, message: str | None) -> PushReply:
    last_seq = DeviceState.objects.values_list("last_seq", flat=True).get(pk=device_id)
    return PushReply(last_seq=last_seq, results=results, halt=halt, message=message)


def body(mutation: Mutation) -> str:
    """Returns what makes two sendings of one mutation the same, as text: all of it but number and clock."""
    parts: dict[str, Any] = {
        "id": str(mutation.id),
        "name": mutation.name,
        "entityId": str(mutation.entity_id),
        "base": mutation.base,
        "set": mutation.set,
        "args": mutation.args,
        "dependsOn": [str(one) for one in mutation.depends_on],
    }
    return json.dumps(storable.kept(parts), sort_keys=True, separators=(",", ":"))


@transaction.atomic
def _settle(caller: Caller, mutation: Mutation) -> Result | Halt:
    text = body(mutation)
    digest = hashlib.sha256(text.encode()).hexdigest()
    state = DeviceState.objects.select_for_update().get(pk=caller.device_id)
    if mutation.seq <= state.last_seq:
        return _replay(caller, mutation, digest)
    if mutation.seq != state.last_seq + 1:
        return Halt.SEQ_GAP
    elsewhere = SyncOp.objects.filter(pk=mutation.id).first()
    if elsewhere is not None:
        result, key = _requeued(elsewhere, caller, mutation, digest), new_id()
    else:
        result, key = _judge(caller, mutation, text), mutation.id
    _enter(caller, mutation, result, digest, key)
    state.last_seq = mutation.seq
    state.save(update_fields=["last_seq"])
    return result


def _replay(caller: Caller, mutation: Mutation, digest: str) -> Result | Halt:
    known = SyncOp.objects.filter(device_id=caller.device_id, seq=mutation.seq).first()
    if known is None or known.body_hash != digest:
        return Halt.DEVICE_FORKED
    return replace(_decode(known.result), replayed=True)


def _requeued(known: SyncOp, caller: Caller, mutation: Mutation, digest: str) -> Result:
    """The same mutation under a new number: a forked phone registered again and sent what it was unsure of."""
    if known.body_hash != digest or known.device.user_id != caller.actor.user_id:
        taken = Conflict("MUTATION_ID_TAKEN", "That mutation id was used for something else.", fields={"id": "taken"})
        return _refused(caller, mutation, taken, Status.REJECTED)
    return replace(_decode(known.result), seq=mutation.seq, replayed=True)


def _enter(caller: Caller, mutation: Mutation, result: Result, digest: str, key: UUID) -> None:
    ledger = SyncOp(
        id=key,
        org_id=caller.actor.org_id,
        device_id=caller.device_id,
        seq=mutation.seq,
        body_hash=digest,
        name=storable.text(mutation.name[:60]),
        entity_id=mutation.entity_id,
        status=result.status,
        result=_encode(result),
        client_time=_claimed(mutation.client_time),
        received_at=clock.now(),
    )
    try:
        with transaction.atomic():
            ledger.save(force_insert=True)
    except IntegrityError as error:
        raise Busy("BUSY", "The same mutation is being settled on another device.") from error


def _claimed(at: datetime | None) -> datetime | None:
    """Returns the phone's clock in UTC; one that names no instant of the calendar claims nothing."""
    if at is None:
        return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def _check(caller: Caller, mutation: Mutation, text: str) -> None:
    """Refuses what cannot be done whatever it means."""
    if len(text) > MUTATION_BYTES:
        raise Invalid("MUTATION_TOO_LARGE", "A mutation is at most 64 KiB.", fields={"mutation": f"{len(text)} bytes"})
    for values in (mutation.set, mutation.args, mutation.base):
        if (key := storable.fault(values)) is not None:
            raise Invalid("BAD_VALUE", f"{key} holds what cannot be kept.", fields={key: "cannot be kept"})
    theirs = SyncOp.objects.filter(device__user_id=caller.actor.user_id, status=Status.REJECTED)
    if theirs.filter(pk__in=mutation.depends_on).exists():
        raise Invalid("DEPENDENCY_REJECTED", "What this builds on was rejected.", fields={"dependsOn": "rejected"})


def _judge(caller: Caller, mutation: Mutation, text: str) -> Result:
    """Runs the mutation and turns whatever becomes of it into an answer."""
    try:
        _check(caller, mutation, text)
        with transaction.atomic():
            outcome = find(mutation.name)(caller, mutation)
            # Foreign keys are deferred: asked now, a broken one is this mutation's fault and not the commit's.
            connection.check_constraints()
    except Busy:
        raise
    except Conflict as error:
        return _refused(caller, mutation, error, Status.CONFLICT)
    except DomainError as error:
        return _refused(caller, mutation, error, Status.REJECTED)
    except (IntegrityError, DataError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        # An invariant that no rule named, or a value that no rule thought of: refused all the same, and told to us.
        # The database tells the values it refused, which are nobody's business in a log.
        told = None if isinstance(error, DatabaseError) else error
        name = storable.text(mutation.name[:60])
        _log.error("push_invariant", mutation=name, error=type(error).__name__, exc_info=told)
        refusal = Invalid("INVARIANT", "That would break a rule of the data.")
        return _refused(caller, mutation, refusal, Status.REJECTED)
    return _accepted(caller, mutation, outcome)


def _accepted(caller: Caller, mutation: Mutation, outcome: Outcome) -> Result:
    if not outcome.clashes and outcome.yielded:
        told = "The server's value stands by declaration."
        left = dict.fromkeys(sorted(outcome.yielded), "the server's stands")
        return Result(mutation.seq, mutation.id, Status.MERGED, "SERVER_WINS", told, left)
    if not outcome.clashes:
        return Result(mutation.seq, mutation.id, Status.APPLIED)
    status = Status.MERGED if outcome.merged else Status.CONFLICT
    issue = _keep(
        caller,
        mutation,
        kind=status,
        code="FIELD_CONFLICT",
        mine={name: clash.mine for name, clash in outcome.clashes.items()},
        theirs={name: clash.theirs for name, clash in outcome.clashes.items()},
    )
    return Result(
        mutation.seq,
        mutation.id,
        status,
        "FIELD_CONFLICT",
        "Somebody else changed this meanwhile; both values are kept.",
        dict.fromkeys(outcome.clashes, "changed meanwhile"),
        issue.pk,
    )


def _refused(caller: Caller, mutation: Mutation, error: DomainError, status: Status) -> Result:
    mine: dict[str, Any] = {"set": mutation.set, "args": mutation.args}
    if error.code == "MUTATION_TOO_LARGE":
        mine = {"beginning": body(mutation)[:2000]}
    issue = _keep(caller, mutation, kind=status, code=error.code, mine=mine, theirs=dict(error.fields))
    return Result(mutation.seq, mutation.id, status, error.code, error.message, error.fields, issue.pk)


def _keep(
    caller: Caller, mutation: Mutation, *, kind: Status, code: str, mine: dict[str, Any], theirs: dict[str, Any]
) -> SyncIssue:
    return SyncIssue.objects.create(
        org_id=caller.actor.org_id,
        user_id=caller.actor.user_id,
        device_id=caller.device_id,
        op_id=mutation.id,
        kind=kind,
        code=code,
        entity=storable.text(mutation.name.partition(".")[0][:30]),
        entity_id=mutation.entity_id,
        mine=storable.kept(mine),
        theirs=storable.kept(theirs),
    )


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


def _decode(stored: dict[str, Any]) -> Result:
    return Result(
        seq=stored["seq"],
        id=UUID(stored["id"]),
        status=Status(stored["status"]),
        code=stored["code"],
        message=stored["message"],
        fields=stored["fields"],
        issue_id=UUID(stored["issueId"]) if stored["issueId"] else None,
    )
