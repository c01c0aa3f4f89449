"""What every operation passes before it is executed, through whichever door it came: its document is found where it was named,
priced, held against what its sender may ask, and paid for."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

import strawberry
from django.conf import settings
from graphql import DocumentNode, GraphQLError, NoSchemaIntrospectionCustomRule
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from backend.kit.errors import DomainError, NotPermitted
from backend.schema.context import Context
from backend.schema.errors import refused
from backend.schema.limits import TooMuch, prices
from backend.schema.rates import charge
from backend.schema.trusted import check_free, spelled

_ONE_ANSWER = frozenset({OperationType.QUERY, OperationType.MUTATION})


class Gate(SchemaExtension):
    """Refuses operations before validation, which is itself dear for some documents."""

    async def on_validate(self) -> AsyncIterator[None]:
        """Leaves an error where validation would leave its own."""
        operation = self.execution_context
        assert operation.graphql_document is not None
        if not settings.INTROSPECTION:
            operation.validation_rules = (*operation.validation_rules, NoSchemaIntrospectionCustomRule)
        try:
            price = prices.of(operation)
            if isinstance(context := operation.context, Context):
                _check_free(context, operation.query, operation.graphql_document)
                if not context.paid:
                    await charge(context, price)
                context.paid = False
        except (DomainError, TooMuch) as error:
            operation.pre_execution_errors = [_told(error)]
        yield


def _check_free(context: Context, query: str | None, document: DocumentNode) -> None:
    try:
        check_free(context.caller, query, document)
    except NotPermitted as error:
        # Who came with a token that is good no longer may be free to ask with the next one.
        raise context.refused or error from None


def _told(error: DomainError | TooMuch) -> GraphQLError:
    if isinstance(error, DomainError):
        return refused(error)
    extensions = {"code": "QUERY_TOO_LARGE", "retry": "NEVER", "fields": {"query": "asks for too much"}}
    return GraphQLError(str(error), extensions=extensions)


class GatedSchema(strawberry.Schema):
    """A schema whose documents may be named; errors are logged where they are coded, once."""

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Gives one answer; a subscription, which has many, is refused (`stream` answers it)."""
        try:
            query = await spelled(query, context_value)
        except DomainError as error:
            return PreExecutionError(data=None, errors=[refused(error)])
        allowed = _ONE_ANSWER if allowed_operation_types is None else _ONE_ANSWER & frozenset(allowed_operation_types)
        return await super().execute(
            query, variable_values, context_value, root_value, operation_name, allowed, operation_extensions
        )

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> StreamResult:
        """Gives answers as they come."""
        try:
            query = await spelled(query, context_value)
        except DomainError as error:
            return cast(StreamResult, _one(PreExecutionError(data=None, errors=[refused(error)])))
        return await super().stream(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            operation_extensions,
            allowed_operation_types,
        )

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing here: CodedErrors logs what was unexpected, under the id the client is given."""


async def _one(result: ExecutionResult) -> AsyncIterator[ExecutionResult]:
    yield result
