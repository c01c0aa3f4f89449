"""The versions of the protocol, as data: since when, until when at least, and what each told otherwise than the one after.

What entities, columns and values a version knows stands in its picture, wire/N.json, which `make schema` draws while the
version is the newest and which never changes afterwards. A column or an entity that came later is therefore not told to
older phones, without a word here. Only what *changed* is said, in the version that changed it:

- `columns`: a column that is gone, has another name or means something else now: entity → former column → the SQL over
  `t` and `j` that still gives it;
- `values`: a value of a column with choices that older phones do not know: entity → column → value → what they are told;
- `upcasters`: mutation → what turns one of an older phone into one of today: a new required field gets its default
  (`with_default`), a field with another name that name (`with_new_name`).

An entity is never renamed, a name never used again for something else, and a mutation never taken away without an
upcaster. docs/adr/0014-old-phones.md."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from backend.kit.errors import DomainError
from backend.sync.protocol import FLOOR, Mutation

PICTURES = Path(__file__).with_name("wire")
KEPT_BEHIND = 2
"""The server speaks the newest version and so many before it."""
PROMISE = timedelta(days=365)
"""So long at least after its successor came, a version is spoken."""
NOTICE = timedelta(days=90)

Upcaster = Callable[[Mutation], Mutation]


class UpgradeNeeded(DomainError):
    """The client speaks a protocol that is no longer, or not yet, spoken here."""

    family = "UPGRADE"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the protocol, and what it changed for phones of the version before."""

    number: int
    since: date
    says: str
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    upcasters: Mapping[str, Upcaster] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    """What a version knows: columns by entity, values by "entity.column", names of mutations."""

    entities: dict[str, list[str]]
    values: dict[str, list[str]]
    mutations: list[str]


def with_default(name: str, value: Any) -> Upcaster:
    """Returns an upcaster that gives an argument its default, where an older phone does not know it."""
    return lambda mutation: replace(mutation, args={name: value, **mutation.args})


def with_new_name(former: str, name: str) -> Upcaster:
    """Returns an upcaster that gives a field its new name, wherever the mutation names it."""

    def named(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name if key == former else key: value for key, value in values.items()}

    return lambda mutation: replace(
        mutation, base=named(mutation.base), set=named(mutation.set), args=named(mutation.args)
    )


HISTORY: tuple[Version, ...] = (
    Version(1, date(2026, 11, 1), "First: put, del, evict; patch and intent mutations; one cursor for all."),
    Version(
        2,
        date(2026, 11, 23),
        "Priorities, streams, snapshot; groups; an inbox that can be answered; attachments and orders.",
        values={"syncIssue": {"state": {"discarded": "resolved"}}},
        upcasters={"syncIssue.resolve": with_default("action", "discard")},
    ),
)


def newest() -> int:
    """Returns the number of the newest version."""
    return HISTORY[-1].number


def spoken() -> list[Version]:
    """Returns the versions this server speaks, oldest first."""
    return [one for one in HISTORY if one.number >= FLOOR]


def later(number: int) -> list[Version]:
    """Returns the versions that came after one, the next one first."""
    return [one for one in HISTORY if one.number > number]


def until(number: int) -> date | None:
    """Returns the first day on which a release may stop speaking a version; None for the newest."""
    after = later(number)
    return after[0].since + PROMISE if after else None


def check(number: int) -> None:
    """Refuses a version that is not spoken here."""
    numbers = [one.number for one in spoken()]
    if number not in numbers:
        raise UpgradeNeeded(
            "SCHEMA_UNSUPPORTED",
            f"This server speaks {numbers[0]} to {numbers[-1]}.",
            fields={"protocol": "too old" if number < numbers[0] else "unknown"},
        )


def upcast(mutation: Mutation, number: int) -> Mutation:
    """Returns a mutation written in a version as the newest one would have it; one no longer spoken may be asked too."""
    for version in later(number):
        if (upcaster := version.upcasters.get(mutation.name)) is not None:
            mutation = upcaster(mutation)
    return mutation


def former_columns(entity: str, number: int) -> dict[str, str]:
    """Returns the columns of a version that are gone or mean something else now, with the SQL that gives them."""
    columns: dict[str, str] = {}
    for version in reversed(later(number)):
        columns |= version.columns.get(entity, {})
    return columns


def former_values(entity: str, number: int) -> dict[str, dict[str, str]]:
    """Returns today's column → today's value → what phones of a version are told for it."""
    found: dict[str, dict[str, str]] = {}
    for version in reversed(later(number)):
        for column, told in version.values.get(entity, {}).items():
            newer = {value: told.get(former, former) for value, former in found.get(column, {}).items()}
            found[column] = {**told, **newer}
    return found


def warnings(number: int, today: date) -> list[str]:
    """Returns what a page tells a phone of its version: PROTOCOL_ENDING from 90 days before its end on."""
    end = until(number)
    return ["PROTOCOL_ENDING"] if end is not None and today >= end - NOTICE else []


@cache
def picture(number: int) -> Picture:
    """Returns the picture of a version."""
    return Picture(**json.loads((PICTURES / f"{number}.json").read_text()))
