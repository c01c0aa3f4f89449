"""Three-way merge of plain fields: what nobody else changed is applied, what both changed is kept for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

Value = object


@dataclass(frozen=True, slots=True)
class Merge:
    """`apply`: fields to write; `conflicts`: field → (mine, theirs) left as they stand; `same`: already so."""

    apply: dict[str, Value]
    conflicts: dict[str, tuple[Value, Value]]
    same: frozenset[str]


def wire(value: Value) -> Value:
    """Returns a value as it stands on the wire, so that equal things compare equal whatever made them."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def equal(a: Value, b: Value) -> bool:
    """Compares two values as the wire has them: "" and null are the same nothing, and where one of the two is a number,
    12.5 and "12.50" are the same one. Text is text: a phone number that gained a zero has changed."""
    numeric = any(isinstance(one, int | float | Decimal) and not isinstance(one, bool) for one in (a, b))
    a, b = wire(a), wire(b)
    if a == b or (a in (None, "") and b in (None, "")):
        return True
    if not numeric or not all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in (a, b)):
        return False
    try:
        return Decimal(str(a)) == Decimal(str(b))
    except InvalidOperation:
        return False


def merge(*, base: Mapping[str, Value], mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> Merge:
    """Merges the fields of `mine` (what the phone set) into `theirs` (what stands) over `base` (what the phone had).

    A field without a base is taken as unchanged on the server: the phone made no claim about what it overwrote."""
    apply: dict[str, Value] = {}
    conflicts: dict[str, tuple[Value, Value]] = {}
    same: set[str] = set()
    for name, value in mine.items():
        stands = theirs[name]
        if equal(value, stands):
            same.add(name)
        elif name not in base or equal(base[name], stands):
            apply[name] = value
        else:
            conflicts[name] = (value, wire(stands))
    return Merge(apply=apply, conflicts=conflicts, same=frozenset(same))
