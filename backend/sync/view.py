"""What one version of the protocol shows one role: the synced tables without what it does not know or may not read.

A phone keeps the `shape` it was synced with. Where an entity's fingerprint differs now, its rows are sent again whole; an
entity that is in the old shape and no longer in the new one is taken off the phone. Everything a view leaves out is
absent, not null: from rows, snapshots, conflicts and the inbox."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model

from backend.identity.models import Role, User
from backend.kit.field_rules import field_hidden, may_read
from backend.sync import versions
from backend.sync.protocol import Mutation
from backend.sync.tables import TABLES, SyncedTable


@dataclass(frozen=True, slots=True)
class View:
    """`tables`: by rank, None where the view has no such entity. `shape`: entity → fingerprint of what is sent of it.
    `hidden`: entity → the fields, under all names they ever had, that the role may not read (all of a hidden entity)."""

    protocol: int
    role: str
    tables: tuple[SyncedTable | None, ...]
    shape: dict[str, str]
    hidden: dict[str, frozenset[str]]

    def masked(self, entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the fields of an entity that the role may read; of `set` and `args`, which the inbox keeps of a refused
        mutation, likewise."""
        hidden = self.hidden.get(entity, frozenset())
        told = {name: value for name, value in values.items() if name not in hidden}
        for inner in ("set", "args"):
            if isinstance(told.get(inner), Mapping):
                told[inner] = self.masked(entity, told[inner])
        return told

    def upcast(self, mutation: Mutation) -> Mutation:
        """Returns a mutation of this version, or of the one it names, as the newest one would have sent it."""
        return versions.upcast(mutation, mutation.protocol or self.protocol)

    def seen(
        self, entity: str, claimed: Mapping[str, Any], stands: Mapping[str, Any], written_in: int | None = None
    ) -> dict[str, Any]:
        """Returns `claimed` values (a mutation's base, or set) with what stands in place of what this version, or the one
        the mutation was written in, was told of it: a phone that was told `lapsed` for a newer `dormant` and sends `lapsed`
        back has not changed anything."""
        seen = dict(claimed)
        for name, told in versions.former_values(entity, written_in or self.protocol).items():
            if name in seen and name in stands and stands[name] in told and seen[name] == told[stands[name]]:
                seen[name] = stands[name]
        return seen

    def refuse_hidden(self, mutation: Mutation) -> None:
        """Refuses a mutation (after upcast) that sets a field its author may not read, or builds on one."""
        hidden = self.hidden.get(mutation.name.partition(".")[0], frozenset())
        named = hidden & {*mutation.set, *mutation.base, *mutation.args} - {"id"}
        if named:
            raise field_hidden(named)


@cache
def view_for(protocol: int, role: str) -> View:
    """Returns the view; raises UpgradeNeeded for a version that is not spoken here."""
    versions.check(protocol)
    Role(role)
    hidden = {table.entity: _hidden(_with_former(table, 0), role) for table in TABLES}
    tables = tuple(_seen(table, protocol, role, hidden) for table in TABLES)
    shape = {table.entity: _fingerprint(table) for table in tables if table is not None}
    return View(protocol, role, tables, shape, {entity: names for entity, names in hidden.items() if names})


def view_of(user_id: UUID, protocol: int) -> View:
    """Returns the view of a person in the role they have now, in the caller's transaction: a role that was changed after
    the token was read must not be told as the old one. Its tables are as this person is told of them."""
    view = view_for(protocol, User.objects.values_list("role", flat=True).get(pk=user_id))
    return replace(view, tables=tuple(None if table is None else table.told(user_id) for table in view.tables))


@cache
def _models() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models()}


def choices(table: SyncedTable, name: str) -> list[str]:
    """Returns the values a wire column may have, where its model column has choices; sorted."""
    [*sources] = table.shown(name)
    if len(sources) != 1:
        return []
    source, column = sources[0]
    by_column = {one.column: one for one in _models()[source]._meta.concrete_fields}
    return sorted(str(value) for value, _ in by_column[column].flatchoices)


def _hidden(table: SyncedTable, role: str) -> frozenset[str]:
    models = _models()
    if not may_read(models[table.table], role):
        return frozenset({"id", *table.columns})
    return frozenset(
        name
        for name in table.columns
        if not all(may_read(models[source], role, column) for source, column in table.shown(name))
    )


def _seen(table: SyncedTable, protocol: int, role: str, hidden: Mapping[str, frozenset[str]]) -> SyncedTable | None:
    if protocol != versions.newest():
        known = versions.picture(protocol).entities.get(table.entity)
        if known is None:
            return None
        table = replace(table, columns=_as_before(table, protocol, known))
    gone = _hidden(table, role)
    if "id" in gone:
        return None
    columns = {name: sql for name, sql in table.columns.items() if name not in gone}
    for name in table.carries & columns.keys():
        columns[name] = _without(columns[name], hidden)
    return replace(table, columns=columns)


def _as_before(table: SyncedTable, protocol: int, known: list[str]) -> dict[str, str]:
    """Returns the columns an older version knows, under its names and in its values."""
    columns = dict(table.columns)
    for name, told in versions.former_values(table.entity, protocol).items():
        whens = " ".join(f"WHEN '{value}' THEN '{former}'" for value, former in told.items())
        columns[name] = f"CASE {columns[name]} {whens} ELSE {columns[name]} END"
    columns |= versions.former_columns(table.entity, protocol)
    return {name: columns[name] for name in known if name != "id"}


def _with_former(table: SyncedTable, protocol: int) -> SyncedTable:
    """Returns a table with the columns it had since a version, too."""
    return replace(table, columns={**versions.former_columns(table.entity, protocol), **table.columns})


def _without(sql: str, hidden: Mapping[str, frozenset[str]]) -> str:
    """Returns SQL of a JSON value without the hidden fields of the entity it speaks of, where `fields` are its keys, the
    keys of its `set` and `args`, or the names of a list of objects."""
    whens = ""
    for entity, names in sorted(hidden.items()):
        if not names:
            continue
        array = "ARRAY[" + ", ".join(f"'{name}'" for name in sorted(names)) + "]"
        keyed = f"({sql} - {array})"
        for inner in ("set", "args"):
            keyed = (
                f"(CASE WHEN jsonb_typeof({sql} -> '{inner}') = 'object' THEN "
                f"jsonb_set({keyed}, '{{{inner}}}', ({sql} -> '{inner}') - {array}) ELSE {keyed} END)"
            )
        listed = (
            f"(SELECT COALESCE(jsonb_agg(f.one ORDER BY f.n), '[]') FROM jsonb_array_elements({sql}) "
            f"WITH ORDINALITY f(one, n) WHERE (f.one ->> 'name') <> ALL ({array}))"
        )
        whens += (
            f" WHEN t.entity = '{entity}' AND jsonb_typeof({sql}) = 'array' THEN {listed}"
            f" WHEN t.entity = '{entity}' AND jsonb_typeof({sql}) = 'object' THEN {keyed}"
        )
    return f"CASE{whens} ELSE {sql} END" if whens else sql


def _fingerprint(table: SyncedTable) -> str:
    text = "\n".join(f"{name} {sql}" for name, sql in sorted(table.columns.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
