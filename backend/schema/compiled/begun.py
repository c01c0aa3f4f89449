"""Lets go of what an operation began and never awaited.

When a field fails, graphql-core 3.3 cancels the tasks of the fields beside it. A task that is cancelled before its first step
never reaches the coroutine of the resolver that it holds, nor those that wait within it. Python then complains of a coroutine
that was never awaited, wherever its garbage is next collected."""

from collections.abc import Awaitable, Coroutine
from inspect import CORO_CREATED, getcoroutinestate, isawaitable, iscoroutine
from typing import Any, TypeVar

from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

T = TypeVar("T")


class TidyExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes as its parent does, and closes at the end of an operation the coroutines that did not begin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun: list[Coroutine[Any, Any, Any]] = []

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Executes the operation; each event of a subscription is one."""
        self._begun = []
        result = super().execute_operation(serially)
        return self._ended(result) if isawaitable(result) else result

    async def _ended(self, result: Awaitable[Any]) -> Any:
        try:
            return await result
        finally:
            for one in self._begun:
                if getcoroutinestate(one) == CORO_CREATED:
                    one.close()

    def _noted(self, value: T) -> T:
        if iscoroutine(value):
            self._begun.append(value)
        return value

    def execute_fields(self, *args: Any, **kwargs: Any) -> Any:
        """Notes what waits for several fields."""
        return self._noted(super().execute_fields(*args, **kwargs))

    def execute_field(self, *args: Any, **kwargs: Any) -> Any:
        """Notes what waits for a field."""
        return self._noted(super().execute_field(*args, **kwargs))

    def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Notes what a resolver returned to be awaited."""
        self._noted(result)
        return super().complete_awaitable_value(return_type, field_details_list, info, path, result, position_context)

    def complete_object_value(self, *args: Any) -> Any:
        """Notes what completes an object."""
        return self._noted(super().complete_object_value(*args))

    def complete_list_value(self, *args: Any) -> Any:
        """Notes what completes a list."""
        return self._noted(super().complete_list_value(*args))

    def complete_list_item_value(self, item: Any, complete_results: list[Any], *args: Any, **kwargs: Any) -> bool:
        """Notes what completes an item."""
        if waits := super().complete_list_item_value(item, complete_results, *args, **kwargs):
            self._noted(complete_results[-1])
        return waits
