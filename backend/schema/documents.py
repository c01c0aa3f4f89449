"""Documents asked before are neither parsed nor validated again: of a small question that is most of the work.

Only what was found valid is kept, under its text and the rules that it was held against; the schema of a process never
changes. What depends on who asks, or on variables, is no part of it."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

from backend.telemetry import metrics

MOST_LETTERS = 2**18
"""Of all documents kept; parsed, a letter takes about 100 bytes."""

LONGEST = 2**14

Rules = tuple[type[Any], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document, parsed, and the rules that it was found valid by."""

    text: str
    node: DocumentNode
    rules: Rules


class Documents:
    """The documents asked last, so many that their texts have `most` letters together."""

    def __init__(self, most: int = MOST_LETTERS) -> None:
        self._most, self._letters = most, 0
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._lock = Lock()
        self._counted: Counter[str] = Counter(hits=0, misses=0)

    def find(self, text: str, *, count: bool = True) -> Document | None:
        """Returns the document with this text, if it was kept; counts. `count`: False where it may be looked for again."""
        with self._lock:
            found = self._kept.get(text)
            if found is not None:
                self._kept.move_to_end(text)
        if count:
            self.used("misses" if found is None else "hits")
        return found

    def used(self, what: str = "hits") -> None:
        """Counts a document that was found without being counted."""
        with self._lock:
            self._counted[what] += 1
        metrics.DOCUMENTS.add("hit" if what == "hits" else "miss")

    def keep(self, text: str, document: Document) -> None:
        """Keeps a document that is valid, in place of those not asked for longest."""
        if len(text) > LONGEST:
            return
        with self._lock:
            if text not in self._kept:
                self._letters += len(text)
            self._kept[text] = document
            while self._letters > self._most:
                gone, _ = self._kept.popitem(last=False)
                self._letters -= len(gone)

    def forget(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._kept.clear()
            self._letters = 0

    def counted(self) -> dict[str, int]:
        """Returns how often a document was found (hits) and not found (misses) in this process, and how many are kept."""
        with self._lock:
            return {**self._counted, "kept": len(self._kept)}


documents = Documents()


class KnownDocuments(SchemaExtension):
    """Takes documents asked before as they were parsed and validated then. Comes last: rules of others are added first."""

    _known: Document | None = None

    def on_parse(self) -> Iterator[None]:
        """Spares the parsing."""
        context = self.execution_context
        if context.graphql_document is None and context.query:
            self._known = documents.find(context.query)
            if self._known is not None:
                context.graphql_document = self._known.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Spares the validation where it was by the same rules; keeps what is found valid."""
        context = self.execution_context
        rules = context.validation_rules
        if self._known is not None and self._known.rules == rules:
            context.validation_rules = ()
            yield
            return
        yield
        if rules and context.query and context.graphql_document is not None and not context.pre_execution_errors:
            documents.keep(context.query, Document(context.query, context.graphql_document, rules))
