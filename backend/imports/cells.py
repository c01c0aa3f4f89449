"""Kinds of value: each reads a raw cell (text, or what a typed file holds) and raises BadValue for what it cannot be."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Protocol

from backend.imports.problems import BadValue

Cell = str | int | float | bool | Decimal | date | datetime | time | None
Value = str | int | float | Decimal | date | None

_CENT = Decimal("0.01")
_POWERS = [Decimal(10) ** power for power in range(20)]
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?", re.ASCII)


class Kind(Protocol):
    """Reads one non-empty cell; `form` is the date format that the mapping declares, if any."""

    def read(self, raw: Cell, form: str | None) -> Value:
        """Returns the typed value; raises BadValue."""


def text_of(raw: Cell) -> str:
    """Returns a cell as text: 50010.0 of a spreadsheet is 50010, a day is ISO 8601."""
    if isinstance(raw, str):
        return raw
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    if isinstance(raw, date | time):
        return raw.isoformat()
    return str(raw)


@dataclass(frozen=True, slots=True)
class Text:
    """Text of at most `longest` characters."""

    longest: int

    def read(self, raw: Cell, form: str | None) -> str:
        """Returns the text as it stands; too long is refused, never cut."""
        text = text_of(raw)
        if "\0" in text:
            raise BadValue("NUL_CHARACTER", "holds a NUL character")
        if len(text) > self.longest:
            raise BadValue("TOO_LONG", f"{len(text)} characters, at most {self.longest} fit")
        return text


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer from `least` to `most`, both included."""

    least: int = -(2**31)
    most: int = 2**31 - 1

    def read(self, raw: Cell, form: str | None) -> int:
        """Returns the integer; 3.0 is 3, 3.5 is refused."""
        if type(raw) is int:
            number = raw
        else:
            text = text_of(raw).strip()
            if not _WHOLE.fullmatch(text):
                raise BadValue("NOT_AN_INTEGER", f"{_short(text)} is not a whole number")
            number = int(text.partition(".")[0])
        if not self.least <= number <= self.most:
            raise BadValue("OUT_OF_RANGE", f"{number} is not from {self.least} to {self.most}")
        return number


@dataclass(frozen=True, slots=True)
class Amount:
    """A decimal with two places and at most `digits` digits; more places are rounded half to even."""

    digits: int = 14
    least: Decimal | None = None

    def read(self, raw: Cell, form: str | None) -> Decimal:
        """Returns the amount; the shortest text of a binary number counts, so 0.1 is 0.10."""
        text = repr(raw) if type(raw) is float else text_of(raw).strip()
        try:
            amount = Decimal(text).quantize(_CENT, ROUND_HALF_EVEN)
        except InvalidOperation:
            raise BadValue("NOT_A_NUMBER", f"{_short(text)} is not an amount") from None
        if not amount.is_finite():
            raise BadValue("NOT_A_NUMBER", f"{_short(text)} is not an amount")
        if abs(amount) >= _POWERS[self.digits - 2] or (self.least is not None and amount < self.least):
            raise BadValue("OUT_OF_RANGE", f"{_short(text)} is too large or too small")
        return amount


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day: ISO 8601, or the declared format."""

    def read(self, raw: Cell, form: str | None) -> date:
        """Returns the day."""
        if isinstance(raw, datetime):
            return raw.date()
        if isinstance(raw, date):
            return raw
        text = text_of(raw).strip()
        try:
            return datetime.strptime(text, form).date() if form else date.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            raise BadValue("NOT_A_DATE", f"{_short(text)} is not a day{f' like {form}' if form else ''}") from None


@dataclass(frozen=True, slots=True)
class Degrees:
    """A coordinate within plus or minus `limit`; one that cannot be leaves the row its other values."""

    limit: float

    def read(self, raw: Cell, form: str | None) -> float:
        """Returns degrees."""
        text = text_of(raw).strip()
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not abs(number) <= self.limit:
            raise BadValue("IMPOSSIBLE_COORDINATE", f"impossible coordinate {text[:40]}", droppable=True)
        return number


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a closed list."""

    values: Collection[str]

    def read(self, raw: Cell, form: str | None) -> str:
        """Returns the value."""
        text = text_of(raw)
        if text not in self.values:
            known = ", ".join(repr(value) for value in self.values if value)
            raise BadValue("UNKNOWN_CHOICE", f"{_short(text)} is none of {known}")
        return text


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of a row of `entity` in the source system; the target looks it up."""

    entity: str

    def read(self, raw: Cell, form: str | None) -> str:
        """Returns the name."""
        return Text(120).read(raw, form)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a target: its kind, and what an empty cell means (`required`: refused; else `empty`)."""

    kind: Kind
    required: bool = False
    empty: Value = ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
