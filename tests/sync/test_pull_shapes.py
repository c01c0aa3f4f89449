"""A new column, another role, another version: what a phone holds of it follows, though nobody touched the rows."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from backend.crm.models import Account
from backend.kit import clock
from backend.sync import sight
from backend.sync.models import Stream
from backend.sync.protocol import ResetReason
from backend.sync.tables import RANK
from backend.sync.view import View, view_of
from backend.territories.actions import place_account
from tests.factories.replica import Phone, same_as_new
from tests.factories.world import World, acting

Change = Callable[[View], View]


def without(entity: str, column: str) -> Change:
    """Returns a view in which a column is not known."""

    def change(view: View) -> View:
        rank = RANK[entity]
        table = view.tables[rank]
        assert table is not None
        less = replace(table, columns={name: sql for name, sql in table.columns.items() if name != column})
        tables = (*view.tables[:rank], less, *view.tables[rank + 1 :])
        return replace(view, tables=tables, shape={**view.shape, entity: f"without {column}"})

    return change


def without_all(entity: str) -> Change:
    """Returns a view in which an entity is not known."""

    def change(view: View) -> View:
        tables = tuple(None if rank == RANK[entity] else table for rank, table in enumerate(view.tables))
        return replace(view, tables=tables, shape={name: one for name, one in view.shape.items() if name != entity})

    return change


@pytest.fixture
def sees(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change | None], None]:
    """Returns what changes the view of everybody; None for the real one."""

    def set_to(change: Change | None) -> None:
        def of(user_id: UUID, protocol: int) -> View:
            view = view_of(user_id, protocol)
            return change(view) if change else view

        monkeypatch.setattr(sight, "view_of", of)

    return set_to


Sees = Callable[[Change | None], None]


@pytest.mark.trap(26)
def test_a_new_column_reaches_rows_that_nobody_touched(field: World, phone: Phone, sees: Sees) -> None:
    """Trap 26: without a reset, and without a word of other entities."""
    for number in range(5):
        field.deal(field.account(f"Store {number}", field.north))
    sees(without("account", "notes"))
    ana = phone(field.ana)
    ana.pull()
    assert all("notes" not in row for row in ana.of("account").values())
    sees(None)
    ops = [op for page in ana.pull(limit=2) for op in page.ops]
    assert {(op["op"], op["entity"]) for op in ops} == {("put", "account")}
    assert len(ops) == 5
    assert ana.resets == []
    assert same_as_new(ana, field)
    assert [page.ops for page in ana.pull()] == [[]]


def test_a_column_that_goes_leaves_the_rows_a_phone_holds(field: World, phone: Phone, sees: Sees) -> None:
    field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    sees(without("account", "notes"))
    ana.pull()
    assert [row for row in ana.of("account").values() if "notes" in row] == []


@pytest.mark.trap(7)
def test_it_follows_though_the_replies_were_lost(field: World, phone: Phone, sees: Sees) -> None:
    """Trap 7: the shape of what a phone holds is in its cursor, not in what it was sent."""
    for number in range(4):
        field.account(f"Store {number}", field.north)
    sees(without("account", "notes"))
    ana = phone(field.ana)
    ana.pull()
    sees(None)
    ana.ask()
    ana.take(ana.ask(limit=2))
    ana.crash()
    ana.ask()
    ana.pull(limit=1)
    assert same_as_new(ana, field)


@pytest.mark.trap(6)
@pytest.mark.trap(25)
def test_scope_that_moves_while_rows_are_sent_again(field: World, phone: Phone, sees: Sees) -> None:
    """Trap 6 and 25, in the middle of it: one store goes, one comes, one is changed behind the position, one before it."""
    stores = [field.account(f"Store {number}", field.north) for number in range(6)]
    coming = field.account("Coming", field.south)
    sees(without("account", "notes"))
    ana = phone(field.ana)
    ana.pull()
    sees(None)
    ana.take(ana.ask(limit=2))
    place_account(actor=acting(field.dee), account=stores[5], territory=field.south)
    place_account(actor=acting(field.dee), account=coming, territory=field.north)
    Account.objects.filter(pk__in=[stores[0].pk, stores[4].pk]).update(notes="changed")
    Account.objects.filter(pk=stores[3].pk).update(deleted_at=clock.now())
    ana.pull(limit=2)
    assert same_as_new(ana, field)


def test_a_new_server_in_the_middle_of_a_pull(field: World, phone: Phone, sees: Sees) -> None:
    """Half the rows were sent with the column and half without: the pull begins again."""
    for number in range(4):
        field.account(f"Store {number}", field.north)
    sees(without("account", "notes"))
    ana = phone(field.ana)
    ana.take(ana.ask(limit=5))
    sees(None)
    ana.pull(limit=5)
    assert ana.resets == [ResetReason.PAGES_SUPERSEDED]
    assert same_as_new(ana, field)


def test_an_entity_that_may_no_longer_be_read_is_taken_away_dead_rows_too(
    field: World, phone: Phone, sees: Sees
) -> None:
    account, second = field.account("Hilltop", field.north), field.account("Second", field.north)
    field.deal(account)
    dead = field.deal(second)
    gone = field.visit(account)
    ana = phone(field.ana)
    ana.pull()
    dead.deleted_at = clock.now()
    dead.save()
    gone.delete()
    sees(without_all("opportunity"))
    ana.pull(limit=1)
    assert ana.of("opportunity") == {} != ana.of("stageHistory")
    sees(None)
    ana.pull(limit=1)
    assert len(ana.of("opportunity")) == 1
    assert same_as_new(ana, field)


def test_a_shape_nobody_remembers_sends_all_again(field: World, phone: Phone) -> None:
    """As for a phone that synced before shapes were kept."""
    field.deal(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    ana.pull()
    Stream.objects.filter(device=ana.device).update(shapes={})
    before = dict(ana.rows)
    ana.rows.clear()
    ana.pull(limit=3)
    assert ana.rows == before
