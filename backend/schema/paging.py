"""Pages of a list: keyset cursors over (one column, id), at most 100 rows."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from backend.kit.errors import Invalid

M = TypeVar("M", bound=Model)
MOST = 100


@dataclass(frozen=True, slots=True)
class Slice(Generic[M]):
    """The rows of a page, the cursor of its last row, and whether more follow."""

    rows: list[M]
    end_cursor: str | None
    has_next: bool


def check_first(first: int) -> int:
    """Refuses a page of less than 1 or more than 100."""
    if not 1 <= first <= MOST:
        raise Invalid("OUT_OF_RANGE", f"first is from 1 to {MOST}.", fields={"first": "out of range"})
    return first


def cursor_at(value: object, pk: object) -> str:
    """Returns the cursor of a row, by the value of its column and its id."""
    return base64.urlsafe_b64encode(json.dumps([str(value), str(pk)]).encode()).decode()


def _decode(cursor: str) -> tuple[str, str]:
    try:
        value, pk = orjson.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, TypeError) as error:
        raise _bad_cursor() from error
    return str(value), str(pk)


def _bad_cursor() -> Invalid:
    return Invalid("BAD_CURSOR", "after is not a cursor of this list.", fields={"after": "not a cursor"})


def beyond(rows: QuerySet[M], *, by: str, first: int, after: str | None, descending: bool = False) -> QuerySet[M]:
    """Returns a page's rows and one more, in ascending (or descending) order of a non-null column, then id."""
    check_first(first)
    sign, behind = ("-", "lt") if descending else ("", "gt")
    rows = rows.order_by(f"{sign}{by}", f"{sign}id")
    if after is not None:
        value, pk = _decode(after)
        try:
            rows = rows.filter(Q(**{f"{by}__{behind}": value}) | Q(**{by: value, f"id__{behind}": pk}))
        except (ValidationError, ValueError) as error:  # another list's cursor: no such instant, no such id
            raise _bad_cursor() from error
    return rows[: first + 1]


def page(rows: QuerySet[M], *, by: str, first: int, after: str | None, descending: bool = False) -> Slice[M]:
    """Returns one page."""
    found = list(beyond(rows, by=by, first=first, after=after, descending=descending))
    shown = found[:first]
    return Slice(
        rows=shown,
        end_cursor=cursor_at(getattr(shown[-1], by), shown[-1].pk) if shown else None,
        has_next=len(found) > first,
    )
