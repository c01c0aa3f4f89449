"""Rows as text: one statement, whose bytes nobody here reads."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from django.core.exceptions import EmptyResultSet
from django.db.models import Expression, F, Model, QuerySet
from django.db.models.expressions import Combinable

from backend.identity.actor import Actor
from backend.kit import statements
from backend.schema.compiled import holes, kept
from backend.schema.compiled.holes import Holed
from backend.schema.compiled.kept import Made, Rows
from backend.schema.compiled.plan import rooted
from backend.schema.compiled.values import unmarked
from backend.territories.seen import Way, asked

AT_ONCE = 250
"""So many rows' texts are joined at a time."""


class Bound(Protocol):
    """What makes a text of a row."""

    def bound(self, actor: Actor) -> Expression:
        """Returns the text as an expression over the rows, for this caller and now."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A JSON text for each plan; what was asked of the first and of the last row that are shown (None without rows); whether
    there are more; whose rows they are."""

    lists: list[orjson.Fragment | Holed]
    first: tuple[str | None, ...] | None
    last: tuple[str | None, ...] | None
    more: bool
    model: type[Model]


Shaped = Callable[[QuerySet[Any]], tuple[QuerySet[Any], Sequence[Bound]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows to be read as text, `most` of them. `shaped`: returns those of the page, and what makes the texts of each; `key`: all
    that it depends on, for the statement to be kept (None: for it not to be); `many`: how many texts a row has; `way`: how
    coverage of the rows is asked for; `at`: what is wanted of the first and the last one, as texts. `single`: the first row's
    text, and no list. `backwards`: the rows come from the last to the first."""

    rows: Rows
    shaped: Shaped
    actor: Actor
    key: Hashable = None
    many: int = 1
    way: Way = Way.ANYHOW
    at: Sequence[Combinable] = ()
    most: int | None = None
    single: bool = False
    backwards: bool = False

    def read(self) -> Texts:
        """Reads them; raises Unsayable."""
        try:
            made = self.made()
        except EmptyResultSet:
            found, plans = self.shaped(self.rows())
            return Texts([orjson.Fragment(b"[]") for _ in plans], None, None, False, found.model)
        return self.told(made, statements.read(made.sql, made.params))

    def made(self) -> Made:
        """Returns the statement, the one that was kept if there is one; raises EmptyResultSet."""
        if self.key is None:
            return self.anew()
        return kept.statement(self.rows, self.actor, (self.key, self.way, bool(self.at)), self._make)

    def anew(self) -> Made:
        """Returns the statement, made anew; raises EmptyResultSet."""
        return self._make(self.rows, self.actor)

    def _make(self, rows: Rows, actor: Actor) -> Made:
        found, plans = self.shaped(rows())
        bound = [plan.bound(actor) for plan in plans]
        with asked(self.way):
            columns = [*bound, *self.at] or [F("pk")]  # without rows, they are counted
            sql, params = rooted(found).values_list(*columns).query.sql_with_params()
        return Made(sql, params, found.model)

    def told(self, made: Made, result: Any) -> Texts:
        """Returns what a statement, which this or the like of this made, found; raises Unsayable."""
        count: int = result.ntuples
        shown = count if self.most is None else min(count, self.most)
        if self.single:
            shown = min(shown, 1)
        order = range(shown - 1, -1, -1) if self.backwards else range(shown)
        ends = [_said(result, row, self.many, len(self.at)) for row in ((order[0], order[-1]) if shown else ())]
        first, last = ends or (None, None)
        lists = [_joined(result, order, column, single=self.single) for column in range(self.many)]
        result.clear()  # now, and not when the answer is sent: it is as large as the text
        parts = [holes.part(unmarked(text), lambda: self.shaped(self.rows())[0]) for text in lists]
        return Texts(parts, first, last, count > shown, made.model)


def _joined(result: Any, order: range, column: int, *, single: bool) -> bytes:
    """Returns the texts of a column as one, some at a time: each is a copy, and all at once were as much again as the answer."""
    get = result.get_value
    begins = range(0, len(order), AT_ONCE)
    parts = [b",".join([get(row, column) for row in order[begin : begin + AT_ONCE]]) for begin in begins]
    if single:
        return parts[0] if parts else b""
    if not parts:
        return b"[]"
    parts[0] = b"[" + parts[0]
    parts[-1] += b"]"
    return b",".join(parts)


def _said(result: Any, row: int, start: int, many: int) -> tuple[str | None, ...]:
    values = (result.get_value(row, column) for column in range(start, start + many))
    return tuple(None if value is None else value.decode() for value in values)
