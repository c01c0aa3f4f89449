"""Doing an alignment: the worker's part, one short transaction at a time.

1. Its moment has come (a little before the instant): it is decided anew, what differs from what was seen is noted, and the
   draft's model becomes the active one (flip). Nobody sees other accounts by that.
2. Batch after batch, the accounts' spans are ended and begun at one and the same instant ahead, `effective_at`; then those
   of the people. A batch locks nothing but the spans it ends and waits for nobody.
3. At the instant all of it holds at once, by the dates. Accounts that came into a closing territory meanwhile follow.
4. What closed is put away, and it is told.

A worker that dies has left nothing half done; the next goes on. One that is late moves the rest at its own instant."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from backend.events import outbox
from backend.events.types import TerritoryAligned
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.kit.ids import new_id
from backend.kit.logs import logger
from backend.territories.alignment.activating import lead
from backend.territories.alignment.deciding import Deciding
from backend.territories.alignment.differing import difference, seen_of
from backend.territories.alignment.flip import flip, retire
from backend.territories.alignment.looking import evaluate, store
from backend.territories.alignment.plan import Plan
from backend.territories.alignment.posting import post
from backend.territories.alignment.structure import Structure, read
from backend.territories.models import (
    Alignment,
    AlignmentEntry,
    AlignmentMove,
    AlignmentMoveState,
    AlignmentState,
    MoveState,
    TerritoryMove,
)

BATCH = 1_500
_log = logger("territories")

_END = """
    WITH taken AS MATERIALIZED (
        SELECT s.id, s.valid_to, m.id AS move
        FROM territories_alignmentmove m
        JOIN territories_accountterritory s ON s.account_id = m.account_id AND s.role = m.role
            AND s.territory_id = m.from_territory_id AND s.source = m.from_source AND s.deleted_at IS NULL
            AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
        WHERE m.id = ANY(%(moves)s) FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE territories_accountterritory s
    SET valid_to = CASE WHEN s.valid_from < %(at)s THEN %(at)s ELSE s.valid_to END,
        deleted_at = CASE WHEN s.valid_from < %(at)s THEN NULL ELSE %(now)s::timestamptz END
    FROM taken WHERE s.id = taken.id RETURNING taken.move, taken.valid_to
"""
_STILL = """
    SELECT m.id FROM territories_alignmentmove m
    JOIN territories_accountterritory s ON s.account_id = m.account_id AND s.role = m.role
        AND s.territory_id = m.from_territory_id AND s.source = m.from_source AND s.deleted_at IS NULL
        AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
    WHERE m.id = ANY(%(moves)s)
"""
# Whoever places the same account in this moment is first, or we are; the later one finds it so.
_BEGIN = """
    INSERT INTO territories_accountterritory (id, org_id, version, created_at, updated_at, account_id, territory_id, role,
                                              source, valid_from, valid_to)
    SELECT b.id, %(org)s, 1, %(now)s, %(now)s, m.account_id, m.to_territory_id, m.role, m.to_source, %(at)s, b.until
    FROM unnest(%(ids)s::uuid[], %(moves)s::bigint[], %(untils)s::timestamptz[]) b(id, move, until)
    JOIN territories_alignmentmove m ON m.id = b.move
    JOIN crm_account a ON a.id = m.account_id AND a.deleted_at IS NULL
    ON CONFLICT DO NOTHING RETURNING id
"""


@transaction.atomic
def carry_some() -> int:
    """Does one step of one alignment that no other worker is at; returns how much, 0 when there is nothing to do now."""
    now = clock.now()
    rows = Alignment.objects.select_for_update(skip_locked=True).order_by("begins_at", "id")
    under_way = rows.filter(state=AlignmentState.MOVING).first()
    if under_way is not None:
        return _move(under_way, now)
    busy = Alignment.objects.filter(state__in=[AlignmentState.MOVING, AlignmentState.SETTLING]).values("org_id")
    moving = TerritoryMove.objects.exclude(state=MoveState.DONE).values("org_id")
    due = rows.filter(state=AlignmentState.SCHEDULED, begins_at__lte=now).exclude(org__in=busy).exclude(org__in=moving)
    alignment = due.first()
    return 0 if alignment is None else _begin(alignment, now)


def _begin(alignment: Alignment, now: datetime) -> int:
    due = alignment.due_at
    assert due is not None
    try:
        with transaction.atomic():
            seen = seen_of(alignment)
            structure, _ = evaluate(alignment, now)
            alignment.report |= {
                **flip(alignment, structure, now),
                "difference": difference(alignment, seen),
                "people_before": alignment.figures["people_before"],
                "people_after": alignment.figures["people_after"],
            }
    except DomainError as error:
        # What was asked for cannot be any more: it goes back to whoever drew it, and says why.
        alignment = Alignment.objects.get(pk=alignment.pk)
        alignment.state, alignment.due_at, alignment.begins_at = AlignmentState.DRAFT, None, None
        alignment.save(update_fields=["state", "due_at", "begins_at"])
        _enter(alignment, "refused", str(error))
        _log.warning("alignment_refused", alignment=str(alignment.pk), code=error.code)
        return 1
    # Half of it is for a worker that came a little late; one that is late indeed takes the whole of it.
    ready = lead(alignment.total)
    effective = due if clock.now() + ready / 2 <= due else clock.now() + ready
    alignment.state, alignment.effective_at = AlignmentState.MOVING, effective
    alignment.save(update_fields=["state", "effective_at", "report"])
    _enter(alignment, "begun to move", f"effective {effective.isoformat()}")
    return 1


def _enter(alignment: Alignment, what: str, detail: str) -> None:
    by = alignment.asked_by_id or alignment.created_by_id
    AlignmentEntry.objects.create(alignment=alignment, at=clock.now(), by_id=by, what=what, detail=detail[:500])


def _move(alignment: Alignment, now: datetime) -> int:
    assert alignment.effective_at is not None
    at = max(alignment.effective_at, now)
    waiting = alignment.moves.filter(state=AlignmentMoveState.PLANNED)
    if moves := list(waiting.order_by("id").values_list("id", "from_territory_id", "to_territory_id")[:BATCH]):
        return _batch(alignment, moves, at, now)
    if "posts" not in alignment.report:
        alignment.report["posts"] = post(alignment, at)
        alignment.save(update_fields=["report"])
        return 1
    if now < alignment.effective_at:
        return 0
    if late := _late(alignment, now):
        return late
    retire(alignment)
    alignment.state = AlignmentState.SETTLING
    alignment.save(update_fields=["state"])
    assert alignment.asked_by_id is not None
    outbox.append(
        TerritoryAligned(alignment_id=alignment.pk, model_id=alignment.model_id, actor_id=alignment.asked_by_id),
        org_id=alignment.org_id,
    )
    return 1


def _batch(alignment: Alignment, moves: list[tuple[int, UUID | None, UUID | None]], at: datetime, now: datetime) -> int:
    """Ends and begins the spans of some accounts at an instant. Those that somebody else is at are left for later, and those
    that somebody has moved meanwhile for good."""
    values: dict[str, Any] = {"at": at, "now": now, "org": alignment.org_id, "moves": [one for one, _, _ in moves]}
    with connection.cursor() as cursor:
        cursor.execute(_END, values)
        until = dict(cursor.fetchall())
        cursor.execute(_STILL, values)
        later = {move for (move,) in cursor.fetchall()} - until.keys()
        begun = {move: new_id() for move, before, after in moves if after and (move in until or before is None)}
        cursor.execute(
            _BEGIN,
            values | {"ids": list(begun.values()), "moves": list(begun), "untils": [until.get(one) for one in begun]},
        )
        stands = {span for (span,) in cursor.fetchall()}
    ended = {move for move, before, after in moves if move in until and after is None}
    done = {move: span for move, span in begun.items() if span in stands} | dict.fromkeys(ended)
    passed = [move for move, _, _ in moves if move not in done and move not in later]
    _settle(done)
    AlignmentMove.objects.filter(pk__in=passed).update(state=AlignmentMoveState.PASSED)
    Alignment.objects.filter(pk=alignment.pk).update(moved=F("moved") + len(done), passed=F("passed") + len(passed))
    return len(done) + len(passed)


def _settle(done: dict[int, UUID | None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE territories_alignmentmove m SET state = 'done', span_id = d.span "
            "FROM unnest(%s::bigint[], %s::uuid[]) d(move, span) WHERE m.id = d.move",
            [list(done), list(done.values())],
        )


def _late(alignment: Alignment, now: datetime) -> int:
    """Finds what came into a territory that closes after all was decided, and plans for it too; returns how many."""
    closed = {UUID(key): UUID(heir) if heir else None for key, heir in alignment.report["heirs"].items()}
    if not closed:
        return 0
    now_active = read(alignment, now, Plan())
    structure = Structure(
        model=now_active.model,
        before=now_active.before,
        after={key: node for key, node in now_active.before.items() if key not in closed},
        closed=closed,
        vanished=[],
        rules_before=now_active.rules_before,
        rules_after=now_active.rules_before,
        people_before={},
        people_after={},
    )
    decided = Deciding(alignment, structure, now, None, only_closed=True).run()
    store(alignment, decided.moves)
    Alignment.objects.filter(pk=alignment.pk).update(total=F("total") + len(decided.moves))
    return len(decided.moves)
