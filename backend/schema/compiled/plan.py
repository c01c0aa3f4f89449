"""A selection as SQL that returns its JSON text: made once for each shape and role, bound anew for each caller.

Into the text go names of columns and tables, as the ORM quotes them, and names of the answer, which GraphQL limits to letters,
digits and underscores; values are parameters."""

from collections import OrderedDict
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any, TypeAlias
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models import BigIntegerField, Expression, F, Field, Model, QuerySet, TextField
from django.db.models.expressions import Col, Combinable, RawSQL
from django.db.models.sql import Query
from django.db.models.sql.constants import LOUTER
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_nullable_type, is_list_type, is_non_null_type

from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit import clock
from backend.schema import sources
from backend.schema.compiled import holes, values
from backend.schema.compiled.refused import Refused, note
from backend.schema.compiled.shape import TYPENAME, Chosen, Shape, definition
from backend.schema.masks import barred, model_of
from backend.schema.sources import FIRST, Wanted
from backend.schema.types.edges import ColumnField, EdgeField
from backend.telemetry import metrics

MOST_PLANS = 500
MOST_ARGUMENTS = 80
"""PostgreSQL's functions take no more than 100."""

_USER, _ORG = UUID(int=1), UUID(int=2)
"""Stand in a plan for the caller and their org."""


_BOUND_LIMIT = 2**31 - 1
"""Stands at the end of a subquery for a number of rows that is bound later."""


@dataclass(frozen=True, slots=True)
class _Argument:
    """Stands in a plan for the value of the shape's argument of that number."""

    number: int


@dataclass(frozen=True, slots=True)
class Plan:
    """SQL for the text of one row that stands under the alias ROOT, and its parameters.

    `given` are the values of arguments in this request: with any, a plan must not be kept for a document."""

    sql: str
    params: tuple[object, ...]
    given: tuple[object, ...] = ()

    def bound(self, actor: Actor) -> RawSQL:
        """Returns the text as an expression, for this caller and now."""
        known: dict[object, object] = {_USER: actor.user_id, _ORG: actor.org_id}
        now = clock.now()

        def bound(one: object) -> object:
            if isinstance(one, _Argument):
                return self.given[one.number]
            return now if isinstance(one, datetime) else known.get(one, one)

        return RawSQL(self.sql, [bound(one) for one in self.params], output_field=TextField())  # noqa: S611


ROOT = "t0"
_Key: TypeAlias = tuple[Shape, Role, tuple[str, ...]]
_plans: "OrderedDict[_Key, Plan]" = OrderedDict()
_lock = Lock()


def plan_of(schema: GraphQLSchema, shape: Shape, role: Role, at: tuple[str, ...] = ()) -> Plan:
    """Returns the plan of a shape for a role, with the shape's values; `at`: the names of the answer that lead to its rows.
    Raises Refused."""
    plan = _plan_of(schema, (shape, role, at))
    given = shape.given()
    return replace(plan, given=given) if given else plan


def _plan_of(schema: GraphQLSchema, key: _Key) -> Plan:
    with _lock:
        if (plan := _plans.get(key)) is not None:
            _plans.move_to_end(key)
            metrics.PLANS.add("hit")
            return plan
    shape, role, at = key
    made = _Compiler(schema, role).plan(shape, at)
    with _lock:
        _plans[key] = made
        while len(_plans) > MOST_PLANS:
            _plans.popitem(last=False)
    metrics.PLANS.add("miss")
    return made


def forget() -> None:
    """Forgets every plan."""
    with _lock:
        _plans.clear()


def rooted(rows: QuerySet[Any], alias: str = ROOT) -> QuerySet[Any]:
    """Returns the rows with their table under the alias."""
    found: QuerySet[Any] = rows._chain()  # type: ignore[attr-defined]
    found.query.get_initial_alias()
    # All of them, as their order is that of the joins, and what is renamed goes behind the rest.
    renamed: dict[str | None, str] = {
        one: f"{alias}_{number}" if number else alias for number, one in enumerate(found.query.alias_map)
    }
    found.query.change_aliases(renamed)
    found.query.__dict__.pop("base_table", None)  # kept from before, under its old name
    return found


