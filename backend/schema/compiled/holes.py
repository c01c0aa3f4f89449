"""What SQL cannot say of a row is said by its resolver: the text has a hole there, which is filled once the text is read.

A hole is byte 1, `h`, the names of the answer that lead to it (with dots), a colon, the row's primary key, byte 2. It is filled
by the executor as any field is, with the row as its source. Where that fails nothing of it is kept, and the whole read is
left to the resolvers, so that errors, their paths, and nulls on their way up are theirs."""

import asyncio
import copy
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, TypeAlias

import orjson
from django.db.models import Model, QuerySet
from graphql import GraphQLError, GraphQLObjectType, GraphQLOutputType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path

from backend.schema.compiled.refused import Unsayable, count
from backend.schema.compiled.shape import Executor, definition
from backend.schema.context import Context
from backend.schema.sources import Source
from backend.schema.types.edges import EdgeField


@dataclass(frozen=True, slots=True)
class Holed:
    """A text with holes, and the rows that its root is of."""

    text: bytes
    rows: QuerySet[Any]


_START = b"\x01h"
_HOLE = re.compile(rb"\x01h([^:]*):([^\x02]*)\x02")
_Key: TypeAlias = tuple[str, str]


def mark(path: tuple[str, ...], key: str) -> str:
    """Returns SQL for a hole at a path in the row with that key (SQL, too)."""
    return f"'{_START.decode()}{'.'.join(path)}:' || {key} || '\x02'"


def part(text: bytes, rows: Callable[[], QuerySet[Any]]) -> "orjson.Fragment | Holed":
    """Returns a text as a part of the answer, or as one whose holes are to be filled first."""
    # One letter is found ten times as fast as two, in texts that mostly have neither.
    return Holed(text, rows()) if _START[:1] in text and _START in text else orjson.Fragment(text)


async def filled(executor: Executor, kind: GraphQLOutputType, asked: FieldDetailsList, said: Any) -> Any:
    """Returns what a read said with all its holes filled; raises Unsayable where the resolvers would have errors to tell."""
    if isinstance(said, Holed):
        return await _Filler(executor, said, kind, asked).filled()
    if isinstance(said, dict):
        return {name: await filled(executor, kind, asked, one) for name, one in said.items()}
    return said


@dataclass(frozen=True, slots=True)
class _Place:
    """A field of a type, what is asked of it, and of which source the rows are (None: of the root's)."""

    parent: GraphQLObjectType
    asked: FieldDetailsList
    path: Path
    source: Source[Any] | None

    @property
    def name(self) -> str:
        return f"{self.parent.name}.{self.asked[0].node.name.value}"


class _Filler:
    def __init__(self, executor: Executor, said: Holed, kind: GraphQLOutputType, asked: FieldDetailsList) -> None:
        self._said, self._kind, self._asked = said, kind, asked
        # As executors make those of their parts: what goes wrong is kept apart.
        self._executor = copy.copy(executor)
        self._executor.collected_errors = CollectedErrors()
        self._context: Context = executor.context_value

    async def filled(self) -> orjson.Fragment:
        keys: dict[_Key, None] = {(path.decode(), key.decode()): None for path, key in _HOLE.findall(self._said.text)}
        places = {path: self._place(path) for path in {path for path, _ in keys}}
        rows = await self._context.run(self._rows, keys, places)
        begun = [self._field(places[one[0]], rows[one]) for one in keys]
        # All of them at once, so that what they load is loaded together; and all to their end, so that nothing is left.
        ended = iter(await asyncio.gather(*filter(isawaitable, begun), return_exceptions=True))
        values = [next(ended) if isawaitable(one) else one for one in begun]
        if self._executor.collected_errors.errors or any(isinstance(one, BaseException) for one in values):
            raise Unsayable
        texts = {one: _text(value) for one, value in zip(keys, values, strict=True)}
        for place in places.values():
            count(place.name, "its resolver")
        return orjson.Fragment(_HOLE.sub(lambda hole: texts[hole[1].decode(), hole[2].decode()], self._said.text))

    def _place(self, path: str) -> _Place:
        kind, asked, source, at = self._kind, self._asked, None, None
        found: _Place | None = None
        for name in path.split("."):
            parent = get_named_type(kind)
            assert isinstance(parent, GraphQLObjectType)
            asked = self._executor.collect_subfields(parent, asked).grouped_field_set[name]
            field = parent.fields[asked[0].node.name.value]
            at = Path(at, name, parent.name)
            found = _Place(parent, asked, at, source)
            declared, kind = definition(field), field.type
            if isinstance(declared, EdgeField):
                source = declared.source
        assert found is not None
        return found

    def _rows(self, keys: Iterable[_Key], places: dict[str, _Place]) -> dict[_Key, Model]:
        """Reads the rows of all holes, those of one source together."""
        wanted: dict[int, list[_Key]] = defaultdict(list)
        sources: dict[int, Source[Any] | None] = {}
        for one in keys:
            source = places[one[0]].source
            sources[id(source)] = source
            wanted[id(source)].append(one)
        rows: dict[_Key, Model] = {}
        for number, ones in wanted.items():
            among = self._base(sources[number]).filter(pk__in={key for _, key in ones})
            found = {str(row.pk): row for row in among}
            for one in ones:
                if one[1] not in found:  # gone since the statement
                    raise Unsayable
                rows[one] = found[one[1]]
        return rows

    def _base(self, source: Source[Any] | None) -> QuerySet[Any]:
        """Returns rows to find those of a hole among. That the asker sees them is what the statement said."""
        if source is not None:
            return source.rows(self._context.actor)
        rows: QuerySet[Any] = self._said.rows._chain()  # type: ignore[attr-defined]
        rows.query.clear_limits()
        rows.query.clear_ordering(force=True)
        return rows

    def _field(self, place: _Place, row: Model) -> Any:
        try:
            return self._executor.execute_field(place.parent, row, place.asked, place.path, None)
        except GraphQLError as error:  # the resolvers, who are asked then, tell it
            return error


def _text(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise Unsayable from error
