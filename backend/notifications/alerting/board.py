"""Who was first of a team, from when until when? Pure: what each did and when in, reigns out.

Nobody is first before the board has settled: on the first days of a period every deed would make another first. From then on
the place is taken by who is ahead of who holds it by the margin, so that two who are level do not take it from one another
with each visit. Who is level with the first is not first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Score:
    """What somebody did, or what was taken back of it (`worth` below 0)."""

    user: UUID
    at: datetime
    worth: Decimal
    fact: str


@dataclass(frozen=True, slots=True)
class Reign:
    """Somebody was first from `at`, by `fact` ("start": when the board settled), with so much; to `lost`, None while they are."""

    user: UUID
    at: datetime
    fact: str
    total: Decimal
    lost: datetime | None = None


class _Board:
    def __init__(self, margin: int) -> None:
        self._margin = margin
        self._sums: dict[UUID, Decimal] = {}
        self.reigns: list[Reign] = []

    def take(self, score: Score) -> None:
        # Who comes to a sum later stands behind who had it before.
        before = self._sums.pop(score.user, Decimal(0))
        self._sums[score.user] = before + score.worth

    def judge(self, at: datetime, fact: str) -> None:
        ahead = max(self._sums, key=self._sums.__getitem__, default=None)
        if ahead is None or self._sums[ahead] <= 0:
            return
        first = self.reigns[-1] if self.reigns else None
        if first is not None:
            holds = max(self._sums.get(first.user, Decimal(0)), Decimal(0))
            if ahead == first.user or self._sums[ahead] * 100 <= holds * (100 + self._margin):
                return
            self.reigns[-1] = replace(first, lost=at)
        self.reigns.append(Reign(ahead, at, fact, self._sums[ahead]))


def reigns(scores: Iterable[Score], *, settles: datetime, until: datetime, margin: int) -> list[Reign]:
    """Returns who was first of those who scored, one after the other, as far as `until`; `margin` in percent."""
    board, settled = _Board(margin), False
    for score in sorted(scores, key=lambda one: (one.at, one.fact)):
        if score.at > until:
            break
        if score.at >= settles and not settled:
            board.judge(settles, "start")
            settled = True
        board.take(score)
        if settled:
            board.judge(score.at, score.fact)
    if not settled and settles <= until:
        board.judge(settles, "start")
    return board.reigns