class _Compiler:
    def __init__(self, schema: GraphQLSchema, role: Role) -> None:
        self._schema = schema
        # Whom coverage is asked for is bound later; a role is not: what it may not read is no part of the plan.
        self._actor = Actor(user_id=_USER, org_id=_ORG, role=role, username="", timezone="UTC")
        self._aliases = 0
        self._given = 0
        self._root: Query | None = None

    def plan(self, shape: Shape, at: tuple[str, ...]) -> Plan:
        self._root = rooted(self._model(shape)._default_manager.all()).query
        sql, params = self._row(self._root, shape, at)
        return Plan(sql, tuple(params))

    def _model(self, shape: Shape) -> type[Model]:
        model = model_of(shape.kind)
        if model is None:
            raise Refused(shape.kind, "no rows of a table")
        return model

    def _row(self, query: Query, shape: Shape, path: tuple[str, ...]) -> tuple[str, list[object]]:
        """Returns SQL for the text of a row of the query, and its parameters in the order of the text."""
        pieces: list[tuple[str, str, list[object]]] = []
        for chosen in shape.chosen:
            first = self._given
            try:
                sql, params = self._field(query, shape.kind, chosen, path)
            except Refused as refused:
                sql, params = self._hole(query, shape.kind, (*path, chosen.response), refused), []
                self._given = first + len(Shape(shape.kind, (chosen,)).given())
            pieces.append((f'{"," if pieces else "{"}"{chosen.response}":', sql, params))
        if not pieces:  # all of it was skipped
            return "'{}'", []
        texts, all_params = [], []
        for start in range(0, len(pieces), MOST_ARGUMENTS):
            part = pieces[start : start + MOST_ARGUMENTS]
            written = [values.framed(sql) for _, sql, _ in part]
            template = "".join(f"{head}{frame}" for (head, _, _), (frame, _) in zip(part, written, strict=True))
            end = "}" if start + MOST_ARGUMENTS >= len(pieces) else ""
            texts.append(f"format('{template}{end}', {', '.join(sql for _, sql in written)})")
            all_params += [param for _, _, params in part for param in params]
        return " || ".join(texts), all_params

    def _hole(self, query: Query, kind: str, path: tuple[str, ...], refused: Refused) -> str:
        note(refused)
        key, _ = _column(query, F("pk"), kind)
        return holes.mark(path, key)

    def _field(self, query: Query, kind: str, chosen: Chosen, path: tuple[str, ...]) -> tuple[str, list[object]]:
        if chosen.field == TYPENAME:
            return f"'\"{kind}\"'", []
        parent = self._schema.type_map[kind]
        assert isinstance(parent, GraphQLObjectType)
        field = parent.fields[chosen.field]
        declared = definition(field)
        where = f"{kind}.{chosen.field}"
        if declared.extensions or declared.permission_classes:
            raise Refused(where, "an extension")
        if chosen.why is not None:
            raise Refused(where, chosen.why)
        assert declared.python_name is not None
        if self._actor.role in barred(kind, declared.python_name, field):
            self._given += len(Shape(kind, (chosen,)).given())
            return ("'[]'" if is_list_type(get_nullable_type(field.type)) else "'null'"), []
        if isinstance(declared, EdgeField):
            return self._edge(query, declared, field, chosen, path)
        if chosen.below is not None:
            raise Refused(where, "a resolver")
        return self._leaf(query, kind, declared, field, where), []

    def _leaf(self, query: Query, kind: str, declared: Any, field: GraphQLField, where: str) -> str:
        shown: Combinable
        if isinstance(declared, ColumnField):
            shown = declared.shows
        elif declared.is_basic_field:
            shown = F(declared.python_name)
            model = model_of(kind)
            assert model is not None
            if declared.python_name not in {one.attname for one in model._meta.concrete_fields}:
                raise Refused(where, "no column")
        else:
            raise Refused(where, "a resolver")
        of_root = query is self._root
        query = query.clone() if of_root else query
        sql, column = _column(query, shown, where)
        if of_root and len(_joined(query)) > 1:  # the statement's rows are made elsewhere, and are not joined so
            raise Refused(where, "a column of another row")
        text = values.written(field.type, column, sql)
        if text is None:
            raise Refused(where, f"{column.get_internal_type()} as {field.type}")
        return text

    def _edge(
        self, query: Query, declared: EdgeField, field: GraphQLField, chosen: Chosen, path: tuple[str, ...]
    ) -> tuple[str, list[object]]:
        assert chosen.below is not None
        here, _ = _column(query, F(declared.here), chosen.field)
        self._aliases += 1
        child = f"t{self._aliases}"
        source = declared.source
        wanted = {name: self._argument() for name in chosen.narrowed}
        rows = source.of_each(self._actor, RawSQL(here, []), _bindable(wanted))  # noqa: S611
        if rows.model is not self._model(chosen.below):
            raise Refused(chosen.below.kind, "rows of another table")
        rows = rooted(rows, child)
        sql, params = self._row(rows.query, chosen.below, (*path, chosen.response))
        shown = RawSQL(sql, params, output_field=TextField())  # noqa: S611
        rows = rows.values_list(shown)
        # The text stands before what chooses the rows, and so do its parameters: as the statement has them.
        if source.many:
            inner, inner_params = _limited(rows, wanted.get(FIRST))
            text = f"(SELECT coalesce('[' || string_agg(s.j, ',') || ']', '[]') FROM ({inner}) s(j))"  # noqa: S608
        else:
            inner, inner_params = _limited(rows[:1], None)
            missing = values.NEVER if is_non_null_type(field.type) else "'null'"
            text = f"coalesce(({inner}), {missing})"
        return text, inner_params

    def _argument(self) -> _Argument:
        self._given += 1
        return _Argument(self._given - 1)


