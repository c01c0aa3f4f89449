"""How a page is filled.

Phases: *delta* (rows touched under roots the stream holds), *resend* (rows whose columns are not those the stream was
sent), *enter* (all rows of new roots, by priority), *catchup* (what was touched while the pages were on their way). A pull
is complete only when the catch-up of its last page is exhausted in that page's own snapshot: what the device then holds
is the database at one instant. So that it comes to that also where rows are touched faster than pages are taken, pages grow
with the rounds of catching up (limits.py). Every row is read and authorised again at page time: under a held root → put, else del."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from backend.sync import changes, rows
from backend.sync.changes import START, Touched
from backend.sync.cursor import NIL, Cursor, Page
from backend.sync.models import Stream
from backend.sync.rows import Which
from backend.sync.sight import Sight
from backend.sync.tables import RANK, TABLES, SyncedTable

FETCH = 500
"""So many rows are read at once, until it is known how long they are."""


@dataclass(slots=True)
class Work:
    """The state of one page while it is made: at most `limit` operations, about `most` characters. `cut`: it ends where a
    part of what enters does. `entering`: something entered that only the next pull brings."""

    stream: Stream
    sight: Sight
    last_seq: int
    now: str
    limit: int
    most: int
    cut: bool
    parts: tuple[int, ...]
    position: Cursor
    page: Page
    lines: list[str] = field(default_factory=list)
    size: int = 0
    entering: bool = False
    marks: list[tuple[int, int]] = field(default_factory=list)
    """Behind how many operations of this page which priority is wholly delivered."""
    touched: int = 0
    """How many of this page's operations speak of rows that somebody touched."""

    @property
    def held(self) -> int | None:
        """Returns the generation that the device holds, None while it holds nothing."""
        return self.position.gen if self.position.base else None

    @property
    def room(self) -> int:
        """Returns how many operations may still be added."""
        return 0 if self.size >= self.most else max(self.limit - len(self.lines), 0)

    @property
    def batch(self) -> int:
        """Returns how many rows to read next: no more than fit, by the length of those before."""
        fitting = FETCH if not self.size else (self.most - self.size) * len(self.lines) // self.size
        return min(self.room, max(fitting, FETCH // 5))

    @property
    def ready(self) -> int | None:
        """Returns the highest priority that is wholly delivered."""
        if self.page.phase == "catchup":
            return rows.P2
        if self.page.phase == "enter" and rows.P0 < self.page.part <= rows.P2:
            return self.page.part - 1
        return None

    def add_all(self, lines: Iterable[str]) -> int:
        """Adds operations until the page is long enough; returns how many."""
        before = len(self.lines)
        for line in lines:
            if self.size >= self.most:
                break
            self.lines.append(line)
            self.size += len(line)
        return len(self.lines) - before


def fill(work: Work) -> bool:
    """Fills the page phase by phase; says whether the pull is complete."""
    if work.page.phase == "delta":
        if not send_touched(work, until=work.position.gen, more=work.page.drop):
            return False
        turn_to(work, "resend")
    if work.page.phase == "resend":
        if not send_again(work):
            return False
        turn_to(work, "enter")
    if work.page.phase == "enter":
        if any(work.page.todo) and not send_entering(work):
            return False
        turn_to(work, "catchup", base=work.page.target)
    # A row of an entity that the person may not have any more may have left its root while the pages were on their way.
    while work.page.base == work.page.target or send_touched(work, more=work.page.drop):
        if work.page.target == work.now:
            return True
        turn_to(work, "catchup", base=work.page.target)
    return False


def turn_to(work: Work, phase: str, *, base: str | None = None) -> None:
    """Begins a phase, or another round of catching up from `base` to now."""
    page = replace(_at_start(work.page), phase=phase, part=work.parts[0])
    work.page = page if base is None else replace(page, base=base, target=work.now, rounds=page.rounds + 1)


def _at_start(page: Page) -> Page:
    return replace(page, rank=START.rank, after=NIL, root=NIL)


def send_touched(work: Work, *, until: int | None = None, more: tuple[str, ...] = ()) -> bool:
    """Sends rows touched between the page's two snapshots; says whether none is left."""
    entities = [*work.sight.shape, *more]
    while True:
        room = work.batch
        # One more than fits tells whether this page ends the phase.
        some = changes.touched(
            work.page.base,
            work.page.target,
            stream=work.stream.pk,
            until=until,
            entities=entities,
            after=Touched(work.page.rank, UUID(work.page.after)),
            limit=room + 1,
        )
        fitting = some[:room]
        living = _living(work, fitting)
        sent = work.add_all(
            living.get(touch) or rows.deleted(TABLES[touch.rank].entity, str(touch.id)) for touch in fitting
        )
        work.touched += sent
        if sent:
            work.page = replace(work.page, rank=fitting[sent - 1].rank, after=str(fitting[sent - 1].id))
        if sent < len(fitting) or (some and not room):
            return False
        if len(some) == len(fitting):
            return True


def _living(work: Work, touched: list[Touched]) -> dict[Touched, str]:
    found: dict[Touched, str] = {}
    for rank in {touch.rank for touch in touched} & work.sight.tables.keys():
        ids = {str(touch.id): touch for touch in touched if touch.rank == rank}
        for row_id, line in rows.named(work.sight.tables[rank], work.stream.pk, ids).items():
            found[ids[row_id]] = line
    return found


def send_again(work: Work) -> bool:
    """Sends what the stream holds of entities whose columns changed, and takes away what it may no longer have."""
    which = Which(work.stream.pk, until=work.position.gen)
    wanted = {rank: table for rank, table in work.sight.tables.items() if table.entity in work.page.resend}
    gone = {RANK[entity]: TABLES[RANK[entity]] for entity in work.page.drop if entity in RANK}
    return _send(work, {**wanted, **gone}, which, gone=gone.keys().__contains__)


def send_entering(work: Work) -> bool:
    """Sends all rows of the roots that enter, part by part; says whether none is left.

    A page of a first sync ends where a part does, so that a phone may show what it has: no account without its rows."""
    for part in work.parts[work.parts.index(work.page.part) :]:
        if part != work.page.part:
            work.page = replace(_at_start(work.page), part=part)
            if work.cut and work.lines and any(work.page.todo[part:]):
                return False
        which = Which(work.stream.pk, after=work.held, part=part, old=work.page.old)
        if not _send(work, {rank: work.sight.tables[rank] for rank in work.page.todo[part % rows.ALL]}, which):
            return False
        work.marks.append((len(work.lines), part))
    return True


def _send(
    work: Work,
    tables: dict[int, SyncedTable],
    which: Which,
    *,
    gone: Callable[[int], bool] = lambda rank: False,
) -> bool:
    for rank in sorted(tables):
        while rank >= work.page.rank:
            room = work.batch
            after = (work.page.root, work.page.after) if rank == work.page.rank else None
            some = rows.under(tables[rank], which, after=after, limit=room + 1, gone=gone(rank))
            sent = work.add_all(_told(tables[rank], some[:room]) if gone(rank) else some[:room])
            if sent:
                root, row_id = rows.place(tables[rank], some[sent - 1])
                work.page = replace(work.page, rank=rank, root=root, after=row_id)
            if sent < min(len(some), room) or (some and not room):
                return False
            if len(some) <= room:
                break
    return True


def _told(table: SyncedTable, lines: list[str]) -> list[str]:
    return [rows.deleted(table.entity, rows.place(table, line)[1]) for line in lines]
