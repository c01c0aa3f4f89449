"""Travel times from a road engine: in blocks, kept by pairs of cells, and an estimate as a whole when it fails."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.kit.geo import LatLng
from backend.planning.travel import trouble
from backend.planning.travel.asking import Asker, EngineFailed
from backend.planning.travel.cells import cells_of, middle
from backend.planning.travel.great_circle import GreatCircle, straight_m
from backend.planning.travel.matrix import UNREACHABLE, Matrix
from backend.planning.travel.table import NO_WAY, OFF_MAP, Block, Engine

UNKNOWN = -3
"""In a table under way: nobody has been asked about this pair yet."""

FASTEST_KMH = 250.0
FAR_ENOUGH_M = 5_000.0


class Cache(Protocol):
    """Answers of engines, kept for the next plan."""

    def read(self, cells: NDArray[np.int64]) -> Block:
        """Returns what is known of the ways between the cells, UNKNOWN elsewhere."""

    def write(self, cells: NDArray[np.int64], block: Block, fresh: NDArray[np.bool_]) -> None:
        """Keeps the pairs that `fresh` marks."""


@dataclass(frozen=True, slots=True)
class RoadTimes:
    """Asks an engine at `url`, `seconds` for a whole matrix at most; its times are multiplied with `factor`.

    When it fails, `base` answers for all places, never for some of them: a plan that mixes two kinds of times prefers
    the ways that happen to be flattered. Only what lies off the engine's map is estimated alone.
    """

    engine: Engine
    url: str
    base: GreatCircle
    seconds: float = 10.0
    factor: float = 1.0
    cache: Cache | None = None

    def matrix(self, points: Sequence[LatLng]) -> Matrix:
        """Returns the engine's times, whole seconds rounded up, or an estimate that says why the engine gave none."""
        estimate = self.base.matrix(points)
        who = f"{self.engine.name} {self.url}"
        reason = trouble.resting(who)
        if reason is None:
            try:
                cells, which = np.unique(cells_of(points), return_inverse=True)
                block = self._table(cells)
            except EngineFailed as error:
                reason = f"{self.engine.name} {error}"
                trouble.failed(who, reason)
            else:
                trouble.answered(who)
                pick = np.ix_(which, which)
                return self._matrix(Block(block.seconds[pick], block.metres[pick]), estimate)
        return replace(estimate, fell_back=reason)

    def _matrix(self, block: Block, estimate: Matrix) -> Matrix:
        off = block.seconds == OFF_MAP
        seconds = np.ceil(block.seconds * self.factor).astype(np.int64)
        seconds[block.seconds == NO_WAY] = UNREACHABLE
        seconds[off] = estimate.seconds[off]
        metres = block.metres.astype(np.int64)
        if estimate.metres is not None:
            metres[off] = estimate.metres[off]
        places = int(off.diagonal().sum())
        np.fill_diagonal(seconds, 0)
        np.fill_diagonal(metres, 0)
        return Matrix(seconds, self.engine.name, metres, profile=estimate.profile if places else "", estimated=places)

    def _table(self, cells: NDArray[np.int64]) -> Block:
        """Returns the ways between distinct cells."""
        size = (len(cells), len(cells))
        if self.cache is None:
            known = Block(np.full(size, UNKNOWN, dtype=np.int32), np.full(size, UNKNOWN, dtype=np.int32))
        else:
            known = self.cache.read(cells)
        fresh = known.seconds == UNKNOWN
        if not fresh.any():
            return known
        self._ask(cells, known, fresh)
        if self.cache is not None:
            self.cache.write(cells, known, fresh)
        return known

    def _ask(self, cells: NDArray[np.int64], known: Block, fresh: NDArray[np.bool_]) -> None:
        """Fills in what is not known yet."""
        points = [middle(cell) for cell in cells]
        ask = Asker(self.url, self.seconds)
        wanted = pieces(fresh, self.engine.most)

        def one(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Block:
            sources, targets = [points[row] for row in rows], [points[column] for column in columns]
            block = self.engine.block(ask, sources, targets)
            check_speed(block, sources, targets)
            return block

        blocks = ask.all([partial(one, rows, columns) for rows, columns in wanted])
        for (rows, columns), block in zip(wanted, blocks, strict=True):
            pick = np.ix_(rows, columns)
            # What is known already stays: the same pair must not change within one matrix.
            known.metres[pick] = np.where(fresh[pick], block.metres, known.metres[pick])
            known.seconds[pick] = np.where(fresh[pick], block.seconds, known.seconds[pick])


def pieces(wanted: NDArray[np.bool_], most: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Returns rows and columns of blocks that cover what is wanted, each with at most `most` places in all."""
    if len(wanted) <= most and wanted.all():
        everything = np.arange(len(wanted))
        return [(everything, everything)]
    # What is new comes first, so that it meets in few blocks; usually that is where the rep stands now.
    order = np.argsort(-wanted.sum(axis=1), kind="stable")
    chunks = np.array_split(order, -(-len(order) // max(1, most // 2)))
    found = []
    for rows in chunks:
        for columns in chunks:
            part = wanted[np.ix_(rows, columns)]
            if part.any():
                found.append((rows[part.any(axis=1)], columns[part.any(axis=0)]))
    return found


def check_speed(block: Block, sources: Sequence[LatLng], targets: Sequence[LatLng]) -> None:
    """Raises EngineFailed when most of the longer ways were to be flown: the unit is wrong, or the map is broken."""
    straight = straight_m([*sources, *targets])[: len(sources), len(sources) :]
    far = (straight > FAR_ENOUGH_M) & (block.seconds >= 0)
    if far.any() and np.median(straight[far] * 3.6 / np.maximum(block.seconds[far], 1)) > FASTEST_KMH:
        raise EngineFailed("answered times that no car can drive")
