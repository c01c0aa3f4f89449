"""Values as the wire has them and as they are compared: what is written differently and means the same is the same.

A phone echoes what it was sent through its own types: "12.5" for "12.50", milliseconds for microseconds, "Z" for "+00:00",
1.0 for 1. Taken for changes, such echoes would make conflicts of nothing, and some clients would push for ever."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    FLOAT = "float"
    DECIMAL = "decimal"
    YES_NO = "yes_no"
    DAY = "day"
    TIME = "time"
    INSTANT = "instant"
    ID = "id"
    JSON = "json"


OF_FIELD: dict[str, Kind] = {
    **dict.fromkeys(("CharField", "TextField", "EmailField", "SlugField"), Kind.TEXT),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField"), Kind.WHOLE),
    **dict.fromkeys(("PositiveIntegerField", "PositiveSmallIntegerField"), Kind.WHOLE),
    **dict.fromkeys(("UUIDField", "ForeignKey", "OneToOneField"), Kind.ID),
    "FloatField": Kind.FLOAT,
    "DecimalField": Kind.DECIMAL,
    "BooleanField": Kind.YES_NO,
    "DateField": Kind.DAY,
    "TimeField": Kind.TIME,
    "DateTimeField": Kind.INSTANT,
    "JSONField": Kind.JSON,
}
"""By the type of a model's field, as the field calls it (`get_internal_type`)."""

_NOT_READ = (ValueError, TypeError, InvalidOperation, OverflowError, AttributeError)
_MILLISECOND = 1_000
_DIGITS = 300
"""A number of more is none of ours; written out, "1e999999999" would take a day."""


def parse(kind: Kind, value: Any, *, places: int | None = None) -> Any:
    """Returns the value typed, None for nothing; raises ValueError for what is no such value. `places`: of a decimal."""
    if value is None or (value == "" and kind not in (Kind.TEXT, Kind.JSON)):
        return None
    if isinstance(value, bool) and kind not in (Kind.YES_NO, Kind.JSON):
        raise ValueError("yes or no is no such value")
    try:
        return _PARSERS[kind](value) if kind is not Kind.DECIMAL else _decimal(value, places)
    except _NOT_READ as error:
        raise ValueError(f"not of kind {kind}") from error


def serialise(kind: Kind, value: Any) -> Any:
    """Returns a typed value as the server's rows have it."""
    if value is None:
        return None
    if kind is Kind.DECIMAL:
        return f"{value:f}"
    if kind is Kind.INSTANT:
        text = value.astimezone(UTC).isoformat()
        head, point, rest = text.partition(".")
        # PostgreSQL writes no zeros behind the last digit of a second.
        return text if not point else f"{head}.{rest[:6].rstrip('0')}{rest[6:]}"
    if kind in (Kind.DAY, Kind.TIME):
        return value.isoformat()
    return str(value) if kind is Kind.ID else value


def equal(kind: Kind, a: Any, b: Any, *, places: int | None = None) -> bool:
    """Says whether two wire values mean the same; "" and null are the same nothing."""
    return bool(_key(kind, a, places) == _key(kind, b, places))


def canonical(value: Any) -> Any:
    """Returns a JSON value as something hashable, equal for equal values: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool) or value is None:
        return ("", value)
    if isinstance(value, dict):
        return ("{", frozenset((key, canonical(inner)) for key, inner in value.items()))
    if isinstance(value, list | tuple):
        return ("[", tuple(canonical(inner) for inner in value))
    return value


def _key(kind: Kind, value: Any, places: int | None) -> Any:
    try:
        typed = parse(kind, value, places=places)
    except ValueError:
        return ("unread", canonical(value))
    if kind is Kind.TEXT:
        # The server trims what it keeps; a phone may not have seen that yet.
        return None if typed is None else typed.replace("\r\n", "\n").strip() or None
    if kind is Kind.INSTANT and typed is not None:
        # Many phones count in milliseconds.
        return typed.replace(microsecond=typed.microsecond // _MILLISECOND * _MILLISECOND)
    return canonical(typed) if kind is Kind.JSON else typed


def _decimal(value: Any, places: int | None) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("not finite")
    return number if places is None else number.quantize(Decimal(1).scaleb(-places))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _whole(value: Any) -> int:
    number = Decimal(str(value))
    if number.adjusted() > _DIGITS or number != number.to_integral_value():
        raise ValueError("not whole")
    return int(number)


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither yes nor no")
    return value


def _instant(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("without a zone")
    return moment.astimezone(UTC)


def _day(value: Any) -> date:
    return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(value)


_PARSERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.WHOLE: _whole,
    Kind.FLOAT: float,
    Kind.YES_NO: _yes_no,
    Kind.DAY: _day,
    Kind.TIME: lambda value: value if isinstance(value, time) else time.fromisoformat(value),
    Kind.INSTANT: _instant,
    Kind.ID: lambda value: value if isinstance(value, UUID) else UUID(value),
    Kind.JSON: lambda value: value,
}
