"""One consistent page for one device.

1. The device is locked; snapshot, scope and rows of a page come from one REPEATABLE READ transaction.
2. First page: the device's generation is compared with what its user sees now; what leaves is evicted, what enters is
   opened under a new generation. Nothing is forgotten until the device shows a later cursor, so a lost reply replays.
   A page that evicts opens a generation too: were its reply lost, an older page could not be asked for without it.
3. Phases: *delta* (rows touched under roots it holds), *enter* (all rows of new roots), *catchup* (what was touched while
   the pages were on their way). A pull is complete only when the catch-up of its last page is exhausted in that page's own
   snapshot: what the device then holds is the database at one instant.
4. Every row is read and authorised again at page time: seen and held → put, else del."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Busy
from backend.sync import changes, scope
from backend.sync import epoch as epochs
from backend.sync.changes import START, Touched
from backend.sync.cursor import BadCursor, Bearer, Cursor, Page, seal, unseal
from backend.sync.models import DeviceState, Stream
from backend.sync.protocol import PAGE_LIMIT, EvictReason, Op, PullPage, ResetReason
from backend.sync.tables import TABLES
from backend.territories.coverage import visible_root_kinds

SERIALIZATION_TRIES = 5
MAIN = "main"
"""The stream of our own phones."""


@dataclass(slots=True)
class _Pull:
    """The state of one page while it is made."""

    stream: Stream
    last_seq: int
    visible: set[UUID]
    now: str
    limit: int
    position: Cursor
    page: Page
    ops: list[Op] = field(default_factory=list)

    @property
    def room(self) -> int:
        return self.limit - len(self.ops)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page, and on the first page of a first sync how many rows will come."""

    page: PullPage
    counts: dict[str, int] | None = None


def pull(*, actor: Actor, device_id: UUID, protocol: int, cursor: str | None, limit: int = PAGE_LIMIT) -> Pulled:
    """Returns the next page for the device (see PullPage). Two pulls of one device wait for one another."""
    bearer = Bearer(org_id=actor.org_id, user_id=actor.user_id, device_id=device_id, protocol=protocol)
    DeviceState.objects.get_or_create(device_id=device_id)
    Stream.objects.get_or_create(device_id=device_id, name=MAIN)
    for _ in range(SERIALIZATION_TRIES):
        try:
            with transaction.atomic():
                if not connection.savepoint_ids:
                    with connection.cursor() as sql:
                        sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                return _page(bearer, cursor, max(1, min(limit, PAGE_LIMIT)))
        except OperationalError as error:
            # Another pull or push of this device committed after our snapshot: look again from a new one.
            if getattr(error.__cause__, "sqlstate", None) != "40001":
                raise
    raise Busy("BUSY", "This device is syncing elsewhere at the same time; try again.")


def _page(bearer: Bearer, text: str | None, limit: int) -> Pulled:
    stream = Stream.objects.select_for_update().get(device_id=bearer.device_id, name=MAIN)
    last_seq = DeviceState.objects.values_list("last_seq", flat=True).get(pk=bearer.device_id)
    epoch = epochs.current()
    position = Cursor(epoch=epoch, gen=stream.last_gen, base="")
    if text is None:
        # A generation of its own: a cursor from before knows of roots that are forgotten now, and must not fit.
        position = replace(position, gen=scope.begin(stream))
        scope.forget(stream, position.gen)
    else:
        try:
            position = unseal(text, bearer, secret=settings.SECRET_KEY)
        except BadCursor:
            return _reset(last_seq, epoch, ResetReason.CURSOR_INVALID)
        if refusal := _refusal(stream, epoch, position):
            return _reset(last_seq, epoch, refusal)
    visible = set(visible_root_kinds(bearer.user_id))
    now = changes.snapshot()
    counts = None
    if position.page is None:
        work = _first(stream, last_seq, position, visible, now, limit)
        if text is None:
            counts = changes.count_under(scope.held(stream))
    else:
        work = _Pull(stream, last_seq, visible, now, limit, position, position.page)
        _evict_lost(work)
    complete = _fill(work)
    stream.last_pull_at = clock.now()
    stream.save()
    next_cursor = (
        Cursor(epoch=epoch, gen=work.page.next_gen, base=now) if complete else replace(position, page=work.page)
    )
    # In one page scope and rows are of one instant: nothing can have entered since.
    more = complete and position.page is not None and bool(visible - scope.held(stream))
    page = PullPage(
        ops=work.ops,
        cursor=seal(next_cursor, bearer, secret=settings.SECRET_KEY),
        complete=complete,
        more=more,
        # What was pushed meanwhile may stand under a root that only the next pull brings.
        last_seq=work.page.seq if more else last_seq,
        epoch=epoch,
        server_time=clock.now(),
    )
    return Pulled(page=page, counts=counts)


