"""One consistent page for one stream of a device.

1. The stream is locked; snapshot, role, scope and rows of a page come from one REPEATABLE READ transaction.
2. First page: the stream's generation is compared with what its user sees now; what leaves is evicted, what enters is
   sent whole. Nothing is forgotten until the device shows a later cursor, so a lost reply replays. A new generation is
   opened only where what is seen is not what the newest one says: a request that arrives twice gets two answers of one
   generation, and either may be gone on with. Beginning with nothing is no exception: what others were told stays known.
   A page that evicts opens a generation too: were its reply lost, an older page could not be asked for without it.
3. The page is filled (phases.py) and its end sealed into the next cursor."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Busy
from backend.sync import changes, limits, retention, rows, scope, versions
from backend.sync import epoch as epochs
from backend.sync.changes import START
from backend.sync.cursor import MAIN, NIL, BadCursor, Bearer, Cursor, Page, seal, unseal_of_any
from backend.sync.models import DeviceState, Stream
from backend.sync.phases import Work, fill
from backend.sync.protocol import PAGE_LIMIT, EvictReason, PullPage, ResetReason
from backend.sync.rows import Which
from backend.sync.sight import Sight, sight_of
from backend.sync.tables import TABLES

SERIALIZATION_TRIES = 5
HISTORY = timedelta(days=30)
FIRST_WITH_PARTS = 2
"""The first protocol whose phones take rows by priority; older ones want parents before children, whatever comes first."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page, and on the first page of a first sync how many rows will come, by entity and by priority."""

    page: PullPage
    counts: dict[str, int] | None = None
    counts_by_priority: list[int] | None = None
    warnings: list[str] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    """Behind how many operations of the page which priority is wholly delivered."""


def pull(
    *,
    actor: Actor,
    device_id: UUID,
    protocol: int,
    cursor: str | None,
    limit: int = PAGE_LIMIT,
    stream: str = MAIN,
    entities: Collection[str] | None = None,
    most: int = PAGE_LIMIT,
    size: int | None = None,
) -> Pulled:
    """Returns the next page of a stream (see PullPage), with at most `limit` rows, and `most` whatever was asked for, and of
    about `size` characters.

    `entities`: all that the stream is about, None for everything. Two pulls of one stream wait for one another. Raises
    SCOPE_TOO_LARGE."""
    bearer = Bearer(actor.org_id, actor.user_id, device_id, protocol, stream)
    for _ in range(SERIALIZATION_TRIES):
        try:
            with transaction.atomic():
                if not connection.savepoint_ids:
                    with connection.cursor() as sql:
                        sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                return _page(bearer, entities, cursor, max(1, min(limit, most)), size)
        except OperationalError as error:
            # Another pull of this stream committed after our snapshot: look again from a new one.
            if getattr(error.__cause__, "sqlstate", None) != "40001":
                raise
    raise Busy("BUSY", "This device is syncing elsewhere at the same time; try again.")


def _locked(bearer: Bearer) -> tuple[Stream, int]:
    """Returns the stream, which is this transaction's alone, and the number of the device's last mutation."""
    streams = Stream.objects.select_for_update().filter(device_id=bearer.device_id, name=bearer.stream)
    if (stream := streams.first()) is None:
        # Two that begin at once: the second waits for the first here, and looks again.
        DeviceState.objects.bulk_create([DeviceState(device_id=bearer.device_id)], ignore_conflicts=True)
        Stream.objects.bulk_create([Stream(device_id=bearer.device_id, name=bearer.stream)], ignore_conflicts=True)
        stream = streams.get()
    return stream, DeviceState.objects.values_list("last_seq", flat=True).get(pk=bearer.device_id)


def _page(bearer: Bearer, entities: Collection[str] | None, text: str | None, limit: int, size: int | None) -> Pulled:
    stream, last_seq = _locked(bearer)
    sight = sight_of(bearer.user_id, bearer.protocol, entities)
    epoch = epochs.current()
    position = Cursor(epoch=epoch, gen=stream.acked_gen, base="")
    if text is None:
        if stream.forgotten_at is not None:
            # A generation of its own: a cursor from before knows of roots that are forgotten now, and must not fit.
            position = replace(position, gen=scope.begin(stream))
            stream.forgotten_at = None
    else:
        try:
            known = (one.number for one in versions.HISTORY)
            position = unseal_of_any(text, bearer, known, secret=settings.SECRET_KEY)
        except BadCursor:
            return _reset(last_seq, epoch, ResetReason.CURSOR_INVALID)
        if refusal := _refusal(stream, sight, epoch, position):
            return _reset(last_seq, epoch, refusal)
    longer = limits.times_longer(position.page.rounds if position.page else 0)
    work = Work(
        stream=stream,
        sight=sight,
        last_seq=last_seq,
        now=changes.snapshot(),
        limit=limit * longer,
        most=(size or limits.PAGE_BYTES) * longer,
        # A stream of lines says in its middle what is whole.
        cut=not position.base and size is None,
        parts=(rows.ALL,) if bearer.protocol < FIRST_WITH_PARTS else (rows.P0, rows.P1, rows.P2),
        position=position,
        page=position.page or Page(0, "", "", "", START.rank, NIL, last_seq),
    )
    counted: dict[int, list[int]] = {}
    if position.page is None:
        counted = _first(work, bearer.user_id)
    else:
        _evict_lost(work, bearer.user_id)
    complete = fill(work)
    return _sealed(work, bearer, complete, counted if text is None else None)


