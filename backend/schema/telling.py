"""What is told of each operation to who watches the server: a span, how long it took, and whether it failed.

By its first root field, for the names that clients give their operations are without bound; a span has that name as well."""

import time
from collections.abc import Iterator

from graphql import DocumentNode, FieldNode, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension

from backend.telemetry import metrics, tracing

LONGEST = 100
ODD = "other"


class Telling(SchemaExtension):
    """Watches execution alone: what is refused before it is counted by its code (errors)."""

    _field: str | None = None

    def on_operation(self) -> Iterator[None]:
        """Counts subscriptions as open until they end."""
        try:
            yield
        finally:
            if self._field is not None:
                metrics.SUBSCRIPTIONS.labels(self._field).dec()

    def on_execute(self) -> Iterator[None]:
        """Times a query or mutation; of a subscription only its beginning."""
        context = self.execution_context
        document = context.graphql_document
        assert document is not None
        kind, name, field = self._named(document, context.operation_name)
        attributes: dict[str, tracing.Value] = {}
        if tracing.on():
            attributes = {"graphql.operation.type": kind, "fieldbeat.root_field": field}
            if name:
                attributes["graphql.operation.name"] = name[:LONGEST]
        began = time.perf_counter()
        with tracing.span(f"{kind} {name or field}"[:LONGEST], attributes=attributes) as here:
            yield
            failed = bool(context.pre_execution_errors)
            if failed:
                here.failed("graphql")
        metrics.OPERATIONS.labels(kind, field, "errors" if failed else "ok").inc()
        if kind == "subscription":
            self._field = field
            metrics.SUBSCRIPTIONS.labels(field).inc()
        else:
            metrics.OPERATION_SECONDS.labels(kind).observe(time.perf_counter() - began)

    def _named(self, document: DocumentNode, name: str | None) -> tuple[str, str | None, str]:
        operation = get_operation_ast(document, name)
        assert operation is not None
        return operation.operation.value, operation.name.value if operation.name else None, _root_field(operation)


def _root_field(operation: OperationDefinitionNode) -> str:
    # It has been validated, so a name is one of the schema's.
    for chosen in operation.selection_set.selections:
        if isinstance(chosen, FieldNode):
            return chosen.name.value
    return ODD
