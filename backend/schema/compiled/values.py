"""How PostgreSQL writes one value of a column exactly as the resolvers do, and marks what only Python can write.

A mark is byte 1, a letter, the value as text, byte 2: neither byte stands in JSON, so that marks are found again."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import orjson
from django.db.models import Field
from django.db.models import fields as columns
from django.db.models.fields.json import JSONField
from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLOutputType, get_nullable_type

from backend.schema.compiled.refused import Unsayable

FIRST_INSTANT, AFTER_LAST = "'0001-01-01 00:00+00'", "'10000-01-01 00:00+00'"
"""What Python's calendar reaches; PostgreSQL's goes further, to infinity."""

MOST_PLACES = 6
"""Decimals of more places may be written with an exponent."""


def _mark(letter: str, text: str) -> str:
    return f"'\x01{letter}' || {text} || '\x02'"


NEVER = _mark("!", "''")


def _json(sql: str) -> str:
    return f"to_json({sql})"


def _in_range(sql: str, condition: str, text: str) -> str:
    return f"CASE WHEN {condition} THEN {text} WHEN {sql} IS NULL THEN 'null' ELSE {NEVER} END"


def _instant(sql: str) -> str:
    return _in_range(sql, f"{sql} >= {FIRST_INSTANT} AND {sql} < {AFTER_LAST}", f"{_json(sql)}::text")


def _day(sql: str) -> str:
    return _in_range(sql, f"{sql} BETWEEN '0001-01-01' AND '9999-12-31'", f"{_json(sql)}::text")


def _whole(sql: str) -> str:
    return _in_range(sql, f"{sql} BETWEEN -2147483648 AND 2147483647", f"{sql}::text")


def _small(sql: str) -> str:
    return f"{sql}::text"


def _float(sql: str) -> str:
    """Writes digits where both write the same ones; the rest, with its exponents and what is no number, is for Python."""
    common = f"{sql}::text || CASE WHEN {sql} = trunc({sql}) THEN '.0' ELSE '' END"
    return (
        f"CASE WHEN abs({sql}) >= 1e-4 AND abs({sql}) < 1e15 OR {sql} = 0 THEN {common} "
        f"WHEN {sql} IS NULL THEN 'null' ELSE {_mark('f', f'{sql}::text')} END"
    )


def _time(sql: str) -> str:
    """Writes six digits behind the second, or none."""
    digits = f"to_char({sql}, 'HH24:MI:SS.US')"
    written = f"CASE WHEN {sql}::time(0) = {sql} THEN {_json(sql)}::text ELSE {_json(digits)}::text END"
    return _in_range(sql, f"{sql} < '24:00'", written)


def _named(kind: GraphQLEnumType, sql: str) -> str:
    """Writes what GraphQL calls a value."""
    names = " ".join(
        f"WHEN '{getattr(one.value, 'value', one.value)}' THEN '\"{name}\"'" for name, one in kind.values.items()
    )
    return f"CASE WHEN {sql} IS NULL THEN 'null' ELSE CASE {sql} {names} ELSE {NEVER} END END"


def _quoted(sql: str) -> str:
    return f"'\"' || {sql} || '\"'"


Writer = Callable[[str], str]
_TEXT, _WHOLE = (columns.CharField, columns.TextField), (columns.IntegerField,)
_WRITERS: "dict[str, tuple[tuple[type[Field[Any, Any]], ...], Writer]]" = {
    "UUID": ((columns.UUIDField,), _quoted),
    "String": (_TEXT, _json),
    "Int": (_WHOLE, _whole),
    "Float": ((columns.FloatField,), _float),
    "Decimal": ((columns.DecimalField,), _quoted),
    "Boolean": ((columns.BooleanField,), _json),
    "Date": ((columns.DateField,), _day),
    "DateTime": ((columns.DateTimeField,), _instant),
    "Time": ((columns.TimeField,), _time),
}


def written(kind: GraphQLOutputType, column: "Field[Any, Any]", sql: str) -> str | None:
    """Returns SQL for the JSON text (never NULL) of a column, by its GraphQL type; None where the two may differ."""
    inner = get_nullable_type(kind)
    required = isinstance(kind, GraphQLNonNull)
    if required and column.null:
        return None
    if isinstance(inner, GraphQLList):
        strings = str(kind) in ("[String!]!", "[UUID!]!") and isinstance(column, JSONField)
        return _mark("s", f"{sql}::text") if strings else None
    if str(inner) == "JSON":
        if not isinstance(column, JSONField) or column.decoder is not None:
            return None
        marked = _mark("J" if required else "j", f"{sql}::text")
        # Empty is what most are, and what both write alike.
        return f"CASE WHEN {sql} IN ('{{}}', '[]') THEN {sql}::text ELSE coalesce({marked}, 'null') END"
    if isinstance(inner, GraphQLEnumType):
        return _named(inner, sql) if isinstance(column, _TEXT) else None
    known, writer = _WRITERS.get(str(inner), ((), _json))
    if not isinstance(column, known) or (isinstance(column, columns.DateTimeField) and str(inner) == "Date"):
        return None
    if isinstance(column, columns.DecimalField) and (column.decimal_places or 0) > MOST_PLACES:
        return None
    if writer is _whole and not isinstance(column, columns.BigIntegerField):
        writer = _small
    text = writer(sql)
    return f"coalesce({text if writer is _quoted else f'{text}::text'}, 'null')" if column.null else text


_FRAMED = re.compile(r"'\"' \|\| ((?:[^|']|\|(?!\|))+) \|\| '\"'")


def framed(sql: str) -> tuple[str, str]:
    """Returns the place for a text in format's pattern, and what stands there: quotes are cheaper in the pattern."""
    found = _FRAMED.fullmatch(sql)
    return ("%%s", sql) if found is None else ('"%%s"', found[1])


_FEW = 16
_MARKED = re.compile(rb"\x01([^h])([^\x02]*)\x02", re.DOTALL)
"""All but holes, which are filled later."""


def unmarked(text: bytes) -> bytes:
    """Returns the text with each marked value as the resolvers write it; raises Unsayable for what they would refuse."""
    if b"\x01" not in text:
        return text
    for _ in range(_FEW):  # most rows have one of few documents, and all of one are replaced at once
        found = _MARKED.search(text)
        if found is None:
            return text
        text = text.replace(found[0], _spoken(found[1], found[2]))
    known: dict[bytes, bytes] = {}

    def spoken(found: "re.Match[bytes]") -> bytes:
        if (said := known.get(found[0])) is None:
            said = known[found[0]] = _spoken(found[1], found[2])
        return said

    return _MARKED.sub(spoken, text)


def _spoken(letter: bytes, text: bytes) -> bytes:
    if letter == b"!":
        raise Unsayable
    value = json.loads(text)
    strings = isinstance(value, list) and all(isinstance(one, str) for one in value)
    refused = (letter == b"f" and not math.isfinite(value)) or (letter == b"s" and not strings)
    if refused or (letter == b"J" and value is None):
        raise Unsayable
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:  # a number beyond 64 bits: the whole answer is written otherwise
        raise Unsayable from error
