"""A selection as SQL that returns its JSON text: made once for each shape and role, bound anew for each caller.

Into the text go names of columns and tables, as the ORM quotes them, and names of the answer, which GraphQL limits to letters,
digits and underscores; values are parameters."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
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
from backend.schema.compiled import values
from backend.schema.compiled.refused import Refused
from backend.schema.compiled.shape import TYPENAME, Chosen, Shape, definition
from backend.schema.masks import barred, model_of
from backend.schema.types.edges import ColumnField, EdgeField
from backend.telemetry import metrics

MOST_PLANS = 500
MOST_ARGUMENTS = 80
"""PostgreSQL's functions take no more than 100."""

_USER, _ORG = UUID(int=1), UUID(int=2)
"""Stand in a plan for the caller and their org."""


@dataclass(frozen=True, slots=True)
class Plan:
    """SQL for the text of one row that stands under the alias ROOT, and its parameters."""

    sql: str
    params: tuple[object, ...]

    def bound(self, actor: Actor) -> RawSQL:
        """Returns the text as an expression, for this caller and now."""
        known: dict[object, object] = {_USER: actor.user_id, _ORG: actor.org_id}
        now = clock.now()
        mine = [now if isinstance(one, datetime) else known.get(one, one) for one in self.params]
        return RawSQL(self.sql, mine, output_field=TextField())  # noqa: S611


ROOT = "t0"
_plans: "OrderedDict[tuple[Shape, Role], Plan]" = OrderedDict()
_lock = Lock()


def plan_of(schema: GraphQLSchema, shape: Shape, role: Role) -> Plan:
    """Returns the plan of a shape for a role; raises Refused."""
    with _lock:
        if (plan := _plans.get((shape, role))) is not None:
            _plans.move_to_end((shape, role))
            metrics.PLAN_HIT.inc()
            return plan
    made = _Compiler(schema, role).plan(shape)
    with _lock:
        _plans[shape, role] = made
        while len(_plans) > MOST_PLANS:
            _plans.popitem(last=False)
    metrics.PLAN_MISS.inc()
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

    def plan(self, shape: Shape) -> Plan:
        rows = rooted(self._model(shape)._default_manager.all())
        sql, params = self._row(rows.query, shape, ROOT)
        if len(_joined(rows.query)) > 1:
            raise Refused(shape.kind, "columns of another table at the root")
        return Plan(sql, tuple(params))

    def _model(self, shape: Shape) -> type[Model]:
        model = model_of(shape.kind)
        if model is None:
            raise Refused(shape.kind, "no rows of a table")
        return model

    def _row(self, query: Query, shape: Shape, alias: str) -> tuple[str, list[object]]:
        """Returns SQL for the text of a row of the query, and its parameters in the order of the text."""
        pieces: list[tuple[str, str, list[object]]] = []
        for chosen in shape.chosen:
            sql, params = self._field(query, shape.kind, chosen, alias)
            pieces.append((f'{"," if pieces else "{"}"{chosen.response}":', sql, params))
        if not pieces:  # all of it was skipped
            return "'{}'", []
        texts, all_params = [], []
        for start in range(0, len(pieces), MOST_ARGUMENTS):
            part = pieces[start : start + MOST_ARGUMENTS]
            template = "".join(f"{head}%%s" for head, _, _ in part)
            end = "}" if start + MOST_ARGUMENTS >= len(pieces) else ""
            texts.append(f"format('{template}{end}', {', '.join(sql for _, sql, _ in part)})")
            all_params += [param for _, _, params in part for param in params]
        return " || ".join(texts), all_params

    def _field(self, query: Query, kind: str, chosen: Chosen, alias: str) -> tuple[str, list[object]]:
        if chosen.field == TYPENAME:
            return f"'\"{kind}\"'", []
        parent = self._schema.type_map[kind]
        assert isinstance(parent, GraphQLObjectType)
        field = parent.fields[chosen.field]
        declared = definition(field)
        where = f"{kind}.{chosen.field}"
        if declared.extensions or declared.permission_classes:
            raise Refused(where, "an extension")
        assert declared.python_name is not None
        if self._actor.role in barred(kind, declared.python_name, field):
            return ("'[]'" if is_list_type(get_nullable_type(field.type)) else "'null'"), []
        if isinstance(declared, EdgeField):
            return self._edge(query, declared, field, chosen, alias)
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
        sql, column = _column(query, shown, where)
        text = values.written(field.type, column, sql)
        if text is None:
            raise Refused(where, f"{column.get_internal_type()} as {field.type}")
        return text

    def _edge(
        self, query: Query, declared: EdgeField, field: GraphQLField, chosen: Chosen, alias: str
    ) -> tuple[str, list[object]]:
        assert chosen.below is not None
        here, _ = _column(query, F(declared.here), chosen.field)
        self._aliases += 1
        child = f"t{self._aliases}"
        rows = declared.source.of_each(self._actor, RawSQL(here, []))  # noqa: S611
        if rows.model is not self._model(chosen.below):
            raise Refused(chosen.below.kind, "rows of another table")
        rows = rooted(rows, child)
        sql, params = self._row(rows.query, chosen.below, child)
        shown = RawSQL(sql, params, output_field=TextField())  # noqa: S611
        inner, inner_params = rows.values_list(shown).query.sql_with_params()
        # The text stands before what chooses the rows, and so do its parameters: as the statement has them.
        if declared.source.many:
            text = f"(SELECT coalesce('[' || string_agg(s.j, ',') || ']', '[]') FROM ({inner}) s(j))"  # noqa: S608
        else:
            missing = values.NEVER if is_non_null_type(field.type) else "'null'"
            text = f"coalesce(({inner}), {missing})"
        return text, list(inner_params)


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
    return sql, column.target_field if column.is_relation else column  # type: ignore[attr-defined]
