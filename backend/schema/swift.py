"""The swift way of a question that was asked before: one field of the root, read as text by one statement.

Who asks and what they see is asked of the database in one visit of one thread, and of all that stands around an operation only
what such a question needs is done. What is not answered here, and whatever goes wrong here, is asked again on the ordinary
way, which tells what is wrong: a query may be asked twice."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from graphql import DocumentNode, ExecutionResult, FieldNode, OperationType, get_operation_ast

from backend.identity.actor import Actor
from backend.identity.tokens import authenticate, device_said
from backend.kit import logs
from backend.kit.errors import DomainError
from backend.schema.api import schema
from backend.schema.compiled.executor import CompilingExecutor, answered_by_reads
from backend.schema.context import Context
from backend.schema.documents import documents
from backend.schema.execution import Here
from backend.schema.limits import TooMuch, prices
from backend.schema.rates import charge
from backend.schema.trusted import check_free, spelled
from backend.telemetry import metrics, tracing

MOST_SLOW = 1_000
_slow: set[tuple[str, str | None]] = set()
"""Operations that were tried and wait for what a thread has not: fields of Python's, with loaders."""


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    document: DocumentNode
    name: str | None
    variables: dict[str, Any] | None
    field: str


async def swift(context: Context, authorization: str | None, given: object) -> dict[str, Any] | None:
    """Returns the data that answers a request's JSON, in which a document's name has been taken for its text; None where the
    ordinary way is to answer. What was paid for is told in the context."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    # Scripts, whose tokens name no device, may ask for more at a time; whoever traces wants to see each step.
    if scheme.lower() != "bearer" or tracing.on() or (device := device_said(token)) is None:
        return None
    try:
        if (question := await _question(context, given)) is None:
            return None
        await _pay(context, question, device)
        began = time.perf_counter()
        found = await context.run(_asked, token, question)
    except (DomainError, TooMuch, DatabaseError, InterfaceError):
        return None
    if found is None:
        return None
    context.caller, data = found
    logs.bind(org=context.caller.org_id, user=context.caller.user_id, device=context.caller.device_id)
    metrics.OPERATIONS.add("query", question.field, "ok")
    metrics.OPERATION_SECONDS.add(time.perf_counter() - began, "query")
    return data


async def _question(context: Context, given: object) -> _Question | None:
    if not isinstance(given, dict):
        return None
    text, name, variables = given.get("query"), given.get("operationName"), given.get("variables")
    if not isinstance(text, str) or not isinstance(name, str | None) or not isinstance(variables, dict | None):
        return None
    text = await spelled(text, context)
    known = None if text is None else documents.find(text)
    operation = None if known is None else get_operation_ast(known.node, name)
    if text is None or known is None or operation is None or operation.operation is not OperationType.QUERY:
        return None
    if (text, name) in _slow:
        return None
    [only, *others] = operation.selection_set.selections
    if others or not isinstance(only, FieldNode) or only.directives or only.name.value not in answered_by_reads:
        return None
    return _Question(text, known.node, name, variables, only.name.value)


async def _pay(context: Context, question: _Question, device: UUID) -> None:
    price = prices.asked(schema._schema, question.text, question.document, question.name, question.variables)
    await charge(context, price, device=device)
    context.paid = True


def _asked(token: str, question: _Question) -> tuple[Actor, dict[str, Any]] | None:
    """Returns who asks and the answer; on a thread of the pool, without an event loop."""
    actor = authenticate(token)
    check_free(actor, question.text, question.document)
    executor = CompilingExecutor.build(
        schema._schema,
        question.document,
        context_value=Context(run=Here(), caller=actor),
        raw_variable_values=question.variables,
        operation_name=question.name,
    )
    if not isinstance(executor, CompilingExecutor):  # a list of what is wrong with the variables
        return None
    running = executor.execute_operation()
    try:
        running.send(None)
    except StopIteration as ended:
        result: ExecutionResult = ended.value
        if not result.errors and result.data is not None:
            return actor, result.data
        if all(isinstance(error.original_error, DomainError) for error in result.errors or ()):
            return None
    else:
        running.close()
    if len(_slow) >= MOST_SLOW:
        _slow.clear()
    _slow.add((question.text, question.name))
    return None
