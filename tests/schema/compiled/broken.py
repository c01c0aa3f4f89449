"""Deliberate faults of what compiles reads (mutants.py plays them): each breaks one promise of docs/compiled-reads.md."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db.models import Model, QuerySet, TextField, Value
from django.db.models.expressions import Combinable, RawSQL

from backend.identity.actor import Actor
from backend.kit import clock
from backend.schema import sources
from backend.schema.compiled import connections, plan, shape, values
from backend.schema.compiled.connections import ConnectionPlan
from backend.schema.compiled.plan import Plan
from backend.schema.compiled.shape import Chosen, Given

Patch = pytest.MonkeyPatch


def the_first_values_kept(patch: Patch) -> None:
    """Arguments keep the values of whoever asked first."""
    known: dict[str, tuple[object, ...]] = {}

    def kept(made: Plan, *, given: tuple[object, ...]) -> Plan:
        return replace(made, given=known.setdefault(made.sql, given))

    patch.setattr(plan, "replace", kept)


def the_first_caller_kept(patch: Patch) -> None:
    """A plan is bound to whoever of the role asked first."""
    known: dict[str, Actor] = {}
    real = Plan.bound

    def bound(self: Plan, actor: Actor) -> RawSQL:
        return real(self, known.setdefault(self.sql, actor))

    patch.setattr(Plan, "bound", bound)


def the_first_instant_kept(patch: Patch) -> None:
    """A plan asks for coverage as it was when it was first bound."""
    known: dict[str, Any] = {}
    real = Plan.bound

    def bound(self: Plan, actor: Actor) -> RawSQL:
        with clock.supposed(known.setdefault(self.sql, clock.now())):
            return real(self, actor)

    patch.setattr(Plan, "bound", bound)


def edges_without_coverage(patch: Patch) -> None:
    """An edge leads to rows that nobody showed the caller."""

    def all_of_them(rows: QuerySet[Model], actor: Actor, **_: object) -> QuerySet[Model]:
        return rows.filter(org_id=actor.org_id, deleted_at=None)

    patch.setattr(sources, "visible_of_each", all_of_them)


def hidden_fields_compiled(patch: Patch) -> None:
    """What a role may not read is read."""
    patch.setattr(plan, "barred", lambda *_: frozenset())


def first_not_heeded(patch: Patch) -> None:
    """An edge shows as many rows as it ever does."""
    real = plan._limited
    patch.setattr(plan, "_limited", lambda rows, most: real(rows, None))


def missing_is_null(patch: Patch) -> None:
    """What may not be missing is told as missing."""
    real = values._spoken
    patch.setattr(values, "_spoken", lambda letter, text: b"null" if letter == b"!" else real(letter, text))


def without_an_end(patch: Patch) -> None:
    """Days and instants are told that Python's calendar does not have."""
    patch.setattr(values, "_in_range", lambda sql, condition, text: f"coalesce({text}, 'null')")


def _writer(patch: Patch, kind: str, writer: values.Writer) -> None:
    known, _ = values._WRITERS[kind]
    patch.setitem(values._WRITERS, kind, (known, writer))


def floats_as_the_database_has_them(patch: Patch) -> None:
    """1 for 1.0, and exponents of its own."""
    _writer(patch, "Float", lambda sql: f"coalesce({sql}::text, 'null')")


def times_as_the_database_has_them(patch: Patch) -> None:
    """Without zeros behind the last digit."""
    _writer(patch, "Time", values._json)


def documents_as_the_database_has_them(patch: Patch) -> None:
    """With its spaces, and its numbers."""
    patch.setattr(values, "_spoken", lambda letter, text: text)


def names_of_the_schema(patch: Patch) -> None:
    """The answer forgets what the asker calls a field."""
    real = shape._chosen

    def chosen(*given: Any) -> Chosen:
        made = real(*given)
        return made._replace(response=made.field)

    patch.setattr(shape, "_chosen", chosen)


def arguments_left_out(patch: Patch) -> None:
    """An edge is not narrowed."""
    patch.setattr(shape, "_narrowed", lambda *_: ((), Given()))


def refused_arguments_taken(patch: Patch) -> None:
    """What is wrong with an argument is told to nobody."""
    patch.setattr(sources, "check_first", lambda first: None)
    real = shape._narrowed

    def narrowed(*given: Any) -> tuple[tuple[str, ...], Given]:
        names, values = real(*given)
        return names, Given(max(one, 0) if isinstance(one, int) else one for one in values)

    patch.setattr(shape, "_narrowed", narrowed)


def another_rows_cursor(patch: Patch) -> None:
    """An edge does not say where its row stands."""
    real = connections._EdgeOf
    nowhere = Value("nowhere", output_field=TextField())

    def of(edge: connections._Edge, cursor: Combinable) -> connections._EdgeOf:
        return real(edge, nowhere)

    patch.setattr(connections, "_EdgeOf", of)


def ends_swapped(patch: Patch) -> None:
    """A page says that there is more before it, where there is more behind it."""
    real = ConnectionPlan.answer

    def answer(self: ConnectionPlan, lists: Sequence[object], said: Mapping[str, object]) -> dict[str, object]:
        swapped = {"has_next_page": said["has_previous_page"], "has_previous_page": said["has_next_page"]}
        return real(self, lists, {**said, **swapped})

    patch.setattr(ConnectionPlan, "answer", answer)


def one_list_for_all_names(patch: Patch) -> None:
    """Nodes asked for under two names are those of the first."""
    real = ConnectionPlan.answer

    def answer(self: ConnectionPlan, lists: Sequence[object], said: dict[str, object]) -> dict[str, object]:
        return real(self, [lists[0] for _ in lists], said)

    patch.setattr(ConnectionPlan, "answer", answer)
