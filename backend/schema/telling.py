"""What stands around each operation: it begins with nothing loaded, and who watches the server is told of it.

It is told by its first root field, and by the name of its document if that is one of a registered build (trusted): other names
that clients give their operations are without bound. A span has the name, whoever gave it."""

import time
from collections.abc import Iterator

from graphql import FieldNode, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension

from backend.schema.context import Context
from backend.schema.trusted import Trusted
from backend.telemetry import metrics, tracing
from backend.telemetry.tally import OTHER

LONGEST = 100
MOST_NAMES = 500
"""So many names of documents a process tells of; those that come later are told as others."""

_names: set[str] = set()


def document_of(text: object, operation: OperationDefinitionNode) -> str:
    """Returns the name by which an operation is counted: that of a trusted document, else "other"."""
    if not isinstance(text, Trusted) or operation.name is None:
        return OTHER
    name = operation.name.value[:LONGEST]
    if name not in _names:
        if len(_names) >= MOST_NAMES:
            return OTHER
        _names.add(name)
    return name


def counted(kind: str, field: str, outcome: str, document: str, seconds: float | None) -> None:
    """Counts an operation that was executed; `seconds`: how long it took, None of a subscription."""
    metrics.OPERATIONS.add(kind, field, outcome, document)
    if seconds is not None:
        metrics.OPERATION_SECONDS.add(seconds, kind)
        metrics.DOCUMENT_SECONDS.add(document, n=seconds)


class Telling(SchemaExtension):
    """Comes first: what others do is within. What is refused before execution is counted by its code (errors)."""

    _field: str | None = None

    def on_operation(self) -> Iterator[None]:
        """Clears the loaders: a socket keeps one context for its life, and what one operation loaded must not answer the next.

        Counts a subscription as open until it ends."""
        context = self.execution_context.context
        if isinstance(context, Context):
            context.forget_loaded()
        try:
            yield
        finally:
            if self._field is not None:
                metrics.SUBSCRIPTIONS.labels(self._field).dec()

    def on_execute(self) -> Iterator[None]:
        """Times a query or mutation; of a subscription only its beginning."""
        context = self.execution_context
        document = context.graphql_document
        operation = None if document is None else get_operation_ast(document, context.operation_name)
        if operation is None:
            yield
            return
        kind, field = operation.operation.value, _root_field(operation)
        began = time.perf_counter()
        if tracing.on():
            with _span(operation, kind, field) as here:
                yield
                if context.pre_execution_errors:
                    here.failed("graphql")
        else:
            yield
        took = None if kind == "subscription" else time.perf_counter() - began
        outcome = "errors" if context.pre_execution_errors else "ok"
        counted(kind, field, outcome, document_of(context.query, operation), took)
        if took is None:
            self._field = field
            metrics.SUBSCRIPTIONS.labels(field).inc()


def _span(operation: OperationDefinitionNode, kind: str, field: str) -> tracing.Open:
    attributes: dict[str, tracing.Value] = {"graphql.operation.type": kind, "fieldbeat.root_field": field}
    name = operation.name.value[:LONGEST] if operation.name else None
    if name is not None:
        attributes["graphql.operation.name"] = name
    return tracing.span(f"{kind} {name or field}", attributes=attributes)


def _root_field(operation: OperationDefinitionNode) -> str:
    # It has been validated, so a name is one of the schema's.
    for chosen in operation.selection_set.selections:
        if isinstance(chosen, FieldNode):
            return chosen.name.value
    return "fragment"
