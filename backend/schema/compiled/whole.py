"""Operations whose whole answer is one read, kept as that: asked again, a statement is bound anew, and nothing else is done.

They are kept as statements are (see kept), and found out in the same way: the operation is executed, without a database, for
somebody and with ids that nobody has, up to where it would read. What it would do there is the whole of it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, ParamSpec, TypeVar

from graphql import DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode

from backend.identity.actor import Actor
from backend.schema.compiled.executor import CompilingExecutor
from backend.schema.compiled.holes import Holed
from backend.schema.compiled.kept import Kept, Made, Shelf, Unkeepable, Values, tried
from backend.schema.compiled.reads import Answer
from backend.schema.compiled.refused import Unsayable
from backend.schema.context import Context
from backend.telemetry import metrics

LONGEST = 1_000
"""Of the variables, in letters: what brings more is asked once."""

P = ParamSpec("P")
T = TypeVar("T")


class Operation(NamedTuple):
    """One operation of a valid document, of a single field, and its variables."""

    text: str
    document: DocumentNode
    name: str | None
    node: OperationDefinitionNode
    field: FieldNode
    variables: dict[str, Any] | None


class _Whole(NamedTuple):
    kept: Kept
    answer: Answer


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement that is the whole of an operation, for somebody and now."""

    made: Made
    _answer: Answer
    _response: str

    def told(self, result: Any) -> dict[str, Any] | None:
        """Returns the data for what the statement found (psycopg's result); None where that is not all there is to say."""
        try:
            found = self._answer.reading.told(self.made, result)
        except Unsayable:
            return None
        if self._answer.otherwise is not None and found.last is None:
            return None
        # A hole is filled with rows of whoever asked.
        if any(isinstance(one, Holed) for one in found.lists):
            return None
        return {self._response: self._answer.said(found)}


_shelf: Shelf[_Whole] = Shelf(metrics.WHOLES)
counted, forget = _shelf.counted, _shelf.forget


def find(operation: Operation, actor: Actor) -> Bound | None:
    """Returns an operation as one statement for an actor, where it was learned that it is that."""
    try:
        values, key = _key(operation, actor)
        known = _shelf.find(key)
    except (Unkeepable, TypeError):  # a value that is no key
        return None
    if known is None:
        return None
    field = operation.field
    return Bound(known.kept.bound(values.ids), known.answer, (field.alias or field.name).value)


def learn(schema: GraphQLSchema, operation: Operation, actor: Actor) -> None:
    """Finds out of an operation that was asked before whether it is one statement; not on a thread with an event loop."""
    try:
        values, key = _key(operation, actor)
        worth = _shelf.worth(key)
    except (Unkeepable, TypeError):
        return
    if not worth:
        return
    answers: list[Answer] = []

    def made(others: Values) -> Made:
        answers.append(_answer(schema, operation, others.actor(actor), others.variable(operation.variables)))
        return answers[-1].reading.anew()

    kept = tried(made, len(values.ids))
    _shelf.put(key, None if kept is None else _Whole(kept, answers[0]))


def _key(operation: Operation, actor: Actor) -> tuple[Values, Hashable]:
    values = Values()
    values.actor(actor)
    values.variable(operation.variables)
    if sum(len(one) for one in values.said if isinstance(one, str)) > LONGEST:
        raise Unkeepable
    return values, (operation.text, operation.name, tuple(values.said))


class _Caught(Exception):
    """What was to be run has come; nobody is told."""


class _Catch:
    """Takes what an operation would run first, and runs nothing."""

    caught: object = None

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> NoReturn:
        if self.caught is None and not args and not kwargs:
            self.caught = function
        raise _Caught


def _answer(schema: GraphQLSchema, operation: Operation, actor: Actor, variables: dict[str, Any] | None) -> Answer:
    catch = _Catch()
    executor = CompilingExecutor.build(
        schema,
        operation.document,
        context_value=Context(run=catch, caller=actor),
        raw_variable_values=variables,
        operation_name=operation.name,
    )
    if not isinstance(executor, CompilingExecutor):
        raise Unkeepable
    running = executor.execute_operation()
    try:
        running.send(None)
    except StopIteration:
        pass
    else:
        running.close()
    if not isinstance(catch.caught, Answer):
        raise Unkeepable
    return catch.caught
