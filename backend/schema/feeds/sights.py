"""What people who listen here see, kept as it is now: one set of roots for a person, however many sockets they have.

It says who need not be asked about at all, when to tell a phone to pull, and what somebody no longer sees, or sees for the
first time. What a person is told is decided by asking anew, each time."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from backend.identity.actor import Actor
from backend.schema.execution import Run
from backend.sync.live import SCOPE_ENTITIES, Seen
from backend.territories.coverage import seen_among, visible_root_kinds

MOST_PAIRS = 5_000


@dataclass(eq=False, slots=True)
class Sight:
    """A person's roots; `known`: they were read."""

    actor: Actor
    roots: set[UUID] = field(default_factory=set)
    known: bool = False
    holders: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """Roots that a person sees no longer, and sees now."""

    left: frozenset[UUID]
    entered: frozenset[UUID]


class Sights:
    """Those of one process."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._of: dict[UUID, Sight] = {}

    @contextmanager
    def hold(self, actor: Actor) -> Iterator[Sight]:
        """Keeps a person's sight for the block; read it before use."""
        sight = self._of.setdefault(actor.user_id, Sight(actor))
        sight.holders += 1
        try:
            yield sight
        finally:
            sight.holders -= 1
            if not sight.holders:
                del self._of[actor.user_id]

    async def read(self, sight: Sight) -> None:
        """Reads what somebody sees, unless it is known."""
        if not sight.known:
            await self._refresh(sight)

    async def read_all(self, org_id: UUID) -> None:
        """Reads anew what everybody of an org sees who listens."""
        for sight in [one for one in self._of.values() if one.actor.org_id == org_id and one.known]:
            await self._refresh(sight)

    async def moved(self, org_id: UUID, changes: Collection[Seen]) -> dict[UUID, Moved]:
        """Follows changes of scope; returns what they did to whom."""
        roots = {change.root for change in changes if change.entity in SCOPE_ENTITIES}
        if not roots:
            return {}
        kinds = {change.entity for change in changes if change.entity in SCOPE_ENTITIES and change.entity != "~scope"}
        mine = [sight for sight in self._of.values() if sight.actor.org_id == org_id and sight.known]
        wide = bool(kinds & {"territory"}) or org_id in roots
        found: dict[UUID, Moved] = {}
        single: list[Sight] = []
        for sight in mine:
            # Of a person (their territories, shares, place in the org) themselves and who leads them, or leads people at all.
            if (
                wide
                or not roots.isdisjoint({sight.actor.user_id})
                or (sight.actor.leads and self._concerns(sight, roots, kinds))
            ):
                before = sight.roots
                await self._refresh(sight)
                _note(found, sight, before - sight.roots, sight.roots - before)
            else:
                single.append(sight)
        for start in range(0, len(single), max(1, MOST_PAIRS // len(roots))):
            some = single[start : start + max(1, MOST_PAIRS // len(roots))]
            seen = await self._run(seen_among, [(sight.actor.user_id, root) for sight in some for root in roots])
            for sight in some:
                now = {root for root in roots if (sight.actor.user_id, root) in seen}
                left, entered = (roots & sight.roots) - now, now - sight.roots
                sight.roots = (sight.roots - left) | entered if left or entered else sight.roots
                _note(found, sight, left, entered)
        return found

    def _concerns(self, sight: Sight, roots: set[UUID], kinds: set[str]) -> bool:
        return "user" in kinds or not roots.isdisjoint(sight.roots)

    async def _refresh(self, sight: Sight) -> None:
        sight.roots = set(await self._run(visible_root_kinds, sight.actor.user_id))
        sight.known = True


def _note(found: dict[UUID, Moved], sight: Sight, left: set[UUID], entered: set[UUID]) -> None:
    if left or entered:
        found[sight.actor.user_id] = Moved(frozenset(left), frozenset(entered))
