"""What a feed tells: a row as it stands, that one is gone, or that the reader must read anew; and its text."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import orjson
import strawberry
from graphql import GraphQLResolveInfo, get_named_type
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FieldDetailsList,
    FragmentDetails,
    collect_subfields,
)

from backend.schema.compiled.refused import Refused
from backend.schema.compiled.shape import TYPENAME, Shape, shape_of


@strawberry.enum(
    description="Why a row is no longer yours to show: it was deleted (or taken back), it left what you see, or it no longer "
    "matches what you asked for."
)
class Gone(Enum):
    DELETED = "DELETED"
    NOT_VISIBLE = "NOT_VISIBLE"
    NOT_MATCHING = "NOT_MATCHING"


@strawberry.enum(
    description="Why to read anew what you show, and then go on with what this subscription tells: you did not read what was "
    "told (SLOW), more changed at once than is told row by row (TOO_MANY), what you see has changed (SCOPE), or the server "
    "could not read for a while (MISSED)."
)
class Resync(Enum):
    SLOW = "SLOW"
    TOO_MANY = "TOO_MANY"
    SCOPE = "SCOPE"
    MISSED = "MISSED"


@dataclass(frozen=True, slots=True)
class Told:
    """One event. `id`: of the row, None in a resync."""

    cursor: str
    id: UUID | None = None
    gone: Gone | None = None
    resync: Resync | None = None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class EventShape:
    """What a subscription asks of its events, under which name. There is one for all who ask the same."""

    response: str
    shape: Shape

    @property
    def rows(self) -> list[Shape]:
        """Returns what is asked of the row, once for each name under which it is asked for."""
        return [one.below for one in self.shape.chosen if one.below is not None]

    def payload(self, told: Told, texts: Sequence[str] | None) -> str:
        """Returns the event as the JSON of an answer; `texts`: of the row, one for each of `rows`, None when there is none."""
        said = {
            "cursor": f'"{told.cursor}"',
            "id": "null" if told.id is None else f'"{told.id}"',
            "gone": "null" if told.gone is None else f'"{told.gone.name}"',
            "resync": "null" if told.resync is None else f'"{told.resync.name}"',
            TYPENAME: f'"{self.shape.kind}"',
        }
        left = iter(texts or ())
        fields = (
            f'"{one.response}":{said[one.field] if one.below is None else next(left, "null")}'
            for one in self.shape.chosen
        )
        return f'{{"data":{{"{self.response}":{{{",".join(fields)}}}}}}}'


# By all of a shape as text: shapes are equal when only the values of arguments differ, and what is told is not.
_known: WeakValueDictionary[tuple[str, str], EventShape] = WeakValueDictionary()


class _Collector:
    """Collects fields as an executor would, from what a resolver is told."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._info = info
        self.variable_values = info.variable_values

    def collect_subfields(self, kind: object, asked: FieldDetailsList) -> CollectedFields:
        info = self._info
        return collect_subfields(
            info.schema,
            {name: FragmentDetails(node) for name, node in info.fragments.items()},
            info.variable_values,
            info.operation,
            kind,  # type: ignore[arg-type]
            asked,
        )


def asked_of(info: GraphQLResolveInfo[Any]) -> EventShape | None:
    """Returns what the subscription at hand asks of its events; None for what only resolvers can answer."""
    asked = [FieldDetails(node, None) for node in info.field_nodes]
    try:
        shape = shape_of(_Collector(info), get_named_type(info.return_type), asked)  # type: ignore[arg-type]
    except Refused:
        return None
    response = str(info.path.key)
    if (known := _known.get((response, repr(shape)))) is None:
        known = _known[response, repr(shape)] = EventShape(response, shape)
    return known


def error_payload(code: str, message: str, retry: str) -> str:
    """Returns an answer that is one coded error."""
    extensions = {"code": code, "retry": retry, "fields": {}}
    return orjson.dumps({"data": None, "errors": [{"message": message, "extensions": extensions}]}).decode()
