"""In which order the mutations of one push are done, where what is built on comes later than what builds on it.

Numbers are the phone's order and are settled in it. A client that writes its tables one after another may number a child
before its parent: such a stretch is settled in one commit, parents first. So is a group."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from backend.sync.protocol import Mutation

N = TypeVar("N")


def needs(mutation: Mutation) -> set[UUID]:
    """Returns the ids a mutation names: of mutations it builds on, and of rows."""
    named = set(mutation.depends_on)
    if mutation.entity_id is not None:
        named.add(mutation.entity_id)
    for value in mutation.args.values():
        # Ids are 36 characters long; whatever else there is, is no id.
        if isinstance(value, str) and len(value) == 36:
            try:
                named.add(UUID(value))
            except ValueError:
                continue
    return named


def gives(mutation: Mutation) -> set[UUID]:
    """Returns the ids that are there once the mutation is done: its own, and of the row it makes."""
    made = mutation.name.endswith((".create", ".add")) and mutation.entity_id is not None
    return {mutation.id, mutation.entity_id} if made and mutation.entity_id else {mutation.id}


def stretches(mutations: Sequence[Mutation]) -> list[list[Mutation]]:
    """Cuts a push into stretches that are each settled in one commit; most are of one mutation."""
    last: dict[UUID, int] = {}
    for place, mutation in enumerate(mutations):
        for one in gives(mutation):
            last[one] = place
    found: list[list[Mutation]] = []
    end = -1
    for place, mutation in enumerate(mutations):
        if place > end:
            found.append([])
        found[-1].append(mutation)
        ahead = [last.get(one, place) for one in needs(mutation) - gives(mutation)]
        grouped = mutation.group is not None and place + 1 < len(mutations)
        if grouped and mutations[place + 1].group == mutation.group:
            ahead.append(place + 1)
        end = max([end, place, *ahead])
    return found


def nodes(stretch: Sequence[Mutation]) -> list[list[Mutation]]:
    """Returns what is done together: groups whole, all else alone; in the order in which it can be done."""
    together: list[list[Mutation]] = []
    for mutation in stretch:
        if mutation.group is not None and together and together[-1][-1].group == mutation.group:
            together[-1].append(mutation)
        else:
            together.append([mutation])
    inner = [_ordered(node, needs, gives) for node in together]
    return _ordered(
        inner,
        lambda node: set().union(*(needs(one) for one in node)),
        lambda node: set().union(*(gives(one) for one in node)),
    )


def _ordered(items: Sequence[N], wants: Callable[[N], set[UUID]], makes: Callable[[N], set[UUID]]) -> list[N]:
    """Each after what it builds on, otherwise as they came; a circle is broken where it came first."""
    waiting, done = [(one, wants(one) - makes(one), makes(one)) for one in items], list[N]()
    while waiting:
        free = 0
        for place, (_, wanted, _) in enumerate(waiting):
            if not any(wanted & made for other, (_, _, made) in enumerate(waiting) if other != place):
                free = place
                break
        done.append(waiting.pop(free)[0])
    return done
