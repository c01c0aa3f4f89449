"""What merging allows, and the errors it raises."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from backend.crm.models import Account
from backend.crm.rules import missing
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit.errors import Busy, Conflict, Invalid, NotFound, NotPermitted
from backend.merging.fields import CHOOSABLE
from backend.merging.models import AccountMerge

UNDO_WINDOW = timedelta(days=30)
SIDES = frozenset({"winner", "loser"})


def merge_not_found() -> NotFound:
    """No such merge, or none the caller may see."""
    return NotFound("MERGE_NOT_FOUND", "There is no such merge for you.", fields={"mergeId": "not found"})


def check_may_merge(actor: Actor, *, covers_both: bool) -> None:
    """Two customers are made one by who answers for both: a manager in whose territories both lie, or an admin."""
    if not actor.leads:
        raise NotPermitted("MANAGER_ONLY", "Only a manager merges accounts.")
    if actor.role != Role.ADMIN and not covers_both:
        raise NotPermitted(
            "NOT_COVERED", "Both accounts must lie in your territories.", fields={"loserId": "not covered"}
        )


def check_pair(actor: Actor, loser: Account, winner: Account) -> None:
    """An account is merged into another that still stands; one that went into a third is merged no more."""
    if loser.pk == winner.pk:
        raise Invalid("SAME_ACCOUNT", "That is one account already.", fields={"loserId": "same account"})
    for name, account in (("loserId", loser), ("winnerId", winner)):
        if account.org_id != actor.org_id:
            raise missing("account", name)
        if account.merged_into_id is not None:
            raise Conflict("ALREADY_MERGED", "That account was merged already.", fields={name: "merged"})
        if account.deleted_at is not None:
            raise missing("account", name)


def check_choices(choices: Mapping[str, str]) -> None:
    """A choice names a field that may be chosen, and one of the two sides."""
    for name, side in choices.items():
        if name not in CHOOSABLE:
            what = "the stricter of both stands" if name == "consent" else "no such field"
            raise Invalid("NOT_A_CHOICE", f"{name[:60]} is not chosen: {what}.", fields={name[:60]: what})
        if side not in SIDES:
            raise Invalid("NOT_A_CHOICE", "Take the winner's or the loser's.", fields={name: "winner or loser"})


def undoable_until(merge: AccountMerge) -> datetime:
    """Returns until when a merge may be taken back."""
    return merge.merged_at + UNDO_WINDOW


def check_undo(merge: AccountMerge, now: datetime) -> None:
    """A merge is taken back once, within the window, and before the account it went into is itself merged away."""
    if merge.undone_at is not None:
        raise Conflict("ALREADY_UNDONE", "That merge was undone already.", fields={"mergeId": "undone"})
    if now > undoable_until(merge):
        raise Conflict(
            "UNDO_TOO_LATE", f"A merge is undone within {UNDO_WINDOW.days} days.", fields={"mergeId": "too late"}
        )
    if merge.survivor_id != merge.winner_id:
        raise Conflict(
            "MERGED_FURTHER", "Undo first what the winner was merged into later.", fields={"mergeId": "merged further"}
        )


def busy() -> Busy:
    """Two writers waited for one another, and the database sent one of them back."""
    return Busy("BUSY", "Somebody is at work on one of the accounts; try again.")


def import_running() -> Busy:
    """An import reads which account a line belongs to long before it writes the line."""
    return Busy("IMPORT_RUNNING", "An import is running; merge when it is done.")
