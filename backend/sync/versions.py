"""The versions of the protocol, as data: since when, until when at least, and what each told otherwise than the one after.

What entities, columns and values a version knows stands in its picture, wire/N.json, which `make schema` draws while the
version is the newest and which never changes afterwards. A column or an entity that came later is therefore not told to
older phones, without a word here. Only what *changed* is said, in the version that changed it:

- `columns`: a column that is gone or means something else now: entity → former column → the SQL that still gives it;
- `renamed`: entity → new name → former name;
- `values`: a value of a column with choices that older phones do not know: entity → column → value → what they are told;
- `upcasters`: mutation → what turns one of an older phone into one of today, a new required field with its default say.

An entity is never renamed and a mutation never taken away without an upcaster. docs/adr/0013-old-phones.md."""

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
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
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
        mutation = _with_new_names(mutation, version.renamed.get(mutation.name.partition(".")[0], {}))
        if (upcaster := version.upcasters.get(mutation.name)) is not None:
            mutation = upcaster(mutation)
    return mutation


def _with_new_names(mutation: Mutation, renamed: Mapping[str, str]) -> Mutation:
    new = {former: name for name, former in renamed.items()}
    if not new:
        return mutation

    def named(values: Mapping[str, Any]) -> dict[str, Any]:
        return {new.get(name, name): value for name, value in values.items()}

    return replace(mutation, base=named(mutation.base), set=named(mutation.set), args=named(mutation.args))


def former_names(entity: str, number: int) -> dict[str, str]:
    """Returns today's name → the name in a version, of the fields that were renamed since."""
    names: dict[str, str] = {}
    for version in later(number):
        for new, former in version.renamed.get(entity, {}).items():
            names[new] = names.pop(former, former)
    return names


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