def _bindable(wanted: dict[str, _Argument]) -> Wanted:
    """Returns what narrows a source, with places for the values; what says its value itself has it."""
    said = {"True": True, "False": False}
    return {name: said[name.partition(":")[2]] if ":" in name else RawSQL("%s", [one]) for name, one in wanted.items()}


def _limited(rows: QuerySet[Any], most: _Argument | None) -> tuple[str, list[object]]:
    """Returns SQL for the rows, so many at the most, and its parameters."""
    if most is None:
        sql, params = (rows if rows.query.is_sliced else rows[: sources.CHILD_LIMIT]).query.sql_with_params()
        return sql, list(params)
    sql, params = rows[:_BOUND_LIMIT].query.sql_with_params()
    return f"{sql.removesuffix(str(_BOUND_LIMIT))}%s", [*params, most]


def _joined(query: Query) -> list[Any]:
    """Returns the tables that a query reads; what was joined for nothing is still among its aliases."""
    return [join for alias, join in query.alias_map.items() if query.alias_refcount[alias]]


def _column(query: Query, shown: Combinable, where: str) -> "tuple[str, Field[Any, Any]]":
    """Returns the SQL of an expression over the rows of a query, and what kind of column it is."""
    try:
        resolved: Expression = shown.resolve_expression(query)  # type: ignore[attr-defined]
    except (FieldDoesNotExist, FieldError) as error:
        raise Refused(where, "no column") from error
    sql, params = query.get_compiler("default").compile(resolved)
    column = resolved.output_field
    columns: list[Col] = [one for one in resolved.flatten() if isinstance(one, Col)]
    if not isinstance(resolved, Col):
        # What is computed has more room than what it is computed of, and is missing where any of that is.
        column = BigIntegerField(null=any(one.target.null for one in columns))
    if params or any(join.join_type == LOUTER for join in _joined(query)):
        raise Refused(where, "a column with parameters, or of a row that may be missing")
    if column.is_relation:
        column = column.target_field  # type: ignore[attr-defined]
    if isinstance(resolved, Col) and resolved.target.null != column.null:
        column = copy(column)  # a key is of the kind of what it names, which is never missing
        column.null = resolved.target.null
    return sql, column
