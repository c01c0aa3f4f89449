"""What changes of territories allow, and the errors they raise."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit import clock
from backend.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from backend.territories.models import Alignment, AlignmentState

LONGEST_NOTE = 500
MOST_DAYS = 366


def alignment_not_found() -> NotFound:
    """No such change of territories, or none the caller may see."""
    return NotFound("ALIGNMENT_NOT_FOUND", "There is no such draft for you.", fields={"alignmentId": "not found"})


def no_such_territory() -> NotFound:
    """Neither the active model nor the draft has it, or it is not of the draft's branch."""
    return NotFound(
        "TERRITORY_NOT_FOUND", "The draft has no such territory for you.", fields={"territoryId": "not found"}
    )


def check_state(alignment: Alignment, *states: AlignmentState) -> None:
    """Refuses what the state does not allow: a draft is edited and activated, a scheduled one called off, a done one undone."""
    if alignment.state not in states:
        raise Conflict("ALIGNMENT_STATE", f"It is {alignment.state}.", fields={"state": f"is {alignment.state}"})


def check_revision(alignment: Alignment, seen: int | None) -> None:
    """Refuses an edit made on another revision than the one that stands; None: the caller makes no such claim."""
    if seen is not None and seen != alignment.revision:
        raise Conflict(
            "EDITED_MEANWHILE", "Somebody changed this meanwhile; look again.", fields={"revision": "another one"}
        )


def check_whole_org(*, whole: bool) -> None:
    """Rules and tidying concern the whole org: drafts of a branch leave them alone."""
    if not whole:
        raise NotPermitted("WHOLE_ORG_ONLY", "Only an admin's draft changes this; yours keeps to your branch.")


def check_begins(actor: Actor, reach: Collection[UUID] | None) -> None:
    """A manager who works and leads no territory has no branch to plan for."""
    if actor.role != Role.ADMIN and not reach:
        raise NotPermitted("NO_BRANCH", "You lead no territory.")


def check_name(name: str) -> str:
    """Returns the name of a draft; 1 to 100 characters."""
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise Invalid("BAD_VALUE", "A draft's name has 1 to 100 characters.", fields={"name": "length"})
    return name


def name_taken() -> Conflict:
    """Another model of the org has that name."""
    return Conflict("MODEL_NAME", "Another model has that name.", fields={"name": "taken"})


def check_note(note: str) -> str:
    """Returns the reason that goes on record; nobody changes territories without one."""
    note = note.strip()
    if not 1 <= len(note) <= LONGEST_NOTE:
        raise Invalid("NOTE_NEEDED", "Say why, in 1 to 500 characters.", fields={"note": "1 to 500 characters"})
    return note


def check_keep_days(days: int) -> int:
    """Returns for how many days planned visits stay with their rep; 0 to 366."""
    if not 0 <= days <= MOST_DAYS:
        raise Invalid("OUT_OF_RANGE", f"keepDays is from 0 to {MOST_DAYS}.", fields={"keepDays": "out of range"})
    return days


def check_due(at: datetime | None) -> datetime:
    """Returns when it is to happen, now without an instant; refuses the past."""
    now = clock.now()
    if at is None:
        return now
    if clock.checked(at, "at") < now:
        raise Invalid("OUT_OF_RANGE", "That instant is over.", fields={"at": "in the past"})
    return at


def check_still_so(seen: str, found: str) -> None:
    """What is activated is what was looked at; else look again first."""
    if seen != found:
        raise Conflict(
            "PREVIEW_CHANGED", "It would do other than you saw; look again.", fields={"digest": "another one"}
        )


def check_claimed(unclaimed: int, *, allowed: bool) -> None:
    """Accounts that would lie nowhere afterwards are left so only when somebody says so."""
    if unclaimed and not allowed:
        raise Conflict(
            "ACCOUNTS_UNCLAIMED",
            f"{unclaimed} accounts would lie in no territory.",
            fields={"allowUnclaimed": f"{unclaimed} accounts"},
        )


def check_accounts(asked: Iterable[UUID], found: Collection[UUID]) -> None:
    """Refuses accounts that are none of the caller's."""
    if missing := [one for one in asked if one not in found]:
        raise NotFound(
            "ACCOUNT_NOT_FOUND",
            f"{len(missing)} of these accounts are not there for you.",
            fields={"accountIds": str(missing[0])},
        )


def no_active_model() -> Conflict:
    """There is nothing to change yet."""
    return Conflict("NO_ACTIVE_MODEL", "The org has no active territories.", fields={"modelId": "none active"})


def newer_done() -> Conflict:
    """Territories were changed again after it: take that back first."""
    return Conflict("NOT_THE_NEWEST", "Territories were changed again since; take that back first.")


def undone_already() -> Conflict:
    """It has been taken back, or that is under way."""
    return Conflict("UNDONE_ALREADY", "That is taken back already.", fields={"alignmentId": "taken back"})