def _refusal(stream: Stream, epoch: str, position: Cursor) -> ResetReason | None:
    newest = position.page.target if position.page else position.base
    if position.epoch != epoch or (newest and changes.from_the_future(newest)):
        return ResetReason.EPOCH_CHANGED
    if not stream.acked_gen <= position.gen <= stream.last_gen:
        return ResetReason.CURSOR_REWOUND
    if position.page and (position.page.next_gen != stream.last_gen or stream.acked_gen != position.gen):
        return ResetReason.PAGES_SUPERSEDED
    return None


def _reset(last_seq: int, epoch: str, reason: ResetReason) -> Pulled:
    return Pulled(
        PullPage(
            ops=[],
            cursor=None,
            complete=False,
            more=True,
            last_seq=last_seq,
            epoch=epoch,
            server_time=clock.now(),
            reset=reason,
        )
    )


def _first(stream: Stream, last_seq: int, position: Cursor, visible: set[UUID], now: str, limit: int) -> _Pull:
    scope.confirm(stream, position.gen)
    diff = scope.compare(stream, position.gen, visible)
    next_gen = stream.last_gen
    if not diff.empty or next_gen != position.gen:
        next_gen = scope.begin(stream)
        scope.apply(stream, diff, next_gen)
    phase = "delta" if position.base else "enter"
    page = Page(
        next_gen=next_gen,
        phase=phase,
        base=position.base,
        target=now,
        rank=START.rank,
        after=str(START.id),
        seq=last_seq,
    )
    work = _Pull(stream, last_seq, visible, now, limit, position, page)
    work.ops += [_evict(root, EvictReason.SCOPE) for root in diff.leave]
    work.ops += [_evict(root, EvictReason.REFRESH) for root in diff.doubtful]
    return work


def _evict_lost(work: _Pull) -> None:
    """Roots that left the person's coverage between two pages go at once, and stay uncertain until confirmed."""
    lost = scope.held(work.stream) - work.visible
    if not lost:
        return
    work.page = replace(work.page, next_gen=scope.begin(work.stream))
    scope.remove(work.stream, lost, work.page.next_gen)
    work.ops += [_evict(root, EvictReason.SCOPE) for root in sorted(lost)]


def _fill(work: _Pull) -> bool:
    """Fills the page phase by phase; says whether the pull is complete."""
    if work.page.phase == "delta":
        if not _send_touched(work, scope.held(work.stream, until=work.position.gen)):
            return False
        _turn_to(work, "enter")
    if work.page.phase == "enter":
        if work.page.next_gen != work.position.gen and not _send_entering(work):
            return False
        _turn_to(work, "catchup", base=work.page.target)
    while work.page.base == work.page.target or _send_touched(work, scope.held(work.stream)):
        if work.page.target == work.now:
            return True
        _turn_to(work, "catchup", base=work.page.target)
    return False


def _turn_to(work: _Pull, phase: str, *, base: str | None = None) -> None:
    page = replace(work.page, phase=phase, rank=START.rank, after=str(START.id))
    work.page = page if base is None else replace(page, base=base, target=work.now)


def _send_touched(work: _Pull, roots: Collection[UUID]) -> bool:
    """Sends rows touched between the page's two snapshots; says whether none is left."""
    after = Touched(rank=work.page.rank, id=UUID(work.page.after))
    # One more than fits tells whether this page ends the phase.
    some = changes.touched(work.page.base, work.page.target, roots, after=after, limit=max(work.room, 0) + 1)
    fitting = some[: max(work.room, 0)]
    found = changes.rows(fitting)
    keeps = scope.held(work.stream) & work.visible if found else set()
    for touch in fitting:
        one = found.get(touch)
        if one is not None and one.root in keeps:
            work.ops.append(_put(one))
        else:
            work.ops.append({"op": "del", "entity": TABLES[touch.rank].entity, "id": str(touch.id)})
    if len(some) == len(fitting):
        return True
    if fitting:
        work.page = replace(work.page, rank=fitting[-1].rank, after=str(fitting[-1].id))
    return False


def _send_entering(work: _Pull) -> bool:
    """Sends all rows of the roots that enter; says whether none is left."""
    entering = scope.held(work.stream, after=work.position.gen)
    after = Touched(rank=work.page.rank, id=UUID(work.page.after))
    room = max(work.room, 0)
    some = list(changes.rows_under(entering, after=after, limit=room + 1))
    for rank, one in some[:room]:
        work.ops.append(_put(one))
        work.page = replace(work.page, rank=rank, after=str(one.id))
    return len(some) <= room


def _put(one: changes.Found) -> Op:
    return {"op": "put", "entity": one.entity, "id": str(one.id), "root": str(one.root), "row": one.row}


def _evict(root: UUID, reason: EvictReason) -> Op:
    return {"op": "evict", "root": str(root), "reason": str(reason)}