def _sealed(work: Work, bearer: Bearer, complete: bool, counted: dict[int, list[int]] | None) -> Pulled:
    work.stream.last_pull_at = clock.now()
    work.stream.save()
    cursor = replace(work.position, page=work.page, rows=(work.position.rows or 0) + work.touched)
    if complete:
        cursor = replace(cursor, gen=work.page.next_gen, base=work.now, page=None, shape=work.page.shape)
    more = complete and work.entering
    page = PullPage(
        lines=work.lines,
        cursor=seal(cursor, bearer, secret=settings.SECRET_KEY),
        complete=complete,
        more=more,
        # What was pushed meanwhile may stand under a root that only the next pull brings.
        last_seq=work.page.seq if more else work.last_seq,
        epoch=work.position.epoch,
        server_time=clock.now(),
        ready=work.ready,
    )
    warnings = versions.warnings(bearer.protocol, clock.now().date())
    if counted is None:
        return Pulled(page, warnings=warnings, marks=work.marks)
    counts = {TABLES[rank].entity: sum(numbers) for rank, numbers in counted.items()}
    if sum(counts.values()) > settings.SYNC_WARN_ROWS:
        warnings = [*warnings, "SCOPE_LARGE"]
    by_priority = [sum(numbers[part] for numbers in counted.values()) for part in range(3)]
    return Pulled(page, counts, by_priority, warnings, work.marks)


def _refusal(stream: Stream, sight: Sight, epoch: str, position: Cursor) -> ResetReason | None:
    page = position.page
    newest = page.target if page else position.base
    if position.epoch != epoch:
        return ResetReason.EPOCH_CHANGED
    if newest and changes.from_the_future(newest):
        # The database went back. Others are ahead of it too, and by the time they ask it may have caught up with them.
        epochs.renew()
        return ResetReason.EPOCH_CHANGED
    if stream.forgotten_at is not None:
        return ResetReason.TOO_OLD
    if not stream.acked_gen <= position.gen <= stream.last_gen:
        return ResetReason.CURSOR_REWOUND
    if page and (page.next_gen != stream.last_gen or stream.acked_gen != position.gen or page.shape != sight.digest):
        return ResetReason.PAGES_SUPERSEDED
    if retention.too_old(stream, (page.base or page.target) if page else position.base):
        return ResetReason.TOO_OLD
    return None


def _reset(last_seq: int, epoch: str, reason: ResetReason) -> Pulled:
    page = PullPage([], None, complete=False, more=True, last_seq=last_seq, epoch=epoch, server_time=clock.now())
    return Pulled(replace(page, reset=reason))


def _first(work: Work, user_id: UUID) -> dict[int, list[int]]:
    """Opens the pull, and returns how many rows enter, by rank and priority."""
    stream, position, sight = work.stream, work.position, work.sight
    scope.confirm(stream, position.gen)
    diff = scope.compare(stream, user_id, position.gen if position.base else None)
    next_gen = scope.begin(stream) if diff.moved else stream.last_gen
    scope.remove(stream, diff.leave, next_gen)
    if diff.moved and diff.entering:
        scope.enter(stream, user_id, next_gen)
    resend, drop = sight.changed(stream.shapes.get(position.shape)) if position.base else ((), ())
    known = {position.shape: stream.shapes[position.shape]} if position.shape in stream.shapes else {}
    stream.shapes = {**known, sight.digest: sight.shape}
    stream.base = position.base or work.now
    work.page = replace(
        work.page,
        next_gen=next_gen,
        phase="delta" if position.base else "enter",
        base=position.base,
        target=work.now,
        part=work.parts[0],
        shape=sight.digest,
        resend=resend,
        drop=drop,
        old=(clock.now() - HISTORY).isoformat(),
    )
    if position.base:
        # Who holds nothing has nothing to drop.
        _evict(work, diff.leave, EvictReason.SCOPE)
        _evict(work, diff.doubtful, EvictReason.REFRESH)
    counted = _counted(work) if diff.entering else {}
    _refuse_too_many(work, sum(map(sum, counted.values())))
    return counted


def _refuse_too_many(work: Work, entering: int) -> None:
    """Raises SCOPE_TOO_LARGE. All rows that a phone holds are counted only when they may be too many: 12,000 take some 25 ms,
    more than a whole pull that brings nothing. Between two counts the cursor adds up what entered and what was touched,
    which is never less than what is held."""
    known = work.position.rows
    held = (known or 0) + entering
    if work.position.base and (known is None or held > settings.SYNC_MOST_ROWS):
        held = sum(map(sum, rows.count(work.sight.tables, Which(work.stream.pk, old=work.page.old)).values()))
    if held > settings.SYNC_MOST_ROWS:
        raise limits.too_large(held)
    work.position = replace(work.position, rows=held)


def _counted(work: Work) -> dict[int, list[int]]:
    """Counts what enters, for whoever waits for it and so that nothing is looked for where nothing is."""
    counted = rows.count(work.sight.tables, Which(work.stream.pk, after=work.held, old=work.page.old))
    ranks = sorted(counted)
    todo = tuple(tuple(rank for rank in ranks if counted[rank][part]) for part in (rows.P0, rows.P1, rows.P2))
    work.page = replace(work.page, todo=todo if rows.ALL not in work.parts else (tuple(ranks), (), ()))
    return counted


def _evict_lost(work: Work, user_id: UUID) -> None:
    """Roots that left the person's coverage between two pages go at once, and stay uncertain until confirmed."""
    lost, work.entering = scope.drift(work.stream, user_id)
    if not lost:
        return
    work.page = replace(work.page, next_gen=scope.begin(work.stream))
    scope.remove(work.stream, lost, work.page.next_gen)
    _evict(work, lost, EvictReason.SCOPE)


def _evict(work: Work, roots: Collection[str], reason: EvictReason) -> None:
    work.lines += [f'{{"op":"evict","root":"{root}","reason":"{reason}"}}' for root in roots]
