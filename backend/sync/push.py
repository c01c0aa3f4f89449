"""Each mutation once.

1. The device's state row is locked, so two sockets of one phone take turns and numbers come in order.
2. A number already in the ledger gives its stored answer; the same number with another body means a second copy of the
   installation (DEVICE_FORKED); a number that leaves a gap stops the push. Every number used has its row in the ledger,
   also when its mutation was settled before under another one.
3. A mutation runs in a savepoint. Refused or in conflict, its effects are undone, what the phone wanted is kept as an
   issue of its person, and its number is consumed all the same: nothing can block what comes after it, neither values
   that no database can keep nor values that no rule has thought of.
4. Effects, ledger row and last number are committed together, mutation by mutation, so a cut line loses no more than the
   answer. A group, and a stretch in which a child comes before its parent, is one commit (sync.order)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import OperationalError, transaction

from backend.identity.actor import Actor
from backend.kit.errors import Busy, DomainError, Invalid
from backend.kit.ids import new_id
from backend.sync import judge, ledger
from backend.sync.models import DeviceState
from backend.sync.mutators import accounts, attachments, calendar, deals, field, inbox, orders, work  # noqa: F401 - registers the mutations
from backend.sync.mutators.registry import Caller, Outcome
from backend.sync.order import nodes, stretches
from backend.sync.protocol import CURRENT, PUSH_LIMIT, Halt, Mutation, PushReply, Result

# Serialization failure and deadlock: the database asks for another try. Lock timeout: somebody holds the row long.
TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "57014", "53300", "57P01"})
CameTo = Outcome | DomainError


def push(*, actor: Actor, device_id: UUID, mutations: Sequence[Mutation], protocol: int = CURRENT) -> PushReply:
    """Settles the mutations in order and returns an answer for each until something halts it.

    `protocol`: the version they were written in, unless one says its own."""
    if len(mutations) > PUSH_LIMIT:
        raise Invalid("PUSH_TOO_LARGE", f"At most {PUSH_LIMIT} mutations a push.", fields={"mutations": "too many"})
    caller = Caller(actor=actor, device_id=device_id, protocol=protocol)
    DeviceState.objects.get_or_create(device_id=device_id)
    results: list[Result] = []
    for stretch in stretches(mutations):
        try:
            settled, halt = _settle(caller, stretch)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in TRANSIENT_STATES:
                raise
            return _halted(device_id, results, Halt.BUSY, "The database is busy; send the rest again.")
        except Busy as error:
            return _halted(device_id, results, Halt.BUSY, error.message)
        results += settled
        if halt is not None:
            return _halted(device_id, results, halt, f"Stopped before number {stretch[len(settled)].seq}.")
    return _halted(device_id, results, None, None)


def _halted(device_id: UUID, results: list[Result], halt: Halt | None, message: str | None) -> PushReply:
    last_seq = DeviceState.objects.values_list("last_seq", flat=True).get(pk=device_id)
    return PushReply(last_seq=last_seq, results=results, halt=halt, message=message)


@transaction.atomic
def _settle(caller: Caller, stretch: list[Mutation]) -> tuple[list[Result], Halt | None]:
    """Settles a stretch up to what halts it: answers in the order of the stretch, from its beginning."""
    state = DeviceState.objects.select_for_update().get(pk=caller.device_id)
    answers: dict[int, Result] = {}
    fresh: list[Mutation] = []
    halt: Halt | None = None
    for mutation in stretch:
        if mutation.seq <= state.last_seq:
            known = ledger.replay(caller, mutation)
            if not isinstance(known, Halt):
                answers[mutation.seq] = known
                continue
            halt = known
        elif mutation.seq == state.last_seq + len(fresh) + 1:
            fresh.append(mutation)
            continue
        else:
            halt = Halt.SEQ_GAP
        fresh = _without_cut_group(mutation, fresh)
        break
    for node in nodes(fresh):
        answers |= {result.seq: result for result in _node(caller, node)}
    if fresh:
        state.last_seq += len(fresh)
        state.save(update_fields=["last_seq"])
    told = []
    for mutation in stretch:
        if mutation.seq not in answers:
            break
        told.append(answers[mutation.seq])
    return told, halt


def _without_cut_group(stopped_at: Mutation, fresh: list[Mutation]) -> list[Mutation]:
    """A group whose end cannot be settled now is not begun."""
    kept = list(fresh)
    while kept and stopped_at.group is not None and kept[-1].group == stopped_at.group:
        kept.pop()
    return kept


def _node(caller: Caller, node: list[Mutation]) -> list[Result]:
    """Settles a group, or one mutation, and enters it into the ledger."""
    results: list[Result] = []
    unsettled: list[Mutation] = []
    for mutation in node:
        known = ledger.elsewhere(mutation)
        if known is None:
            unsettled.append(mutation)
            continue
        result = ledger.requeued(known, caller, mutation) or judge.answer(caller, mutation, judge.id_taken())
        ledger.enter(caller, mutation, result, new_id())
        results.append(result)
    for mutation, came_to in _came_to(caller, node, unsettled):
        result = judge.answer(caller, mutation, came_to)
        twin = len(unsettled) > 1 and ledger.elsewhere(mutation) is not None
        ledger.enter(caller, mutation, result, new_id() if twin else mutation.id)
        results.append(result)
    return results


def _came_to(caller: Caller, node: list[Mutation], unsettled: list[Mutation]) -> list[tuple[Mutation, CameTo]]:
    group = unsettled[0].group if unsettled else None
    if group is None:
        return [(mutation, judge.attempt(caller, mutation)) for mutation in unsettled]
    if len(unsettled) < len(node) or ledger.cut(caller, node):
        return [(mutation, judge.group_cut()) for mutation in unsettled]
    if len({mutation.id for mutation in unsettled}) < len(unsettled):
        return [(mutation, judge.id_taken()) for mutation in unsettled]
    done: list[tuple[Mutation, CameTo]] = []
    with transaction.atomic():
        for mutation in unsettled:
            came_to = judge.attempt(caller, mutation)
            done.append((mutation, came_to))
            if judge.failed(came_to):
                transaction.set_rollback(True)
                return [(one, _refused(came_to, one, mutation)) for one in unsettled]
    return done


def _refused(came_to: CameTo, one: Mutation, culprit: Mutation) -> CameTo:
    """What becomes of each in a group that failed: nothing of it is done, and each is kept."""
    if one is not culprit:
        return judge.group_refused(culprit.id)
    return replace(came_to, merged=False, undone=True) if isinstance(came_to, Outcome) else came_to
