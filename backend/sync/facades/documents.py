"""The rows of the wire as documents: what each column holds, what stands of it in a stub, when two documents are one."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import NOT_PROVIDED, Model
from django.db.models import Field as Column

from backend.identity.actor import Actor
from backend.sync.protocol import CURRENT
from backend.sync.tables import BY_ENTITY, RANK
from backend.sync.values import OF_FIELD, Kind, equal
from backend.sync.view import view_of
from backend.territories.coverage import visible_roots_sql

Document = dict[str, Any]

NOBODY = str(UUID(int=0))
BEGINNING = "1970-01-01T00:00:00+00:00"
EVIDENCE = {"checkIn": ("checkIn", "visitId"), "report": ("visitReport", "visitId")}
"""What a visit's document carries of its children: key → (entity, the column that names the visit)."""

_EMPTY: dict[Kind, Any] = {
    Kind.TEXT: "",
    Kind.WHOLE: 0,
    Kind.FLOAT: 0.0,
    Kind.DECIMAL: "0",
    Kind.YES_NO: False,
    Kind.DAY: BEGINNING[:10],
    Kind.TIME: "00:00:00",
    Kind.INSTANT: BEGINNING,
    Kind.ID: NOBODY,
    Kind.JSON: None,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of a document. `empty`: what a stub has there: of the right type, and nothing of anybody's."""

    kind: Kind
    empty: Any
    places: int | None = None

    def same(self, a: Any, b: Any) -> bool:
        """Says whether two values mean the same."""
        return equal(self.kind, a, b, places=self.places)


@cache
def columns(entity: str) -> dict[str, Shown]:
    """Returns the columns of an entity's rows, without its id."""
    table = BY_ENTITY[entity]
    models = {model._meta.db_table: model for model in apps.get_models()}
    shown = {}
    for name in table.columns:
        source, column = table.shown(name)[0]
        shown[name] = _shown(models[source], column)
    return shown


def _shown(model: type[Model], column: str) -> Shown:
    about = next(one for one in model._meta.concrete_fields if one.column == column)
    kind = OF_FIELD[about.get_internal_type()]
    return Shown(kind, None if about.null else _nothing(about, kind), getattr(about, "decimal_places", None))


def _nothing(about: "Column[Any, Any]", kind: Kind) -> Any:
    default = about.default() if callable(about.default) else about.default
    if kind is Kind.JSON:
        return default
    # A state's first is a state; a client's schema may know no other words.
    return str(default) if about.choices and default is not NOT_PROVIDED else _EMPTY[kind]


def stub(entity: str, row_id: str) -> Document:
    """Returns the document of a row that is gone for its reader: deleted, of valid types, and telling nothing."""
    empty = {name: shown.empty for name, shown in columns(entity).items()}
    evidence = dict.fromkeys(EVIDENCE) if entity == "visit" else {}
    return {"id": row_id, **empty, **evidence, "deleted": True}


def standing(actor: Actor, entity: str, ids: Collection[UUID]) -> dict[str, Document]:
    """Returns the documents of those rows that the actor may see now, by id, without what their role may not read."""
    table = view_of(actor.user_id, CURRENT).tables[RANK[entity]]
    if table is None or not ids:
        return {}
    roots = visible_roots_sql(actor)
    sql = f"SELECT s.row FROM ({table.select()}) s WHERE s.id = ANY(%s::uuid[]) AND s.root IN {roots.sql}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [[str(one) for one in ids], *roots.params])
        found = [json.loads(row) for (row,) in cursor.fetchall()]
    return {row["id"]: row for row in whole(actor, entity, found)}


def whole(actor: Actor, entity: str, rows: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Returns rows of the wire as documents: every column is there, a visit has its evidence with it."""
    names = columns(entity)
    made = [{"id": row["id"], **{name: row.get(name) for name in names}, "deleted": False} for row in rows]
    if entity == "visit":
        _add_evidence(actor, {row["id"]: row for row in made})
    return made


def _add_evidence(actor: Actor, visits: Mapping[str, Document]) -> None:
    view = view_of(actor.user_id, CURRENT)
    for row in visits.values():
        row.update(dict.fromkeys(EVIDENCE))
    for key, (entity, parent) in EVIDENCE.items():
        table = view.tables[RANK[entity]]
        if table is None or not visits:
            continue
        with connection.cursor() as cursor:
            # The last one counts where a visit was begun twice.
            sql = f"{table.select()} AND t.visit_id = ANY(%s::uuid[]) ORDER BY t.created_at, t.id"
            cursor.execute(sql, [list(visits)])
            for _, _, text in cursor.fetchall():
                row = json.loads(text)
                visits[row[parent]][key] = {name: value for name, value in row.items() if name != parent}


def difference(entity: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Returns the columns of `after` that differ from `before`: name → (before, after). What it leaves out is not asked."""
    return {
        name: (before.get(name), after[name])
        for name, shown in columns(entity).items()
        if name in after and not shown.same(before.get(name), after[name])
    }
