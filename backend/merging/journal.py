"""What a merge does to rows, written down so that it can be shown before, done, and taken back exactly."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models, transaction

Value = Any


@dataclass(frozen=True, slots=True)
class Move:
    """Rows of one table that hang on the loser by `column` and go to the winner."""

    table: str
    column: str
    ids: list[UUID | int]


@dataclass(frozen=True, slots=True)
class Change:
    """One column of one row, other than where it hangs; both values as JSON has them."""

    table: str
    id: str
    column: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Journal:
    """In the order in which it is done: `first`, `moves`, `last`; `spans` is what territories.merged did."""

    first: list[Change] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    last: list[Change] = field(default_factory=list)
    spans: dict[str, Value] = field(default_factory=dict)

    def as_json(self) -> dict[str, Value]:
        """Returns the journal as it is kept."""
        return {
            "first": [_listed(one) for one in self.first],
            "moves": [[one.table, one.column, [plain(row) for row in one.ids]] for one in self.moves],
            "last": [_listed(one) for one in self.last],
            "spans": self.spans,
        }

    @classmethod
    def of(cls, kept: dict[str, Value]) -> "Journal":
        """Reads a journal again."""
        return cls(
            first=[Change(*one) for one in kept["first"]],
            moves=[Move(*one) for one in kept["moves"]],
            last=[Change(*one) for one in kept["last"]],
            spans=kept["spans"],
        )


def _listed(change: Change) -> list[Value]:
    return [change.table, change.id, change.column, change.before, change.after]


def plain(value: Value) -> Value:
    """Returns a column's value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def change(row: models.Model, column: str, after: Value) -> Change:
    """Returns the change of a row's column (named as in the database) from what it holds now."""
    return Change(row._meta.label, str(row.pk), column, plain(getattr(row, column)), plain(after))


def _rows(table: str) -> models.QuerySet[models.Model]:
    rows: models.QuerySet[models.Model] = apps.get_model(table)._base_manager.all()
    return rows


def do_changes(changes: Iterable[Change]) -> None:
    """Writes the new values."""
    for one in changes:
        _rows(one.table).filter(pk=one.id).update(**{one.column: _value(one, one.after)})


def do_moves(moves: Iterable[Move], to: UUID) -> None:
    """Hangs the rows on another account; one statement a table."""
    for move in moves:
        _rows(move.table).filter(pk__in=move.ids).update(**{move.column: to})


def undo_changes(changes: Iterable[Change]) -> list[str]:
    """Writes the old values where the new ones still stand, last first; returns what was left, as table.column."""
    left: list[str] = []
    for one in reversed(list(changes)):
        row = _rows(one.table).filter(pk=one.id).first()
        if row is None or getattr(row, one.column) != _value(one, one.after):
            left.append(f"{one.table}.{one.column}")
            continue
        try:
            with transaction.atomic():
                _rows(one.table).filter(pk=one.id).update(**{one.column: _value(one, one.before)})
        except IntegrityError:  # somebody else has taken what is unique since
            left.append(f"{one.table}.{one.column}")
    return left


def undo_moves(moves: Iterable[Move], *, back_to: UUID, away_from: UUID) -> list[str]:
    """Hangs the rows back that still hang where they were moved to; returns the tables of those that do not."""
    left: list[str] = []
    for move in reversed(list(moves)):
        still = _rows(move.table).filter(**{"pk__in": move.ids, move.column: away_from})
        if still.update(**{move.column: back_to}) < len(move.ids):
            left.append(move.table)
    return left


def _value(change: Change, kept: Value) -> Value:
    column = apps.get_model(change.table)._meta.get_field(change.column.removesuffix("_id"))
    if isinstance(column, models.ForeignKey):
        return None if kept is None else UUID(kept)
    assert isinstance(column, models.Field)
    return column.to_python(kept)
