"""Documents that clients name instead of sending: `{"documentId": "sha256:…"}`, as GraphQL over HTTP has it, and Apollo's
`extensions.persistedQuery`. Over HTTP, WebSocket and event streams alike; and who may send documents of their own."""

from collections import OrderedDict
from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from backend.clients import rules
from backend.clients.queries import text_of
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Invalid, NotPermitted
from backend.schema.context import Context
from backend.schema.limits import MOST_TOKENS, Judge, TooMuch

MOST_LETTERS = 2**16
"""Of a document; comments and spaces are no tokens, and nobody needs so many."""

MOST_KEPT = 2_000
LOOKED_FOR = timedelta(seconds=20)
"""So long a process believes what it read of a document: builds are retired at once enough."""

OPEN = frozenset({"signIn", "refreshSession"})
"""What anybody may ask in words of their own: until then nobody knows who it is."""

NOT_PHONES = frozenset({"web", "desktop", "server"})
"""The platforms of devices that may do without: what says nothing, or anything else, is a phone."""


class DocumentId(str):
    """Stands where the text of a document is expected."""

    __slots__ = ()


class Trusted(str):
    """The text of a document that was named."""

    __slots__ = ()


def take_name(asked: MutableMapping[str, Any]) -> None:
    """Puts the id of the document where its text is missing, in what a client asked."""
    if asked.get("query"):
        return
    name: object = asked.get("documentId")
    extensions = asked.get("extensions")
    if name is None and isinstance(extensions, Mapping) and isinstance(extensions.get("persistedQuery"), Mapping):
        name = extensions["persistedQuery"].get("sha256Hash")
    if isinstance(name, str) and name:
        asked["query"] = DocumentId(name)


_kept: OrderedDict[str, tuple[Trusted, datetime]] = OrderedDict()


async def spelled(query: str | None, context: Any) -> str | None:
    """Returns the text that is meant; raises NotFound (DOCUMENT_UNKNOWN), Outdated (DOCUMENT_RETIRED), Invalid."""
    if not isinstance(query, DocumentId):
        # Whoever sends text has not named it, whatever class the text comes in.
        if query is not None and len(query) > MOST_LETTERS:
            raise Invalid(
                "QUERY_TOO_LARGE", f"A document has at most {MOST_LETTERS} letters.", fields={"query": "long"}
            )
        return query if query is None else str(query)
    name = query.removeprefix("sha256:").lower()
    known = _kept.get(name)
    if known is not None and known[1] > clock.now() - LOOKED_FOR:
        return known[0]
    assert isinstance(context, Context)
    text = Trusted(await context.run(_read, name))
    _kept[name] = (text, clock.now())
    _kept.move_to_end(name)
    if len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return text


def _read(name: str) -> str:
    # No id is anything else, and PostgreSQL would not take every letter.
    if len(name) != 64 or not name.isascii() or not name.isalnum():
        raise rules.unknown_document()
    return text_of(name)


def trouble(schema: GraphQLSchema, text: str) -> list[str]:
    """Returns what is wrong with a document that a build brings, each with its place; nothing when it will be answered."""
    try:
        document = parse(text, max_tokens=MOST_TOKENS)
    except GraphQLSyntaxError as error:
        return [_placed(error)]
    judge = Judge(schema, document, None)
    try:
        judge.check()
    except TooMuch as error:
        # What a variable decides is known when it is asked.
        return [] if judge.numbers else [str(error)]
    return [_placed(error) for error in validate(schema, document)]


def _placed(error: GraphQLError) -> str:
    place = ", ".join(f"line {one.line} column {one.column}" for one in error.locations or ())
    return f"{place}: {error.message}" if place else error.message


def forget() -> None:
    """Forgets what was read, as a process does that has just started."""
    _kept.clear()


def check_free(actor: Actor | None, query: str | None, document: DocumentNode) -> None:
    """Raises NotPermitted (DOCUMENT_REQUIRED) where somebody sends a document who has to name one."""
    allowed: frozenset[str] | None = settings.FREE_DOCUMENTS
    if allowed is None or isinstance(query, Trusted):
        return
    if actor is None:
        if _roots(document) <= OPEN:
            return
    elif actor.device_id is None:
        if "scripts" in allowed:
            return
    elif actor.role in allowed and actor.platform.lower() in NOT_PHONES:
        return
    raise NotPermitted(
        "DOCUMENT_REQUIRED", "Name a document of your build here; send none.", fields={"documentId": "required"}
    )


def _roots(document: DocumentNode) -> set[str]:
    chosen = [
        one
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for one in operation.selection_set.selections
    ]
    return {one.name.value if isinstance(one, FieldNode) else "..." for one in chosen}
