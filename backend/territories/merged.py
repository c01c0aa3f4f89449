"""Where an account lies after another was merged into it, and again after that was taken back.

History is closed, not rewritten: the loser's spans end with the merge, the winner's change from then on, and an undo
opens new spans from its own moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from backend.crm.models import Account
from backend.kit.ids import new_id
from backend.territories.models import AccountTerritory, AssignmentSource, TerritoryRole

Spans = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """The primary territories of both sides now, by id, and whose stands afterwards: winner, loser or same."""

    winner: UUID | None
    loser: UUID | None
    taken: str


def _open(account: Account, at: datetime) -> list[AccountTerritory]:
    spans = AccountTerritory.objects.filter(account=account, deleted_at=None)
    return list(spans.filter(Q(valid_to=None) | Q(valid_to__gt=at)).order_by("valid_from", "id"))


def _current(spans: Iterable[AccountTerritory], role: str, at: datetime) -> AccountTerritory | None:
    return next((span for span in spans if span.role == role and span.valid_from <= at), None)


def _takes_over(winner: AccountTerritory | None, loser: AccountTerritory | None, choice: str | None) -> bool:
    """A pin outranks what is not pinned; else the winner stays where it lies, unless it lies nowhere."""
    if loser is None or choice == "winner":
        return False
    if winner is None or choice == "loser":
        return True
    return loser.source == AssignmentSource.PIN and winner.source != AssignmentSource.PIN


def preview(*, loser: Account, winner: Account, at: datetime, choice: str | None) -> Standing:
    """Returns where the two lie, and what `merge` would make of it."""
    ours, theirs = (_current(_open(one, at), TerritoryRole.PRIMARY, at) for one in (winner, loser))
    same = (ours and ours.territory_id) == (theirs and theirs.territory_id)
    taken = "same" if same else "loser" if _takes_over(ours, theirs, choice) else "winner"
    return Standing(ours.territory_id if ours else None, theirs.territory_id if theirs else None, taken)


def merge(*, loser: Account, winner: Account, at: datetime, choice: str | None) -> Spans:
    """Ends the loser's spans, and gives the winner those that outrank its own; returns what `undo` needs."""
    ours, theirs = _open(winner, at), _open(loser, at)
    done: Spans = {"loser": [_kept(span) for span in theirs], "closed": [], "opened": []}
    for span in theirs:
        _end(span, at)
    for role in TerritoryRole.values:
        before, taken = _current(ours, role, at), _current(theirs, role, at)
        if taken is None or not _takes_over(before, taken, choice if role == TerritoryRole.PRIMARY else None):
            continue
        if before is not None:
            done["closed"].append(_kept(before))
            _end(before, at)
        later = [span.valid_from for span in ours if span.role == role and span.valid_from > at]
        ends = [end for end in (taken.valid_to, *later) if end is not None]
        opened = _begin(winner, _kept(taken), at, min(ends, default=None))
        if opened is not None:
            done["opened"].append({"id": str(opened.pk)})
    return done


def undo(done: Spans, *, loser: Account, winner: Account, at: datetime) -> int:
    """Gives both accounts, from now on, the spans they would have; returns how many could not be, for others stand there."""
    left = 0
    for kept in done["opened"]:
        span = AccountTerritory.objects.filter(pk=kept["id"], account=winner, deleted_at=None).first()
        if span is not None and (span.valid_to is None or span.valid_to > at):
            _end(span, at)
    for account, spans in ((winner, done["closed"]), (loser, done["loser"])):
        for kept in spans:
            start = max(at, datetime.fromisoformat(kept["from"]))
            end = datetime.fromisoformat(kept["to"]) if kept["to"] else None
            if end is None or end > start:
                left += _begin(account, kept, start, end) is None
    return left


def _kept(span: AccountTerritory) -> dict[str, Any]:
    """What a span said before it was ended here."""
    end = span.valid_to
    return {
        "territory": str(span.territory_id),
        "role": span.role,
        "source": span.source,
        "from": span.valid_from.isoformat(),
        "to": end.isoformat() if end else None,
    }


def _end(span: AccountTerritory, at: datetime) -> None:
    if span.valid_from >= at:
        AccountTerritory.objects.filter(pk=span.pk).update(deleted_at=at)
    else:
        AccountTerritory.objects.filter(pk=span.pk).update(valid_to=at)


def _begin(account: Account, kept: dict[str, Any], start: datetime, end: datetime | None) -> AccountTerritory | None:
    try:
        with transaction.atomic():
            return AccountTerritory.objects.create(
                id=new_id(),
                org_id=account.org_id,
                account=account,
                territory_id=UUID(kept["territory"]),
                role=kept["role"],
                source=kept["source"],
                valid_from=start,
                valid_to=end,
            )
    except IntegrityError:  # it was placed elsewhere since, which stands
        return None
