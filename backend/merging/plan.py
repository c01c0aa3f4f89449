"""What a merge would do, read from the rows as they stand; the merge does just this, and the preview shows it.

Every foreign key to Account, of whatever room, is found through Django and moved; so a table that a later room adds is
moved without anybody remembering it here. Those that need more than moving are named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from backend.crm.models import Account, AccountContactRelation, Address, ExternalId
from backend.kit.trees import makes_circle
from backend.merging.fields import NAMES, Outcome, outcomes
from backend.merging.journal import Change, Journal, Move, change
from backend.territories import merged as spans
from backend.territories.models import AccountShare

STAYS = frozenset(
    {
        "merging.AccountMerge.loser",  # history
        "merging.AccountMerge.winner",
        "crm.AccountSales.account",  # figures, made anew from the order lines
        "territories.AccountTerritory.account",  # dated: territories.merged
    }
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The journal to be, the fields one by one, and the people who are shown the winner because they were shown the loser."""

    journal: Journal
    outcomes: list[Outcome]
    gaining: list[UUID]

    @property
    def counts(self) -> dict[str, int]:
        """Returns how many rows move, by the model's name."""
        counts: dict[str, int] = {}
        for move in self.journal.moves:
            name = move.table.partition(".")[2]
            counts[name] = counts.get(name, 0) + len(move.ids)
        return counts


def moved_columns() -> list[tuple[type[models.Model], str]]:
    """Returns every (model, column) that names an account and follows it into another."""
    found: list[tuple[type[models.Model], str]] = []
    for relation in Account._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ForeignObjectRel) and isinstance(relation.field, models.ForeignKey):
            model, column = relation.field.model, relation.field
            if f"{model._meta.label}.{column.name}" not in STAYS:
                found.append((model, column.attname))
    return sorted(found, key=lambda one: (one[0]._meta.label, one[1]))


def plan(*, loser: Account, winner: Account, choices: Mapping[str, str], at: datetime) -> Plan:
    """Reads what hangs on the loser and decides what becomes of it; writes nothing."""
    decided = outcomes(winner, loser, choices)
    # Freed on the loser before the winner takes it: customer numbers are unique.
    first = [change(loser, "number", None)] if _number_changes(decided) else []
    first += _fields(winner, decided)
    addresses, address = _addresses(loser, winner, choices.get("address"))
    relations, doubled = _relations(loser, winner, at)
    first += [*addresses, *relations, *_parents(loser, winner)]
    moves = [
        Move(model._meta.label, column, ids)
        for model, column in moved_columns()
        if (ids := _hanging(model, column, loser, winner, doubled, at))
    ]
    if named := list(ExternalId.objects.filter(row_id=loser.pk).values_list("pk", flat=True)):
        moves.append(Move(ExternalId._meta.label, "row_id", list(named)))
    last = [change(loser, "deleted_at", at), change(loser, "merged_into_id", winner.pk)]
    lies = spans.preview(loser=loser, winner=winner, at=at, choice=choices.get("territory"))
    territory = Outcome(
        "territory",
        _text(lies.winner),
        _text(lies.loser),
        _text(lies.loser if lies.taken == "loser" else lies.winner),
        lies.taken,
    )
    return Plan(Journal(first, moves, last), [*decided, address, territory], _gaining(loser, winner, at))


def _text(row_id: UUID | None) -> str | None:
    return None if row_id is None else str(row_id)


def _number_changes(decided: list[Outcome]) -> bool:
    return any(one.field == "number" and one.result != one.winner for one in decided)


def _fields(winner: Account, decided: list[Outcome]) -> list[Change]:
    return [change(winner, NAMES[one.field], one.result) for one in decided if one.result != one.winner]


def _hanging(
    model: type[models.Model], column: str, loser: Account, winner: Account, doubled: set[UUID], at: datetime
) -> list[Any]:
    rows = model._base_manager.filter(**{column: loser.pk})
    if model is AccountContactRelation:
        rows = rows.exclude(pk__in=doubled)
    elif model is AccountShare:
        # A share that has ended tells of the account it was of.
        rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=at))
    elif model is Account:
        rows = rows.exclude(pk=winner.pk)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _addresses(loser: Account, winner: Account, choice: str | None) -> tuple[list[Change], Outcome]:
    """One address stays primary: the winner's, unless it has none or the loser's is chosen."""
    ours, theirs = (
        Address.objects.filter(account=one, is_primary=True, deleted_at=None).first() for one in (winner, loser)
    )
    takes = theirs is not None and (choice == "loser" or (ours is None and choice is None))
    demoted = ours if takes else theirs
    changes = [change(demoted, "is_primary", False)] if demoted is not None and ours and theirs else []
    shown = [_line(one) for one in (ours, theirs)]
    taken = "same" if theirs is None and ours is None else "loser" if takes else "winner"
    return changes, Outcome("address", shown[0], shown[1], shown[1] if takes else shown[0], taken)


def _line(address: Address | None) -> str | None:
    if address is None:
        return None
    parts = (address.street, address.postcode, address.city, address.region, address.country)
    return ", ".join(part for part in parts if part) or address.verbatim


def _relations(loser: Account, winner: Account, at: datetime) -> tuple[list[Change], set[UUID]]:
    """A person known to both keeps the winner's relation; its role is filled from the loser's. One main contact stays."""
    ours = {one.contact_id: one for one in AccountContactRelation.objects.filter(account=winner, deleted_at=None)}
    theirs = AccountContactRelation.objects.filter(account=loser, deleted_at=None).order_by("id")
    has_main = any(one.is_primary for one in ours.values())
    changes: list[Change] = []
    doubled: set[UUID] = set()
    for one in theirs:
        same = ours.get(one.contact_id)
        if same is not None:
            doubled.add(one.pk)
            changes.append(change(one, "deleted_at", at))
            if one.role and not same.role:
                changes.append(change(same, "role", one.role))
        elif one.is_primary and has_main:
            changes.append(change(one, "is_primary", False))
    return changes, doubled


def _parents(loser: Account, winner: Account) -> list[Change]:
    """The winner keeps its place in the tree; hung beneath the loser it takes the loser's, and without one the loser's
    too, unless that would make a circle."""
    beneath = makes_circle(loser.pk, winner.parent, key=lambda one: one.pk, parent=lambda one: one.parent)
    if not beneath and (winner.parent_id is not None or loser.parent_id is None):
        return []
    if not beneath and makes_circle(winner.pk, loser.parent, key=lambda one: one.pk, parent=lambda one: one.parent):
        return []
    return [change(winner, "parent_id", loser.parent_id)]


def _gaining(loser: Account, winner: Account, at: datetime) -> list[UUID]:
    def shown(account: Account) -> set[UUID]:
        rows = AccountShare.objects.filter(account=account, deleted_at=None, valid_from__lte=at)
        return set(rows.filter(Q(valid_to=None) | Q(valid_to__gt=at)).values_list("user_id", flat=True))

    return sorted(shown(loser) - shown(winner))
