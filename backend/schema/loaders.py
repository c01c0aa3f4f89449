"""One query for all rows of a kind that an operation asks for; what they are is declared in `sources`."""

from asyncio import Future, shield
from collections import defaultdict
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model
from strawberry.dataloader import DataLoader

from backend.identity.actor import Actor
from backend.schema import sources
from backend.schema.execution import Run
from backend.schema.sources import Source, Wanted

M = TypeVar("M", bound=Model)
T = TypeVar("T")
NOTHING: Wanted = MappingProxyType({})


class _Loader(DataLoader[UUID, T]):
    """Loads for several who wait: that one of them is cancelled, for a field beside it failed, is nothing to the others."""

    def load(self, key: UUID) -> "Future[T]":
        """Returns what is awaited for one key."""
        return shield(super().load(key))


class _One(Generic[M]):
    """A loader of the row of each key, or of None."""

    def __init__(self, source: Source[M]) -> None:
        self._source = source

    def __get__(self, loaders: "Loaders", owner: type["Loaders"]) -> "DataLoader[UUID, M | None]":
        return loaders.of(self._source)


class _Many(Generic[M]):
    """A loader of the rows of each key, CHILD_LIMIT at the most."""

    def __init__(self, source: Source[M]) -> None:
        self._source = source

    def __get__(self, loaders: "Loaders", owner: type["Loaders"]) -> "DataLoader[UUID, list[M]]":
        return loaders.of(self._source)


class Loaders:
    """The loaders of one operation, for one caller."""

    account = _One(sources.ACCOUNT)
    user = _One(sources.USER)
    alert_version = _One(sources.ALERT_VERSION)
    work_place = _One(sources.WORK_PLACE)
    plan_stops = _Many(sources.PLAN_STOPS)
    plan_drops = _Many(sources.PLAN_DROPS)
    run_parts = _Many(sources.RUN_PARTS)
    part_plans = _Many(sources.PART_PLANS)
    part_drops = _Many(sources.PART_DROPS)

    def __init__(self, actor: Actor, run: Run) -> None:
        self._actor = actor
        self._run = run
        self._made: dict[tuple[int, tuple[tuple[str, object], ...]], DataLoader[UUID, Any]] = {}

    def of(self, source: Source[Any], wanted: Wanted = NOTHING) -> "DataLoader[UUID, Any]":
        """Returns the loader of a source, narrowed: of the row of each key or None, or of a list."""
        key = (id(source), tuple(wanted.items()))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._many(source, wanted) if source.many else self._one(source)
        return made

    def _one(self, source: Source[M]) -> "DataLoader[UUID, M | None]":
        def fetch(ids: list[UUID]) -> list[M | None]:
            found: dict[UUID, M] = {}
            for row in source.among(self._actor, ids, NOTHING):
                found.setdefault(getattr(row, source.key), row)
            return [found.get(one) for one in ids]

        async def load(ids: list[UUID]) -> list[M | None]:
            return await self._run(fetch, ids)

        return _Loader(load_fn=load)

    def _many(self, source: Source[M], wanted: Wanted) -> "DataLoader[UUID, list[M]]":
        def fetch(ids: list[UUID]) -> list[list[M]]:
            found: dict[UUID, list[M]] = defaultdict(list)
            for row in source.among(self._actor, ids, wanted):
                found[getattr(row, source.key)].append(row)
            most = wanted.get(sources.FIRST, sources.CHILD_LIMIT)
            assert isinstance(most, int)
            return [found[one][:most] for one in ids]

        async def load(ids: list[UUID]) -> list[list[M]]:
            return await self._run(fetch, ids)

        return _Loader(load_fn=load)
