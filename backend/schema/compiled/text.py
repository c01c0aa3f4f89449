"""Rows as text: one statement, whose bytes nobody here reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.schema.compiled.plan import Plan, rooted
from backend.schema.compiled.values import unmarked


@dataclass(frozen=True, slots=True)
class Texts:
    """A JSON text for each plan; what was asked of the last row that is shown (None without rows); whether more follow."""

    lists: list[orjson.Fragment]
    last: tuple[Any, ...] | None
    more: bool


def texts(
    rows: QuerySet[Any],
    plans: Sequence[Plan],
    actor: Actor,
    *,
    at: Sequence[str] = (),
    most: int | None = None,
    single: bool = False,
) -> Texts:
    """Reads the rows as text by each plan, `most` of them; `at`: columns wanted of the last one. `single`: the first row's
    text, and no list. Raises Unsayable."""
    bound = [plan.bound(actor) for plan in plans]
    try:
        sql, params = rooted(rows).values_list(*bound, *(at or ("pk",))).query.sql_with_params()
    except EmptyResultSet:
        return Texts([orjson.Fragment(b"[]") for _ in plans], None, False)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        result = cursor.pgresult
        found: int = result.ntuples
        shown = found if most is None else min(found, most)
        if single:
            shown = min(shown, 1)
        lists = [b",".join([result.get_value(row, column) for row in range(shown)]) for column in range(len(bound))]
        last = None
        if shown:
            cursor.scroll(shown - 1, mode="absolute")
            last = cursor.fetchone()[len(bound) :]
    frame = b"%b" if single else b"[%b]"
    return Texts([orjson.Fragment(frame % unmarked(text)) for text in lists], last, found > shown)
