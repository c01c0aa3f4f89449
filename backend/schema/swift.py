"""The swift way of a question that was asked before: one field of the root, read as text by one statement.

Who asks and what they see is asked of the database at once, by a line of the event loop's own, where the whole operation is known
to be one statement (see compiled.whole) and the token was seen before; else in one visit of one thread. Of all that stands around
an operation only what such a question needs is done. What is not answered here, and whatever goes wrong here, is asked again on
the ordinary way, which tells what is wrong: a query may be asked twice."""

import time
from typing import Any

import psycopg
from django.db import DatabaseError, InterfaceError
from graphql import ExecutionResult, FieldNode, OperationType, get_operation_ast

from backend.identity import tokens
from backend.identity.actor import Actor
from backend.identity.tokens import Remembered, authenticate
from backend.kit import logs
from backend.kit.errors import DomainError
from backend.kit.lines import lines
from backend.schema.api import schema
from backend.schema.compiled import whole
from backend.schema.compiled.executor import CompilingExecutor, answered_by_reads
from backend.schema.compiled.whole import Operation
from backend.schema.context import Context
from backend.schema.documents import documents
from backend.schema.execution import Here
from backend.schema.limits import MOST_VALUES, TooMuch, most_values, prices
from backend.schema.rates import charge, payer_of, payer_with
from backend.schema.telling import counted, document_of
from backend.schema.trusted import Trusted, check_free, spelled
from backend.telemetry import tracing

MOST_SLOW = 1_000
_slow: set[tuple[str, str | None]] = set()
"""Operations that were tried and wait for what a thread has not: fields of Python's, with loaders."""


async def swift(context: Context, authorization: str | None, given: object) -> dict[str, Any] | None:
    """Returns the data that answers a request's JSON, in which a document's name has been taken for its text; None where the
    ordinary way is to answer. What was paid for is told in the context."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    # Whoever traces wants to see each step.
    if scheme.lower() != "bearer" or tracing.on():
        return None
    try:
        known = tokens.remembered(token)
        if (operation := await _operation(context, given)) is None or not await _paid(context, operation, token, known):
            return None
        began = time.perf_counter()
        found = await _by_line(operation, token, known) or await context.run(_asked, token, operation)
    except (DomainError, TooMuch, DatabaseError, InterfaceError, psycopg.Error):
        return None
    if found is None:
        return None
    documents.used()
    context.caller, data = found
    logs.bind(org=context.caller.org_id, user=context.caller.user_id, device=context.caller.device_id)
    name = document_of(operation.text, operation.node)
    counted("query", operation.field.name.value, "ok", name, time.perf_counter() - began)
    return data


async def _operation(context: Context, given: object) -> Operation | None:
    if not isinstance(given, dict):
        return None
    text, name, variables = given.get("query"), given.get("operationName"), given.get("variables")
    if not isinstance(text, str) or not isinstance(name, str | None) or not isinstance(variables, dict | None):
        return None
    text = await spelled(text, context)
    known = None if text is None else documents.find(text, count=False)
    operation = None if known is None else get_operation_ast(known.node, name)
    if text is None or known is None or operation is None or operation.operation is not OperationType.QUERY:
        return None
    if (text, name) in _slow:
        return None
    [only, *others] = operation.selection_set.selections
    if others or not isinstance(only, FieldNode) or only.directives or only.name.value not in answered_by_reads:
        return None
    return Operation(text if isinstance(text, Trusted) else known.text, known.node, name, operation, only, variables)


async def _paid(context: Context, operation: Operation, token: str, known: Remembered | None) -> bool:
    """Pays, and says whether it is known who does. What somebody was who is not the same now, is found out when they are asked."""
    if known is not None:
        most, payer = most_values(known.actor), payer_of(known.actor)
    elif (device := tokens.device_said(token)) is not None:
        most, payer = MOST_VALUES, payer_with(device)
    else:
        return False  # scripts may ask for more at a time, by their role
    price = prices.asked(schema._schema, operation.text, operation.document, operation.name, operation.variables, most)
    await charge(context, price, payer=payer)
    context.paid = True
    return True


async def _by_line(operation: Operation, token: str, known: Remembered | None) -> tuple[Actor, dict[str, Any]] | None:
    """Returns who asks and the answer, where it can be asked of a line and whoever asks is who they were."""
    if known is None or (asked := lines()) is None or (bound := whole.find(operation, known.actor)) is None:
        return None
    check_free(known.actor, operation.text, operation.document)
    try:
        caller, found = await asked.ask(tokens.question(token), (bound.made.sql, bound.made.params))
    except psycopg.Error:
        return None  # a thread finds out whether it is so
    if tokens.said(caller) != known.said:
        return None
    data = bound.told(found)
    return None if data is None else (known.actor, data)


def _asked(token: str, operation: Operation) -> tuple[Actor, dict[str, Any]] | None:
    """Returns who asks and the answer; on a thread of the pool, without an event loop."""
    actor = authenticate(token)
    check_free(actor, operation.text, operation.document)
    executor = CompilingExecutor.build(
        schema._schema,
        operation.document,
        context_value=Context(run=Here(), caller=actor),
        raw_variable_values=operation.variables,
        operation_name=operation.name,
    )
    if not isinstance(executor, CompilingExecutor):  # a list of what is wrong with the variables
        return None
    running = executor.execute_operation()
    try:
        running.send(None)
    except StopIteration as ended:
        result: ExecutionResult = ended.value
        if not result.errors and result.data is not None:
            whole.learn(schema._schema, operation, actor)
            return actor, result.data
        if all(isinstance(error.original_error, DomainError) for error in result.errors or ()):
            return None
    else:
        running.close()
    if len(_slow) >= MOST_SLOW:
        _slow.clear()
    _slow.add((operation.text, operation.name))
    return None
