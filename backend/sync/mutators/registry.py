"""Op name → the function that decodes it, fetches in scope, and calls one action."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from backend.identity.actor import Actor
from backend.kit.errors import Invalid
from backend.sync.protocol import Mutation


@dataclass(frozen=True, slots=True)
class Caller:
    """Who pushes, from which device."""

    actor: Actor
    device_id: UUID


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mutator did: `conflicts` maps a wire field to (mine, theirs) where another's value was kept."""

    merged: bool = False
    conflicts: dict[str, tuple[object, object]] = field(default_factory=dict)


DONE = Outcome()
Mutator = Callable[[Caller, Mutation], Outcome]
_REGISTRY: dict[str, Mutator] = {}


def mutator(name: str) -> Callable[[Mutator], Mutator]:
    """Registers a function under its wire name; a name is taken once."""

    def register(function: Mutator) -> Mutator:
        if name in _REGISTRY:
            raise RuntimeError(f"mutation {name} is registered twice")
        _REGISTRY[name] = function
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
