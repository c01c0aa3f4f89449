"""One mutation done, or not: whatever becomes of it is an answer, and what its person wanted is kept."""

from typing import Any
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connection, transaction

from backend.kit.errors import Busy, Conflict, DomainError, Invalid, NotFound
from backend.kit.logs import logger
from backend.sync import issues, ledger, storable
from backend.sync.models import IssueState, Resolution, SyncIssue, SyncOp
from backend.sync.mutators.registry import EVIDENCE, Caller, Outcome, find
from backend.sync.protocol import MUTATION_BYTES, Mutation, Result, Status

_log = logger("sync")
_REFUSED_HERE = (IntegrityError, DataError)
_NOT_ITS_FAULT = (Busy, DatabaseError, InterfaceError, OSError, MemoryError)
"""The server cannot just now, or is not what it should be, as in the minutes of a release: the phone sends it again."""


def attempt(caller: Caller, mutation: Mutation) -> Outcome | DomainError:
    """Does the mutation in a savepoint, and returns what it came to, or why nothing was done. Raises Busy and what is
    transient: it is not the mutation's fault."""
    waits = _rejected(caller, mutation)
    try:
        _check(mutation)
        if waits and mutation.name not in EVIDENCE:
            return _on_rejected()
        with transaction.atomic():
            current = caller.view.upcast(mutation)
            caller.view.refuse_hidden(current)
            outcome = find(current.name)(caller, current)
            # Foreign keys are deferred: asked now, a broken one is this mutation's fault and not the commit's.
            connection.check_constraints()
            return outcome
    except _REFUSED_HERE as error:
        # The database tells the values it refused, which are nobody's business in a log.
        return _invariant(mutation, error, told=None)
    except _NOT_ITS_FAULT:
        raise
    except NotFound as error:
        # Evidence is tried on its own; where there is nothing to attach it to, the reason lies before it.
        return _on_rejected() if waits else error
    except DomainError as error:
        return error
    except Exception as error:  # noqa: BLE001 - told to us and kept for its person; raised, it would stop the phone for ever
        return _invariant(mutation, error, told=error)


def _invariant(mutation: Mutation, error: Exception, *, told: Exception | None) -> Invalid:
    """An invariant that no rule named, or a value that no rule thought of: refused all the same, and told to us."""
    name = storable.text(mutation.name[:60])
    _log.error("push_invariant", mutation=name, error=type(error).__name__, exc_info=told)
    return Invalid("INVARIANT", "That would break a rule of the data.")


def _on_rejected() -> Invalid:
    return Invalid("DEPENDENCY_REJECTED", "What this builds on was rejected.", fields={"dependsOn": "rejected"})


def _check(mutation: Mutation) -> None:
    """Refuses what cannot be done whatever it means."""
    if (size := ledger.size(mutation)) > MUTATION_BYTES:
        raise Invalid("MUTATION_TOO_LARGE", "A mutation is at most 64 KiB.", fields={"mutation": f"{size} bytes"})
    for name in mutation.odd:
        raise Invalid("BAD_VALUE", f"{name} must be an object.", fields={name: "not an object"})
    for values in (mutation.set, mutation.args, mutation.base):
        if (key := storable.fault(values)) is not None:
            raise Invalid("BAD_VALUE", f"{key} holds what cannot be kept.", fields={key: "cannot be kept"})


def _rejected(caller: Caller, mutation: Mutation) -> bool:
    """Says whether something this builds on was rejected, and not done after all from the inbox."""
    theirs = SyncOp.objects.filter(device__user_id=caller.actor.user_id, pk__in=mutation.depends_on)
    rejected = set(theirs.filter(status=Status.REJECTED).values_list("pk", flat=True)) if mutation.depends_on else set()
    if not rejected:
        return False
    done = SyncIssue.objects.filter(user_id=caller.actor.user_id, op_id__in=rejected, state=IssueState.RESOLVED)
    return bool(rejected - set(done.exclude(resolution=Resolution.DISCARD).values_list("op_id", flat=True)))


def status_of(error: DomainError) -> Status:
    """Returns the status of a mutation that was not done: CONFLICT where somebody else was first, else REJECTED."""
    return Status.CONFLICT if isinstance(error, Conflict) else Status.REJECTED


def answer(caller: Caller, mutation: Mutation, came_to: Outcome | DomainError) -> Result:
    """Returns the answer, and keeps for the person what was not done as sent."""
    seq, key = mutation.seq, mutation.id
    if isinstance(came_to, DomainError):
        status = status_of(came_to)
        kept = issues.of_refusal(caller, mutation, came_to, status)
        return Result(seq, key, status, came_to.code, came_to.message, came_to.fields, kept.pk if kept else None)
    if came_to.settled is not None:
        about = came_to.settled
        # Undone with its group, it was not done in part either, whatever it had come to.
        status = Status.CONFLICT if came_to.undone and about.kind == Status.MERGED else Status(about.kind)
        return Result(seq, key, status, about.code, about.message, _named(about.fields), about.pk)
    if came_to.clashes:
        status = Status.MERGED if came_to.merged else Status.CONFLICT
        issue = issues.of_clashes(caller, mutation, came_to, status)
        named = dict.fromkeys(came_to.clashes, "changed meanwhile")
        return Result(seq, key, status, came_to.code, issue.message, named, issue.pk)
    if came_to.objection is not None:
        beside = came_to.objection
        issue = issues.of_evidence(caller, mutation, beside)
        return Result(seq, key, Status.MERGED, beside.code, beside.message, beside.fields, issue.pk)
    if came_to.yielded:
        left = dict.fromkeys(sorted(came_to.yielded), "the server's stands")
        return Result(seq, key, Status.MERGED, "SERVER_WINS", "The server's value stands by declaration.", left)
    return Result(seq, key, Status.APPLIED)


def _named(fields: list[dict[str, Any]]) -> dict[str, str]:
    return {one["name"]: "changed meanwhile" for one in fields}


def failed(came_to: Outcome | DomainError) -> bool:
    """Says whether a mutation was not done whole: a group of which one fails is not done at all. Evidence kept beside its
    visit is kept whole."""
    return isinstance(came_to, DomainError) or bool(came_to.clashes) or came_to.settled is not None


def group_refused(culprit: UUID) -> Invalid:
    """Another of its group was not done."""
    return Invalid("GROUP_REJECTED", "Another of its group was refused.", fields={"group": str(culprit)})


def group_cut() -> Invalid:
    """A group is sent in one push, whole."""
    return Invalid("GROUP_CUT", "The group's beginning came in another push.", fields={"group": "cut"})


def id_taken() -> Invalid:
    """The same mutation id with another body, or another person's."""
    return Invalid("MUTATION_ID_TAKEN", "That mutation id was used for something else.", fields={"id": "taken"})
