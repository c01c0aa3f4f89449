"""Merging two accounts, and taking it back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from django.db import OperationalError, transaction

from backend.crm.models import Account, AccountSales, OrderLine
from backend.crm.sales import refresh_sales
from backend.events import outbox
from backend.events.types import AccountMergeUndone, AccountsMerged
from backend.identity.actor import Actor
from backend.kit import clock, locks
from backend.kit.ids import new_id
from backend.merging import rules
from backend.merging.journal import Journal, do_changes, do_moves, undo_changes, undo_moves
from backend.merging.models import AccountMerge
from backend.merging.plan import plan
from backend.merging.queries import check_may_merge
from backend.territories import merged as spans
from backend.territories.coverage import covers

_DEADLOCK = "40P01"


@contextmanager
def _alone(org_id: UUID) -> Iterator[None]:
    """One transaction in which nobody else moves the org's account tree, merges in it, or imports into it."""
    try:
        with transaction.atomic():
            locks.take(locks.Lock.ACCOUNT_TREE, org_id)
            # Shared: a merge that ends gives its locks back one after another, and the next one is no import.
            if not locks.try_share(locks.Lock.IMPORT, org_id):
                raise rules.import_running()
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _DEADLOCK:
            raise rules.busy() from error
        raise


def _locked(*ids: UUID) -> list[Account]:
    """Locks accounts in the order of their ids and returns them in the order asked. Who writes beneath one waits here."""
    rows = {one.pk: one for one in Account.objects.select_for_update().filter(pk__in=ids).order_by("id")}
    return [rows[one] for one in ids]


def merge_accounts(
    *, actor: Actor, loser: Account, winner: Account, choices: Mapping[str, str] | None = None
) -> AccountMerge:
    """Takes one account into another: what hangs on the loser goes to the winner, and the loser's id leads there.

    `choices`: field → winner | loser, where the defaults are not wanted (see merging.fields). Merging the same two again
    returns the merge that stands."""
    with _alone(actor.org_id):
        loser, winner = _locked(loser.pk, winner.pk) if loser.pk != winner.pk else (loser, winner)
        standing = AccountMerge.objects.filter(loser=loser, winner=winner, undone_at=None).first()
        if standing is not None:
            rules.check_may_merge(actor, covers_both=covers(actor, standing.survivor_id))
            return standing
        rules.check_pair(actor, loser, winner)
        check_may_merge(actor, loser=loser, winner=winner)
        rules.check_choices(choices or {})
        now = clock.now()
        planned = plan(loser=loser, winner=winner, choices=choices or {}, at=now)
        journal = planned.journal
        do_changes(journal.first)
        do_moves(journal.moves, to=winner.pk)
        do_changes(journal.last)
        journal.spans.update(spans.merge(loser=loser, winner=winner, at=now, choice=(choices or {}).get("territory")))
        _refigure(actor.org_id, [loser.pk, winner.pk])
        merge = AccountMerge.objects.create(
            id=new_id(),
            org_id=actor.org_id,
            loser=loser,
            winner=winner,
            survivor=winner,
            merged_by_id=actor.user_id,
            merged_at=now,
            outcomes=[one.as_json() for one in planned.outcomes],
            journal=journal.as_json(),
        )
        outbox.append(
            AccountsMerged(merge_id=merge.pk, loser_id=loser.pk, winner_id=winner.pk, actor_id=actor.user_id),
            org_id=actor.org_id,
        )
    return merge


def undo_merge(*, actor: Actor, merge: AccountMerge) -> AccountMerge:
    """Takes a merge back: everything it moved or changed returns to where and what it was, the loser first of all.

    What somebody moved or changed since stays as they left it and is named in `left_as_is`; what was added to the winner
    since stays with it."""
    with _alone(actor.org_id):
        loser, winner = _locked(merge.loser_id, merge.winner_id)
        merge = AccountMerge.objects.select_for_update().get(pk=merge.pk)
        now = clock.now()
        rules.check_may_merge(actor, covers_both=covers(actor, merge.survivor_id))
        rules.check_undo(merge, now)
        journal = Journal.of(merge.journal)
        left = undo_changes(journal.last)
        left += undo_moves(journal.moves, back_to=loser.pk, away_from=winner.pk)
        left += undo_changes(journal.first)
        if spans.undo(journal.spans, loser=loser, winner=winner, at=now):
            left.append("territories.AccountTerritory")
        _refigure(actor.org_id, [loser.pk, winner.pk])
        merge.undone_at, merge.undone_by_id, merge.left_as_is = now, actor.user_id, sorted(set(left))
        merge.save(update_fields=["undone_at", "undone_by", "left_as_is"])
        outbox.append(
            AccountMergeUndone(merge_id=merge.pk, loser_id=loser.pk, winner_id=winner.pk, actor_id=actor.user_id),
            org_id=actor.org_id,
        )
    return merge


def _refigure(org_id: UUID, accounts: list[UUID]) -> None:
    """Makes the sales figures of the two anew; without lines there are none."""
    if not OrderLine.objects.filter(account_id__in=accounts).exists():
        return
    refresh_sales(org_id, accounts)
    having = OrderLine.objects.filter(account_id__in=accounts).values("account_id")
    bare = AccountSales.objects.filter(account_id__in=accounts, deleted_at=None).exclude(account_id__in=having)
    bare.update(deleted_at=clock.now())
