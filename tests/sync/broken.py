"""The deliberate faults (mutants.py plays them): each breaks one promise of sync."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from backend.identity.models import User
from backend.kit import clock
from backend.sync import capture, changes, judge, limits, phases, pull, push, rows, scope, sight, view
from backend.sync.cursor import Bearer, Cursor
from backend.sync.models import DeviceScope, DeviceState, Stream
from backend.sync.mutators import registry
from backend.sync.mutators.registry import Caller
from backend.sync.phases import Work
from backend.sync.protocol import EvictReason, Mutation, ResetReason
from backend.sync.rows import Which
from backend.sync.tables import RANK, TABLES, SyncedTable

Patch = pytest.MonkeyPatch


def cursor_of_the_newest_only(patch: Patch) -> None:
    """What had begun before the last pull and committed after it is never sent."""
    late = "c.xid >= pg_snapshot_xmax(%(base)s::pg_snapshot)"
    patch.setattr(
        changes, "_TOUCHED", changes._TOUCHED.replace("c.xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)", late)
    )


def catch_up_from_now(patch: Patch) -> None:
    """What happened while pages were on their way is taken for sent."""
    real = phases.turn_to

    def turn(work: Work, phase: str, *, base: str | None = None) -> None:
        real(work, phase, base=base)
        if base is not None:
            work.page = replace(work.page, base=work.now)

    patch.setattr(phases, "turn_to", turn)


def target_not_fixed(patch: Patch) -> None:
    """Each page moves the end of what it sends: what comes to stand before the position is passed over."""
    real = phases.send_touched

    def touched(work: Work, **more: Any) -> bool:
        work.page = replace(work.page, target=work.now)
        return real(work, **more)

    patch.setattr(phases, "send_touched", touched)


def filter_after_the_limit(patch: Patch) -> None:
    """A page cut short by what it may not show is taken for the last."""

    def under(table: SyncedTable, which: Which, *, after: Any, limit: int, gone: bool = False) -> list[str]:
        if which.nothing_of(table) or gone:
            return []
        sql = f"SELECT {table.root.of('t')}::text, t.id::text FROM {table.table} t{table.root.join('t')} WHERE TRUE"
        place = f"({table.root.of('t')}, t.id)"
        if after is not None:
            sql += f" AND {place} > (%(root)s::uuid, %(id)s::uuid)"
        root, row_id = after or (None, None)
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} ORDER BY {place} LIMIT %(limit)s", {"root": root, "id": row_id, "limit": limit})
            some = cursor.fetchall()
        found = rows.named(table, which.stream, [one for _, one in some])
        return [found[one] for _, one in some if one in found]

    patch.setattr(rows, "under", under)


def generation_forgotten(patch: Patch) -> None:
    """An eviction is taken for delivered once it was sent."""

    def remove(stream: Stream, roots: Collection[str], gen: int) -> None:
        del gen
        DeviceScope.objects.filter(stream=stream, root__in=list(roots)).delete()

    patch.setattr(scope, "remove", remove)


def doubt_forgotten(patch: Patch) -> None:
    """What was sent in a pull that was given up is taken for held."""
    for name in ("_COMPARE", "_ENTER"):
        sql = getattr(scope, name)
        sql = sql.replace("OR k.added_gen > %(gen)s OR k.removed_gen IS NOT NULL", "")
        sql = sql.replace("(removed_gen IS NULL OR removed_gen > %(gen)s)", "removed_gen IS NULL")
        patch.setattr(scope, name, sql)


def _told_of_another(patch: Patch, hidden: EvictReason) -> None:
    real = pull._evict

    def evict(work: Work, roots: Collection[str], reason: EvictReason) -> None:
        real(work, [str(UUID(int=1))] * len(roots) if reason is hidden else roots, reason)

    patch.setattr(pull, "_evict", evict)


def eviction_lost(patch: Patch) -> None:
    """What leaves is not told."""
    _told_of_another(patch, EvictReason.SCOPE)


def a_generation_for_each_request(patch: Patch) -> None:
    """An echo makes the pages of its own pull worthless."""
    real = scope.compare

    def compare(stream: Stream, user_id: UUID, gen: int | None) -> scope.ScopeDiff:
        diff = real(stream, user_id, gen)
        return replace(diff, moved=diff.moved or bool(diff.leave or diff.entering))

    patch.setattr(scope, "compare", compare)


def newest_generation_taken_for_right(patch: Patch) -> None:
    """What left is told to who asks, and stays written down as held."""
    real = scope.compare

    def compare(stream: Stream, user_id: UUID, gen: int | None) -> scope.ScopeDiff:
        diff = real(stream, user_id, gen)
        return replace(diff, moved=diff.moved and bool(diff.entering))

    patch.setattr(scope, "compare", compare)


def anew_by_the_ranks_of_old(patch: Patch) -> None:
    """Who begins anew is told first what was needed first when they began before."""
    patch.setattr(scope, "_RANK_AGAIN", scope._RANK_AGAIN + " AND FALSE")


def ranks_changed_under_pages(patch: Patch) -> None:
    """Pages that are ordered by ranks go on though the ranks are others now."""
    real = scope._compare_with_nothing

    def compare(stream: Stream, user_id: UUID) -> scope.ScopeDiff:
        diff = real(stream, user_id)
        moved = stream.last_gen == 0 or bool(diff.leave) or scope.drift(stream, user_id)[1]
        return replace(diff, moved=moved)

    patch.setattr(scope, "_compare_with_nothing", compare)


def pages_never_longer(patch: Patch) -> None:
    """Who writes faster than pages are taken is never caught up with."""
    patch.setattr(limits, "times_longer", lambda rounds: 1)


def refresh_without_eviction(patch: Patch) -> None:
    """A root that is sent again whole keeps the ghosts the phone had of it."""
    _told_of_another(patch, EvictReason.REFRESH)


def eviction_between_pages_without_a_generation(patch: Patch) -> None:
    """The page before can be asked for again, and the eviction is not repeated."""

    def evict_lost(work: Work, user_id: UUID) -> None:
        lost, work.entering = scope.drift(work.stream, user_id)
        scope.remove(work.stream, lost, work.page.next_gen)
        pull._evict(work, lost, EvictReason.SCOPE)

    patch.setattr(pull, "_evict_lost", evict_lost)


def scope_asked_on_the_first_page_only(patch: Patch) -> None:
    patch.setattr(pull, "_evict_lost", lambda work, user_id: None)


def rows_not_authorised_again(patch: Patch) -> None:
    """A row that went where the person does not see is sent for its old root's sake."""
    patch.setattr(rows, "_held", lambda table: "TRUE")


