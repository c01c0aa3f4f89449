"""One query for all rows of a kind that an operation asks for; what they are is declared in `sources`."""

from collections import defaultdict
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model
from strawberry.dataloader import DataLoader

from backend.identity.actor import Actor
from backend.schema import sources
from backend.schema.execution import Run
from backend.schema.sources import Source

M = TypeVar("M", bound=Model)


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
        self._made: dict[int, DataLoader[UUID, Any]] = {}

    def of(self, source: Source[Any]) -> "DataLoader[UUID, Any]":
        """Returns the loader of a source: of the row of each key or None, or of a list."""
        made = self._made.get(id(source))
        if made is None:
            made = self._made[id(source)] = self._many(source) if source.many else self._one(source)
        return made

    def _one(self, source: Source[M]) -> "DataLoader[UUID, M | None]":
        def fetch(ids: list[UUID]) -> list[M | None]:
            found: dict[UUID, M] = {}
            for row in source.among(self._actor, ids):
                found.setdefault(getattr(row, source.key), row)
            return [found.get(one) for one in ids]

        async def load(ids: list[UUID]) -> list[M | None]:
            return await self._run(fetch, ids)

        return DataLoader(load_fn=load)

    def _many(self, source: Source[M]) -> "DataLoader[UUID, list[M]]":
        def fetch(ids: list[UUID]) -> list[list[M]]:
            found: dict[UUID, list[M]] = defaultdict(list)
            for row in source.among(self._actor, ids):
                found[getattr(row, source.key)].append(row)
            return [found[one][: sources.CHILD_LIMIT] for one in ids]

        async def load(ids: list[UUID]) -> list[list[M]]:
            return await self._run(fetch, ids)

        return DataLoader(load_fn=load)
