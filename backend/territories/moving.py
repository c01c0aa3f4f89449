"""Moving all accounts of a territory into another, in the background, some at a time.

Each batch is a transaction of its own that waits for nobody and locks nothing but the spans it ends: who writes the accounts
meanwhile does not feel it, and a span that somebody else is ending at this moment is passed over. What is left to do stands
in the spans themselves, so a worker that is killed has nothing to clean up, and the next goes on. Phones that look in the
middle see a part moved, and the rest at their next pull."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from backend.events import outbox
from backend.events.types import TerritoryMoved
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories import rules
from backend.territories.models import (
    AccountTerritory,
    AssignmentSource,
    MoveState,
    Territory,
    TerritoryMove,
    TerritoryRole,
)

BATCH = 1_500
"""Accounts in one transaction: enough that phones are told of it as one thing, few enough that nobody waits for it long."""

_LYING = """
    s.territory_id = %(source)s AND s.role = 'primary' AND s.deleted_at IS NULL AND s.valid_from <= %(asked)s
"""
_UNENDED, _ENDS_LATER = "s.valid_to IS NULL", "s.valid_to > %(now)s"

# Moves of one account by hand lock the account and then the span; here the span alone says who was first.
_TAKE = f"""
    WITH taken AS MATERIALIZED (
        SELECT s.id, s.valid_to FROM territories_accountterritory s
        WHERE {_LYING} AND s.source <> 'pin' AND {{when}} LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
    UPDATE territories_accountterritory s
    SET valid_to = CASE WHEN s.valid_from < %(now)s THEN %(now)s END,
        deleted_at = CASE WHEN s.valid_from < %(now)s THEN NULL ELSE %(now)s END
    FROM taken WHERE s.id = taken.id RETURNING s.account_id, taken.valid_to
"""  # noqa: S608 - _LYING is ours


@transaction.atomic
def move_all(*, actor: Actor, source: Territory, target: Territory) -> TerritoryMove:
    """Asks for every account that lies in a territory now to go into another; the worker does it. Pinned ones stay."""
    rules.check_leads(actor)
    rules.check_move_elsewhere(source, target)
    for territory in (source, target):
        rules.check_active(territory)
    now = clock.now()
    where = {"source": source.pk, "asked": now, "now": now}
    counted = _count("s.source <> 'pin'", where), _count("s.source = 'pin'", where)
    try:
        with transaction.atomic():
            return TerritoryMove.objects.create(
                org_id=actor.org_id,
                source=source,
                target=target,
                asked_by_id=actor.user_id,
                asked_at=now,
                total=counted[0],
                pinned=counted[1],
            )
    except IntegrityError as error:
        raise rules.move_under_way() from error


def _count(more: str, where: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM territories_accountterritory s "  # noqa: S608 - all of it is ours
            f"WHERE {_LYING} AND ({_UNENDED} OR {_ENDS_LATER}) AND {more}",
            where,
        )
        return int(cursor.fetchone()[0])


@transaction.atomic
def move_some() -> int:
    """Moves one batch of one waiting move that no other worker is at; returns how many accounts, 0 when there is nothing."""
    waiting = TerritoryMove.objects.select_for_update(skip_locked=True).exclude(state=MoveState.DONE)
    move = waiting.order_by("asked_at", "id").first()
    if move is None:
        return 0
    # A span that began in this very instant could not end in it; the move was asked before now.
    now = max(clock.now(), move.asked_at)
    taken = _take(move, now, _UNENDED) or _take(move, now, _ENDS_LATER)
    _place(move, taken, now)
    move.moved += len(taken)
    move.state = MoveState.RUNNING
    left = {"source": move.source_id, "asked": move.asked_at, "now": now}
    if not taken and not _count("s.source <> 'pin'", left):
        move.state, move.finished_at = MoveState.DONE, now
        outbox.append(
            TerritoryMoved(
                move_id=move.pk,
                from_territory_id=move.source_id,
                to_territory_id=move.target_id,
                actor_id=move.asked_by_id,
            ),
            org_id=move.org_id,
        )
    move.save(update_fields=["moved", "state", "finished_at"])
    return len(taken)


def _take(move: TerritoryMove, now: datetime, when: str) -> list[tuple[UUID, datetime | None]]:
    """Ends some spans now, and returns (account, when the span would have ended)."""
    where: dict[str, UUID | datetime | int] = {
        "source": move.source_id,
        "asked": move.asked_at,
        "now": now,
        "batch": BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(when=when), where)
        return list(cursor.fetchall())


def _place(move: TerritoryMove, taken: list[tuple[UUID, datetime | None]], now: datetime) -> None:
    AccountTerritory.objects.bulk_create(
        AccountTerritory(
            id=new_id(),
            org_id=move.org_id,
            account_id=account,
            territory_id=move.target_id,
            role=TerritoryRole.PRIMARY,
            source=AssignmentSource.MANUAL,
            valid_from=now,
            valid_to=until,
        )
        for account, until in taken
    )
