"""WatermelonDB's raw records: snake_case columns of text, numbers and yes or no; instants in milliseconds, JSON as text."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson

from backend.sync import storable
from backend.sync.facades.documents import Document, columns
from backend.sync.mutators.merging import PATCHES
from backend.sync.values import Kind, parse

Raw = dict[str, Any]

BASE = "base"
"""A column of a client's own schema: the values the server had, as JSON text. A client that keeps them while a record is
unsent, and sends them with it, has its edit merged three ways; without them its values win."""

MOVED = {"opportunity": ("stageId", "reason"), "visit": ("state", "reason")}
"""Columns that are not patched but moved."""

_UPPER = re.compile("([A-Z])")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@cache
def names(entity: str) -> dict[str, str]:
    """Returns column → wire name, of an entity's raws."""
    return {_UPPER.sub(r"_\1", name).lower(): name for name in columns(entity)}


def raw(entity: str, row: Mapping[str, Any]) -> Raw:
    """Returns a row of the wire as a raw record; nothing is left out, so that a value that is gone goes there, too."""
    shown = columns(entity)
    made: Raw = {"id": row["id"]}
    made |= {column: _told(shown[name].kind, row.get(name)) for column, name in names(entity).items()}
    if entity in PATCHES or entity in MOVED:
        known = (*_patched(entity), *MOVED.get(entity, ()), "version")
        base = {name: row[name] for name in known if name in row}
        made[BASE] = json.dumps(base, separators=(",", ":"))
    return made


def _patched(entity: str) -> tuple[str, ...]:
    return tuple(PATCHES[entity].columns) if entity in PATCHES else ()


def _told(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind is Kind.INSTANT:
        return (parse(kind, value) - _BEGINNING) // _MILLISECOND
    return json.dumps(value, separators=(",", ":")) if kind is Kind.JSON else value


def document(entity: str, record: Mapping[str, Any]) -> Document:
    """Returns what a raw record says, in wire names and values. What cannot be read stays, for the rules to refuse."""
    shown = columns(entity)
    said = {
        name: _meant(shown[name].kind, record[column]) for column, name in names(entity).items() if column in record
    }
    return {"id": record.get("id"), **said}


def _meant(kind: Kind, value: Any) -> Any:
    if kind is Kind.INSTANT and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return (_BEGINNING + timedelta(milliseconds=value)).isoformat()
        except (OverflowError, ValueError):
            return value
    if kind is Kind.JSON and isinstance(value, str):
        try:
            return _read(value) if value else None
        except ValueError:
            return value
    return None if value == "" else value


def _read(text: str) -> Any:
    """Returns what JSON in a column says; raises ValueError, also for what is nested deeper than can be kept."""
    found = orjson.loads(text)
    if storable.fault({"": found}) is not None:
        raise ValueError("it cannot be kept")
    return found


def changed(entity: str, record: Mapping[str, Any]) -> list[str]:
    """Returns the wire names of the columns the client says it changed."""
    known = names(entity)
    return [known[column] for column in str(record.get("_changed") or "").split(",") if column in known]


def base(entity: str, record: Mapping[str, Any]) -> Document | None:
    """Returns the server's values that the client built on, where it kept them."""
    try:
        known = _read(record.get(BASE) or "null")
    except (ValueError, TypeError):
        return None
    return {name: known[name] for name in columns(entity) if name in known} if isinstance(known, dict) else None
