"""Patches and deletions of plain fields, merged as their models declare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Field as Column
from django.db.models import Model

from backend.kit.errors import Invalid
from backend.kit.field_rules import Merge, rule_of
from backend.sync.conflicts import Clash, Field, merge
from backend.sync.mutators import decode
from backend.sync.mutators.registry import DONE, Caller, Outcome
from backend.sync.protocol import Mutation
from backend.sync.values import OF_FIELD, Kind

Moves = Mapping[str, Mapping[str, frozenset[str]]]


@dataclass(frozen=True)
class Patch:
    """The fields of one entity that a phone may edit: wire name → (model, column); of states, their moves; names that
    mean one thing and stand or fall together."""

    entity: str
    columns: Mapping[str, tuple[type[Model], str]]
    moves: Moves = field(default_factory=dict)
    together: tuple[frozenset[str], ...] = ()

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Returns how each is merged."""
        return {name: self._field(name, *where) for name, where in self.columns.items()}

    def _field(self, name: str, model: type[Model], column: str) -> Field:
        about = model._meta.get_field(column)
        assert isinstance(about, Column)
        kind = about.get_internal_type()
        return Field(
            policy=rule_of(model, column).merge,
            kind=OF_FIELD[kind],
            moves=self.moves.get(name, {}),
            places=getattr(about, "decimal_places", None),
            low=0 if kind.startswith("Positive") else None,
        )


PATCHES: dict[str, Patch] = {}
"""By entity; what a phone may edit at all."""


def wire_name(column: str) -> str:
    """Returns a column's name on the wire."""
    head, *tail = column.split("_")
    return head + "".join(part.title() for part in tail)


def patchable(
    entity: str,
    *parts: tuple[type[Model], str],
    moves: Moves | None = None,
    together: tuple[frozenset[str], ...] = (),
) -> Patch:
    """Declares the columns ("name phone …") of one or more models that a patch of the entity may name."""
    columns = {wire_name(column): (model, column) for model, names in parts for column in names.split()}
    PATCHES[entity] = Patch(entity, columns, moves or {}, together)
    return PATCHES[entity]


def standing(table: Patch, *rows: Model) -> dict[str, object]:
    """Returns what stands now under each wire name, read from the rows of its models."""
    of = {type(row): row for row in rows}
    return {name: getattr(of[model], column) for name, (model, column) in table.columns.items()}


def patch(
    caller: Caller,
    mutation: Mutation,
    table: Patch,
    stands: Mapping[str, object],
    write: Callable[[dict[str, Any]], object],
) -> Outcome:
    """Merges the mutation's `set` into what stands and calls `write` with column → value, if there is anything to write.

    The rows behind `stands` are locked by the caller."""
    decode.only(mutation.set, *table.columns)
    wanted = {name: value for name, value in mutation.set.items() if caller.fields is None or name in caller.fields}
    if not wanted:
        raise Invalid("REQUIRED", "set names at least one field.", fields={"set": "empty"})
    theirs = {name: table.fields[name].wire(stands[name]) for name in wanted}
    mine = caller.view.seen(table.entity, wanted, theirs, mutation.protocol)
    base = caller.view.seen(table.entity, mutation.base, theirs, mutation.protocol)
    if caller.insist:
        added = {name for name in wanted if table.fields[name].policy is Merge.APPEND}
        base = {name: value for name, value in theirs.items() if name not in added}
    merged = merge(base=base, mine=mine, theirs=theirs, fields=table.fields, together=table.together)
    if merged.refused:
        code = next(iter(merged.refused.values()))
        raise Invalid(code, f"{', '.join(merged.refused)} cannot be sent so.", fields=merged.refused)
    if merged.apply:
        write({table.columns[name][1]: _typed(table.fields[name], name, value) for name, value in merged.apply.items()})
    return Outcome(merged=bool(merged.apply), clashes=merged.clashes, yielded=merged.yielded)


def _typed(rule: Field, name: str, value: Any) -> Any:
    """Days and instants become such; all else is typed, and refused, by the rules of its room."""
    if rule.kind is Kind.DAY:
        return decode.day({name: value}, name)
    return decode.instant({name: value}, name) if rule.kind is Kind.INSTANT else value


def remove(
    caller: Caller, mutation: Mutation, table: Patch, stands: Mapping[str, object], write: Callable[[], object]
) -> Outcome:
    """Deletes by `write`, unless somebody changed a field of `base` meanwhile: then it stays, and its person is asked.

    `args.force`, by who leads, deletes all the same."""
    decode.only(mutation.args, "force")
    decode.only(mutation.base, *table.columns)
    forced = caller.insist or (decode.flag(mutation.args, "force") and caller.reader.leads)
    theirs = {name: table.fields[name].wire(stands[name]) for name in mutation.base}
    base = caller.view.seen(table.entity, mutation.base, theirs, mutation.protocol)
    clashes = {
        name: Clash(table.fields[name].policy, saw, None, theirs[name])
        for name, saw in base.items()
        if not table.fields[name].equal(saw, theirs[name])
    }
    if clashes and not forced:
        return Outcome(clashes=clashes, code="EDITED_MEANWHILE")
    write()
    return DONE
