"""The inbox: what could not be applied as sent is kept whole, field by field, with what may be done about it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from backend.events import outbox
from backend.events.types import SyncIssueRaised
from backend.kit.errors import DomainError
from backend.sync import ledger, storable
from backend.sync.models import Resolution, SyncIssue
from backend.sync.mutators.registry import Caller, Outcome
from backend.sync.protocol import MUTATION_BYTES, Mutation, Status
from backend.sync.scope import was_given
from backend.sync.tables import BY_ENTITY
from backend.territories.coverage import sees

ABOUT_ISSUES = "syncIssue"
"""Answers to the inbox make no new entries in it."""
INSISTABLE = frozenset({"STAGE_MOVED_MEANWHILE"})
"""Refusals that a person may overrule: mine is then written whatever stands."""


def of_clashes(caller: Caller, mutation: Mutation, outcome: Outcome, status: Status) -> SyncIssue:
    """Keeps the fields that others changed meanwhile."""
    kept = _keep(
        caller,
        mutation,
        kind=status,
        code=outcome.code,
        message="Somebody else changed this meanwhile; both values are kept.",
        fields=rows_of(outcome),
        mine={name: clash.mine for name, clash in outcome.clashes.items()},
        theirs={name: clash.theirs for name, clash in outcome.clashes.items()},
        actions=[Resolution.RETRY, Resolution.KEEP_MINE, Resolution.DISCARD],
    )
    if outcome.undone:
        kept.mutation["undone"] = True
        kept.save(update_fields=["mutation"])
    return kept


def left_to_do(issue: SyncIssue, chosen: Collection[str] | None) -> frozenset[str] | None:
    """Returns the fields of a patch that are still to be written: of those in conflict the chosen ones, or all; and the
    others, where they were undone with their group. None: all there is."""
    clashing = {one["name"] for one in issue.fields}
    if not clashing:
        return None
    others = set(issue.mutation["set"]) - clashing if issue.mutation.get("undone") else set()
    return frozenset((set(chosen) if chosen else clashing) | others)


def of_refusal(caller: Caller, mutation: Mutation, error: DomainError, status: Status) -> SyncIssue | None:
    """Keeps a mutation that was not done."""
    if mutation.name.startswith(f"{ABOUT_ISSUES}."):
        return None
    mine: dict[str, Any] = {"set": mutation.set, "args": mutation.args, **mutation.odd}
    if error.code == "MUTATION_TOO_LARGE":
        mine = {"beginning": ledger.body(mutation)[:2000]}
    return _keep(
        caller,
        mutation,
        kind=status,
        code=error.code,
        message=error.message,
        fields=[],
        mine=mine,
        theirs=dict(error.fields),
        actions=actions_after(error, mutation),
    )


def of_evidence(caller: Caller, mutation: Mutation, objection: DomainError) -> SyncIssue:
    """Notes that evidence was kept beside a visit that stands otherwise: a person says whether the visit was made."""
    return _keep(
        caller,
        mutation,
        kind=Status.MERGED,
        code=objection.code,
        message=f"{objection.message} What you sent is kept with it.",
        fields=[],
        mine={"set": mutation.set, "args": mutation.args},
        theirs=dict(objection.fields),
        actions=[Resolution.KEEP_MINE, Resolution.DISCARD],
    )


def actions_after(error: DomainError, mutation: Mutation) -> list[str]:
    """Returns what may be done about a mutation that was refused so; what the server cannot hold, it cannot try again."""
    if not _keepable(mutation):
        return [Resolution.DISCARD]
    insist = [Resolution.KEEP_MINE] if error.code in INSISTABLE else []
    return [Resolution.RETRY, *insist, Resolution.DISCARD]


def _keepable(mutation: Mutation) -> bool:
    parts = (mutation.set, mutation.args, mutation.base)
    plain = not mutation.odd and all(storable.fault(part) is None for part in ({"name": mutation.name}, *parts))
    return plain and ledger.size(mutation) <= MUTATION_BYTES


def rows_of(outcome: Outcome) -> list[dict[str, Any]]:
    """Returns the fields of an issue: [{name, policy, base, mine, theirs}]."""
    return [
        {"name": name, "policy": clash.policy.value, "base": clash.base, "mine": clash.mine, "theirs": clash.theirs}
        for name, clash in outcome.clashes.items()
    ]


def whole(mutation: Mutation, protocol: int) -> dict[str, Any]:
    """Returns a mutation as JSON, so that it can be done again."""
    return {
        "seq": mutation.seq,
        "id": str(mutation.id),
        "name": mutation.name,
        "entityId": str(mutation.entity_id) if mutation.entity_id else None,
        "base": dict(mutation.base),
        "set": dict(mutation.set),
        "args": dict(mutation.args),
        "clientTime": mutation.client_time.isoformat() if mutation.client_time else None,
        "clockOffsetMs": mutation.clock_offset_ms,
        "dependsOn": [str(one) for one in mutation.depends_on],
        "protocol": mutation.protocol or protocol,
    }


def again(kept: dict[str, Any]) -> Mutation:
    """Returns the mutation that `whole` kept."""
    return Mutation(
        seq=kept["seq"],
        id=UUID(kept["id"]),
        name=kept["name"],
        entity_id=UUID(kept["entityId"]) if kept["entityId"] else None,
        base=kept["base"],
        set=kept["set"],
        args=kept["args"],
        client_time=datetime.fromisoformat(kept["clientTime"]) if kept["clientTime"] else None,
        clock_offset_ms=kept["clockOffsetMs"],
        depends_on=tuple(UUID(one) for one in kept["dependsOn"]),
        protocol=kept["protocol"],
    )


def _keep(
    caller: Caller, mutation: Mutation, *, code: str, mine: Any, theirs: Any, fields: Any, **told: Any
) -> SyncIssue:
    entity = storable.text(mutation.name.partition(".")[0][:30])
    keepable = _keepable(mutation)
    issue = SyncIssue.objects.create(
        org_id=caller.actor.org_id,
        user_id=caller.actor.user_id,
        device_id=caller.device_id,
        op_id=mutation.id,
        name=storable.text(mutation.name[:60]),
        code=code,
        entity=entity,
        entity_id=mutation.entity_id,
        root=_root(caller, entity, mutation),
        fields=storable.kept(fields),
        mine=storable.kept(mine),
        theirs=storable.kept(theirs),
        args=dict(mutation.args) if keepable else {},
        mutation=whole(mutation, caller.protocol) if keepable else {},
        **told,
    )
    outbox.append(SyncIssueRaised(issue_id=issue.pk, user_id=issue.user_id), org_id=issue.org_id)
    return issue


def _root(caller: Caller, entity: str, mutation: Mutation) -> UUID | None:
    """Returns the root of the row it was about, if its person sees it or was given it: others learn nothing."""
    root = _root_of(entity, mutation.entity_id)
    known = root is not None and (sees(caller.actor.user_id, root) or was_given(caller.device_id, root))
    return root if known else None


def _root_of(entity: str, row: UUID | None) -> UUID | None:
    table = BY_ENTITY.get(entity)
    if table is None or row is None:
        return None
    with connection.cursor() as cursor:
        sql = f"SELECT {table.root.of('t')} FROM {table.table} t{table.root.join('t')} WHERE t.id = %s"
        cursor.execute(sql, [row])
        found = cursor.fetchone()
    root: UUID | None = found[0] if found else None
    return root


def may_tell(issue: SyncIssue) -> bool:
    """Says whether the person of an issue sees the row it is about now: whoever settles it for them may see more."""
    root = _root_of(issue.entity, issue.entity_id)
    return root is not None and sees(issue.user_id, root)