def any_old_cursor_taken(patch: Patch) -> None:
    """Also one of a generation that was forgotten."""

    def refusal(stream: Stream, sight: Any, epoch: str, position: Cursor) -> ResetReason | None:
        if position.page and position.page.next_gen != stream.last_gen:
            return ResetReason.PAGES_SUPERSEDED
        return None

    patch.setattr(pull, "_refusal", refusal)


def any_old_page_taken(patch: Patch) -> None:
    """Also one of a pull that was given up."""

    def refusal(stream: Stream, sight: Any, epoch: str, position: Cursor) -> ResetReason | None:
        return None if position.gen >= stream.acked_gen else ResetReason.CURSOR_REWOUND

    patch.setattr(pull, "_refusal", refusal)


def no_catch_up(patch: Patch) -> None:
    """A pull is complete when its first page's snapshot has been sent."""
    real = phases.fill

    def fill(work: Work) -> bool:
        if work.page.phase == "catchup":
            return True
        real(work)
        return bool(work.page.phase == "catchup")

    patch.setattr(pull, "fill", fill)


def covered_too_early(patch: Patch) -> None:
    """A mutation is said to be in a pull that does not bring its root."""
    real = pull._first

    def first(work: Work, user_id: UUID) -> dict[int, list[int]]:
        counted = real(work, user_id)
        work.page = replace(work.page, seq=10**6)
        return counted

    patch.setattr(pull, "_first", first)


def first_page_forgets_its_place(patch: Patch) -> None:
    """The last row of a page is sent, and the next page begins one further."""
    real = phases.send_entering

    def send(work: Work) -> bool:
        done = real(work)
        # As far as ids go that are made within a second.
        following = UUID(int=min(UUID(work.page.root).int + (1 << 90), (1 << 128) - 1))
        work.page = replace(work.page, root=str(following))
        return done

    patch.setattr(phases, "send_entering", send)


def _triggers(patch: Patch, **changed: Callable[..., list[str]]) -> None:
    for name, function in changed.items():
        patch.setattr(capture, name, function)
    with connection.cursor() as cursor:
        for table in capture.captured_tables():
            cursor.execute(capture.function_sql(table))


def only_the_new_root_logged(patch: Patch) -> None:
    real = capture._selects

    def selects(table: str) -> tuple[list[str], list[str], list[str]]:
        insert, update, delete = real(table)
        return insert, [one for one in update if "old_rows x" not in one] or update, delete

    patch.setattr(capture, "_selects", selects)
    _triggers(patch)


def moved_children_not_logged(patch: Patch) -> None:
    _triggers(patch, _moved_children=lambda parent: [])


def children_before_their_parent_not_logged(patch: Patch) -> None:
    _triggers(patch, _children_of=lambda parent, rows: [])


