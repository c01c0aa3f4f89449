"""Completes what root fields return of rows: as JSON text by one statement, or, where that may differ, by the resolvers."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from graphql import GraphQLOutputType, GraphQLResolveInfo, get_named_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path

from backend.schema.compiled.begun import TidyExecutor
from backend.schema.compiled.holes import filled
from backend.schema.compiled.reads import Answer, Read, ReadList, ReadOne, ReadPage
from backend.schema.compiled.refused import Refused, Unsayable, count
from backend.schema.compiled.shape import shape_of
from backend.schema.context import Context

_READS = (ReadPage, ReadOne, ReadList)

answered_by_reads: set[str] = set()
"""Fields of the root of queries that were answered by one statement before."""


class CompilingExecutor(TidyExecutor):
    """Executes as its parent does, but for what is still to be read."""

    def complete_object_value(self, *args: Any) -> Any:
        """Completes an object; one that is to be read is read first."""
        return self._read_first(super().complete_object_value, *args)

    def complete_list_value(self, *args: Any) -> Any:
        """Completes a list; one that is to be read is read first."""
        return self._read_first(super().complete_list_value, *args)

    def _read_first(
        self,
        complete: Callable[..., Any],
        kind: GraphQLOutputType,
        asked: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position: Any,
    ) -> Any:
        if not isinstance(result, _READS):
            return complete(kind, asked, info, path, result, position)
        return self._noted(
            self._read(kind, asked, result, lambda plain: complete(kind, asked, info, path, plain, position))
        )

    async def _read(
        self,
        kind: GraphQLOutputType,
        asked: FieldDetailsList,
        read: Read,
        complete: Callable[[Any], Any],
    ) -> Any:
        context: Context = self.context_value
        if (answer := self._compiled(context, kind, asked, read)) is not None:
            try:
                said = await filled(self, kind, asked, await context.run(answer))
            except Unsayable:
                count(get_named_type(kind).name, "a value that is written otherwise")
            else:
                answered_by_reads.add(asked[0].node.name.value)
                return said
        completed: Awaitable[Any] | Any = complete(await context.run(read.plain))
        return await completed if isawaitable(completed) else completed

    def _compiled(
        self, context: Context, kind: GraphQLOutputType, asked: FieldDetailsList, read: Read
    ) -> Answer | None:
        if context.by_resolvers:
            return None
        try:
            if self.middleware_manager and self.middleware_manager.middlewares:
                raise Refused("*", "an extension that resolves")
            return read.compiled(self.schema, shape_of(self, get_named_type(kind), asked), context.actor)
        except Refused as refused:
            count(refused.where, refused.why)
            return None
