"""Live feeds of one process: the hub, what a person may hear of, and the deal feed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import ParamSpec, TypeVar
from uuid import UUID

from backend.identity.actor import Actor
from backend.kit.threads import Threads
from backend.schema.execution import Run
from backend.sync.live import SCOPE_ENTITIES, Hub, Seen, Subscriber, read_after
from backend.territories.coverage import visible_root_kinds

P = ParamSpec("P")
T = TypeVar("T")


@cache
def _threads() -> Threads:
    # Apart from what requests wait for: a pool that is busy would make every poke late.
    return Threads("live", 2)


async def run_live(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs what live feeds ask of the database, on threads of their own."""
    return await _threads().run(function, *args, **kwargs)


@cache
def hub() -> Hub:
    """Returns this process's hub."""
    return Hub(lambda base: run_live(read_after, base))


@dataclass(slots=True)
class Scope:
    """One person's coverage while they listen, kept as it is now."""

    run: Run
    actor: Actor
    roots: set[UUID]
    subscriber: Subscriber

    async def next(self) -> tuple[list[Seen], bool]:
        """Waits for changes; returns those under roots the person sees now, and whether the coverage itself changed."""
        changes, overflow = await self.subscriber.next()
        moved = overflow or any(change.entity in SCOPE_ENTITIES for change in changes)
        before = self.roots
        if moved:
            self.roots = set(await self.run(visible_root_kinds, self.actor.user_id))
        return [change for change in changes if change.root in self.roots], overflow or self.roots != before

    async def changed(self) -> str | None:
        """Waits for a batch; returns why to pull, or None when nothing of it was the person's."""
        changes, moved = await self.next()
        if moved:
            return "scope"
        return "changes" if changes else None


@asynccontextmanager
async def watch_scope(run: Run, actor: Actor, *, only: frozenset[str] | None = None) -> AsyncIterator[Scope]:
    """Listens to changes of the actor's coverage, of some entities or of all that are synced."""
    holder: list[Scope] = []

    def wants(change: Seen) -> bool:
        if change.org_id != actor.org_id:
            return False
        if change.entity in SCOPE_ENTITIES:
            return True
        if change.entity.startswith("~") or (only is not None and change.entity not in only):
            return False
        # Before the coverage is known everything is kept; it is sifted when taken.
        return not holder or change.root in holder[0].roots

    async with hub().subscribe(wants, patient=only is None) as subscriber:
        roots = set(await run(visible_root_kinds, actor.user_id))
        holder.append(Scope(run=run, actor=actor, roots=roots, subscriber=subscriber))
        yield holder[0]
