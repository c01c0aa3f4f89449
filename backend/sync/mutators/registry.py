"""Op name → the function that decodes it, fetches in scope, and calls one action."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from backend.identity.actor import Actor
from backend.kit.errors import DomainError, Invalid
from backend.sync.conflicts import Clash
from backend.sync.models import SyncIssue
from backend.sync.protocol import CURRENT, Mutation
from backend.sync.view import View, view_for


@dataclass(frozen=True, slots=True)
class Caller:
    """Who pushes, from which device, in which version.

    Settling an issue runs a mutation once more: it stays its author's (`actor`), is done by whoever settles it (`by`, who
    may see rows that the author no longer sees), and with `insist` mine is written whatever stands, of the fields named
    (None: all)."""

    actor: Actor
    device_id: UUID
    protocol: int = CURRENT
    by: Actor | None = None
    insist: bool = False
    fields: frozenset[str] | None = None

    @property
    def view(self) -> View:
        """Returns what this caller's version and role are shown."""
        return view_for(self.protocol, self.actor.role)

    @property
    def reader(self) -> Actor:
        """Returns the person whose coverage is asked."""
        return self.by or self.actor


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mutator did. `merged`: something was written. `clashes`: wire field → what both sides set; the server's
    stands. `yielded`: fields where it stands by declaration. `objection`: why what was sent is kept as evidence beside
    what stands. `code`: of the clashes."""

    merged: bool = False
    clashes: Mapping[str, Clash] = field(default_factory=dict)
    yielded: frozenset[str] = frozenset()
    objection: DomainError | None = None
    code: str = "FIELD_CONFLICT"
    undone: bool = False
    """With its group, what did not clash was not done either."""
    settled: SyncIssue | None = None
    """The issue that this mutation was about, where it is still open: no second one is made of it."""


DONE = Outcome()
Mutator = Callable[[Caller, Mutation], Outcome]
_REGISTRY: dict[str, Mutator] = {}
EVIDENCE: set[str] = set()
"""Mutations that tell what happened: kept even where what they build on was refused."""


def mutator(name: str, *, evidence: bool = False) -> Callable[[Mutator], Mutator]:
    """Registers a function under its wire name; a name is taken once."""

    def register(function: Mutator) -> Mutator:
        if name in _REGISTRY:
            raise RuntimeError(f"mutation {name} is registered twice")
        _REGISTRY[name] = function
        if evidence:
            EVIDENCE.add(name)
        return function

    return register


def find(name: str) -> Mutator:
    """Returns the mutator; raises Invalid for a name the wire does not have."""
    found = _REGISTRY.get(name)
    if found is None:
        raise Invalid("UNKNOWN_MUTATION", f"There is no mutation named {name[:60]!r}.", fields={"name": "unknown"})
    return found


def names() -> list[str]:
    """Returns every name of the wire, sorted."""
    return sorted(_REGISTRY)