def contacts_not_followed(patch: Patch) -> None:
    contact = TABLES[RANK["contact"]]
    lone = replace(contact, also_from={"crm_contact": contact.also_from["crm_contact"] + " AND FALSE"})
    patch.setattr(capture, "TABLES", tuple(lone if one is contact else one for one in TABLES))
    _triggers(patch)


def no_device_lock(patch: Patch) -> None:
    """Two sockets of one phone settle the same number at once."""
    patch.setattr(DeviceState.objects, "select_for_update", DeviceState.objects.all, raising=False)


def ledger_in_its_own_transaction(patch: Patch) -> None:
    """Effects are committed before the ledger says so."""
    real = push._settle

    def settle(caller: Caller, stretch: list[Mutation]) -> Any:
        with transaction.atomic():
            for mutation in stretch:
                judge.attempt(caller, mutation)
        return real(caller, stretch)

    patch.setattr(push, "_settle", settle)


def every_statement_its_own_instant(patch: Patch) -> None:
    """The page's transaction reads what others commit meanwhile."""

    class Plain:
        savepoint_ids = (1,)

    patch.setattr(pull, "connection", Plain())


def no_second_try(patch: Patch) -> None:
    """A pull that met another one gives up."""
    patch.setattr(pull, "SERIALIZATION_TRIES", 1)


def parents_not_locked(patch: Patch) -> None:
    patch.setattr(capture, "_locks", lambda table, *rows: "")
    _triggers(patch)


def _views(patch: Patch) -> None:
    """Views are made anew each time, so that a broken one is not kept."""
    uncached = view.view_for.__wrapped__
    for room in (view, registry):
        patch.setattr(room, "view_for", uncached)


def field_mask_dropped(patch: Patch) -> None:
    """Rows are sent whole, whoever reads them."""
    _views(patch)
    patch.setattr(view, "_hidden", lambda table, role: frozenset())


def inbox_not_masked(patch: Patch) -> None:
    """What was kept of an edit is sent as it was kept."""
    _views(patch)
    patch.setattr(view, "_without", lambda sql, hidden: sql)


def hidden_fields_taken(patch: Patch) -> None:
    """A stale base asks what stands in a field that its author may not read."""
    patch.setattr(view.View, "refuse_hidden", lambda self, mutation: None)


def role_asked_once(patch: Patch) -> None:
    """A person keeps the role they were first seen in."""
    roles: dict[UUID, str] = {}

    def of(user_id: UUID, protocol: int) -> view.View:
        role = roles.setdefault(user_id, User.objects.get(pk=user_id).role)
        return view.view_for(protocol, role)

    patch.setattr(sight, "view_of", of)


def catching_up_without_what_is_hidden_now(patch: Patch) -> None:
    """Rows of an entity that a role lost are looked for only where they stood when the pull began."""
    send_touched = phases.send_touched

    def send(work: Work, *, until: int | None = None, more: tuple[str, ...] = ()) -> bool:
        return send_touched(work, until=until, more=more if work.page.phase == "delta" else ())

    patch.setattr(phases, "send_touched", send)


def columns_not_sent_again(patch: Patch) -> None:
    """What a phone was sent in other columns stays as it was."""
    patch.setattr(sight.Sight, "changed", lambda self, held: ((), ()))


def history_by_each_pages_clock(patch: Patch) -> None:
    """What is history is asked anew for each page."""
    real = phases.send_entering

    def send(work: Work) -> bool:
        work.page = replace(work.page, old=(clock.now() - pull.HISTORY).isoformat())
        return real(work)

    patch.setattr(phases, "send_entering", send)


def priorities_by_each_pages_calendar(patch: Patch) -> None:
    """A visit planned between two pages lifts its store over the position."""
    planned = "d.root IN (SELECT v.account_id FROM field_visit v)"
    real = Which.conditions

    def conditions(self: Which, table: SyncedTable) -> str:
        return real(self, table).replace("d.priority = %(part)s", f"(CASE WHEN {planned} THEN 0 ELSE 1 END) = %(part)s")

    patch.setattr(Which, "conditions", conditions)


def cursors_of_any_stream_taken(patch: Patch) -> None:
    patch.setattr(Bearer, "_bound", lambda self: f"{self.user_id}|{self.device_id}|{self.protocol}".encode())


def unconfirmed_markers_purged(patch: Patch) -> None:
    """The word to drop a store is forgotten though nobody said that it came."""
    patch.setattr(scope, "purge_gone", lambda before: DeviceScope.objects.filter(removed_at__lt=before).delete()[0])


def alerts_told_to_all(patch: Patch) -> None:
    """Whoever sees a root is sent what somebody else was told of it."""
    patch.setattr(SyncedTable, "told", lambda table, user_id: table)
