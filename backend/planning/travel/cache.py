"""Answers of a road engine, kept in the database by pairs of cells: one row for each cell that ways begin at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
from django.conf import settings
from django.db.models import QuerySet
from numpy.typing import NDArray

from backend.kit import clock
from backend.planning.travel.models import TravelCell
from backend.planning.travel.road_times import UNKNOWN
from backend.planning.travel.table import Block

MOST_TARGETS = 2_000
"""How many ways are kept from one cell, the newest ones: where a rep stood once at noon is not asked about again."""

CELL, FIGURE = np.dtype("<i8"), np.dtype("<i4")
ROWS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class CellCache:
    """The answers of the engine called `engine` that are younger than `days`."""

    engine: str
    days: int

    def read(self, cells: NDArray[np.int64]) -> Block:
        """Returns what is known of the ways between the cells (sorted, distinct), UNKNOWN elsewhere; one query."""
        size = (len(cells), len(cells))
        block = Block(np.full(size, UNKNOWN, dtype=FIGURE), np.full(size, UNKNOWN, dtype=FIGURE))
        for row in self._rows(cells).iterator():
            targets = np.frombuffer(row.targets, dtype=CELL)
            place = np.minimum(np.searchsorted(cells, targets), len(cells) - 1)
            asked = cells[place] == targets
            source = int(np.searchsorted(cells, row.cell))
            block.seconds[source, place[asked]] = np.frombuffer(row.seconds, dtype=FIGURE)[asked]
            block.metres[source, place[asked]] = np.frombuffer(row.metres, dtype=FIGURE)[asked]
        return block

    def write(self, cells: NDArray[np.int64], block: Block, fresh: NDArray[np.bool_]) -> None:
        """Keeps the pairs that `fresh` marks. Of two who write the same row at once one may lose: it is asked again."""
        sources = np.flatnonzero(fresh.any(axis=1))
        kept = {row.cell: row for row in self._rows(cells[sources])}
        rows = [
            self._merged(kept.get(int(cells[source])), int(cells[source]), cells, block, source, fresh[source])
            for source in sources
        ]
        # In one order, because two who write the same rows in different orders wait for each other for ever.
        TravelCell.objects.bulk_create(
            rows,
            batch_size=ROWS_AT_ONCE,
            update_conflicts=True,
            unique_fields=["engine", "cell"],
            update_fields=["targets", "seconds", "metres", "asked_at"],
        )

    def _rows(self, cells: Iterable[np.int64]) -> QuerySet[TravelCell]:
        return TravelCell.objects.filter(
            engine=self.engine, cell__in=[int(cell) for cell in cells], asked_at__gte=_oldest(self.days)
        )

    def _merged(
        self,
        kept: TravelCell | None,
        cell: int,
        cells: NDArray[np.int64],
        block: Block,
        source: np.intp,
        fresh: NDArray[np.bool_],
    ) -> TravelCell:
        mine = fresh.copy()
        mine[source] = True  # whether the place itself is on the map must outlive all else in its row
        targets, seconds, metres = cells[mine], block.seconds[source, mine], block.metres[source, mine]
        if kept is not None:
            before = np.frombuffer(kept.targets, dtype=CELL)
            still = ~np.isin(before, targets)
            targets = np.concatenate([before[still], targets])[-MOST_TARGETS:]
            seconds = np.concatenate([np.frombuffer(kept.seconds, dtype=FIGURE)[still], seconds])[-MOST_TARGETS:]
            metres = np.concatenate([np.frombuffer(kept.metres, dtype=FIGURE)[still], metres])[-MOST_TARGETS:]
        return TravelCell(
            engine=self.engine,
            cell=cell,
            targets=targets.astype(CELL).tobytes(),
            seconds=seconds.astype(FIGURE).tobytes(),
            metres=metres.astype(FIGURE).tobytes(),
            asked_at=clock.now() if kept is None else kept.asked_at,
        )


def engine_key(name: str, url: str) -> str:
    """Returns what an engine's answers are kept under; its address may hold a key, so it is hashed."""
    return f"{name}-{sha256(url.encode()).hexdigest()[:24]}"


def forget_old() -> int:
    """Deletes what is too old to be used, and returns how many rows; the worker does it."""
    return TravelCell.objects.filter(asked_at__lt=_oldest(settings.ROUTING_CACHE_DAYS)).delete()[0]


def forget_all() -> int:
    """Deletes every kept answer, as after a new map; returns how many rows."""
    return TravelCell.objects.all().delete()[0]


def _oldest(days: int) -> datetime:
    return clock.now() - timedelta(days=days)
