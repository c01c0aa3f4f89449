"""Rows as text: one statement, whose bytes nobody here reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from django.core.exceptions import EmptyResultSet
from django.db.models import Expression, QuerySet
from django.db.models.expressions import Combinable

from backend.identity.actor import Actor
from backend.schema.compiled import holes, statements
from backend.schema.compiled.holes import Holed
from backend.schema.compiled.plan import rooted
from backend.schema.compiled.values import unmarked
from backend.territories.seen import Way, asked


class Bound(Protocol):
    """What makes a text of a row."""

    def bound(self, actor: Actor) -> Expression:
        """Returns the text as an expression over the rows, for this caller and now."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A JSON text for each plan; what was asked of the first and of the last row that are shown (None without rows); whether
    there are more."""

    lists: list[orjson.Fragment | Holed]
    first: tuple[str | None, ...] | None
    last: tuple[str | None, ...] | None
    more: bool


def texts(
    rows: QuerySet[Any],
    plans: Sequence[Bound],
    actor: Actor,
    *,
    way: Way = Way.ANYHOW,
    at: Sequence[Combinable] = (),
    most: int | None = None,
    single: bool = False,
    backwards: bool = False,
) -> Texts:
    """Reads the rows as text by each plan, `most` of them; `way`: how coverage of the rows is asked for; `at`: what is wanted
    of the first and the last one, as texts. `single`: the first row's text, and no list. `backwards`: the rows come from the
    last to the first. Raises Unsayable."""
    bound = [plan.bound(actor) for plan in plans]
    try:
        with asked(way):
            sql, params = rooted(rows).values_list(*bound, *(at or ("pk",))).query.sql_with_params()
    except EmptyResultSet:
        return Texts([orjson.Fragment(b"[]") for _ in plans], None, None, False)
    result = statements.read(sql, params)
    found: int = result.ntuples
    shown = found if most is None else min(found, most)
    if single:
        shown = min(shown, 1)
    order = range(shown - 1, -1, -1) if backwards else range(shown)
    get = result.get_value
    lists = [b",".join([get(row, column) for row in order]) for column in range(len(bound))]
    ends = [_said(result, row, len(bound)) for row in ((order[0], order[-1]) if shown else ())]
    first, last = ends or (None, None)
    frame = b"%b" if single else b"[%b]"
    return Texts([holes.part(frame % unmarked(text), rows) for text in lists], first, last, found > shown)


def _said(result: Any, row: int, start: int) -> tuple[str | None, ...]:
    values = (result.get_value(row, column) for column in range(start, result.nfields))
    return tuple(None if value is None else value.decode() for value in values)
