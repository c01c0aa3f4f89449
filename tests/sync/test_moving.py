"""A territory's accounts go into another, or its rep changes, while phones look on."""

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account
from backend.events.models import OutboxEvent
from backend.kit import clock
from backend.kit.errors import Conflict, Invalid, NotPermitted
from backend.sync import live
from backend.sync.models import Change
from backend.territories import moving
from backend.territories.actions import assign_user, place_account, release_user
from backend.territories.models import AccountTerritory, AssignmentSource, MoveState, TerritoryMove
from tests.factories.replica import Phone, pulled, same_as_new
from tests.factories.world import World, acting


@pytest.fixture
def stores(field: World, monkeypatch: pytest.MonkeyPatch) -> list[Account]:
    """Returns seven accounts of Ana's territory; two of them go in a batch."""
    monkeypatch.setattr(moving, "BATCH", 2)
    return [field.account(f"Store {number}", field.north) for number in range(7)]


def asked(field: World) -> TerritoryMove:
    """Dee asks for Ana's accounts to go to Cy."""
    return moving.move_all(actor=acting(field.dee), source=field.north, target=field.south)


def test_phones_follow_a_territory_that_moves_some_at_a_time(field: World, phone: Phone, stores: list[Account]) -> None:
    place_account(actor=acting(field.dee), account=stores[0], territory=field.north, source=AssignmentSource.PIN)
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    move = asked(field)
    assert (move.total, move.pinned, move.state) == (6, 1, MoveState.WAITING)
    late = field.account("Came after", None)
    field.place(late, field.north, since=clock.now())
    seen = []
    while moving.move_some():
        for one in (ana, cy):
            one.pull(limit=3)
            assert same_as_new(one, field)
        seen.append((len(ana.of("account")), len(cy.of("account"))))
    assert seen == [(6, 2), (4, 4), (2, 6)]
    assert set(ana.of("account")) == {str(stores[0].pk), str(late.pk)}
    move.refresh_from_db()
    assert (move.state, move.moved, move.finished_at is not None) == (MoveState.DONE, 6, True)
    assert OutboxEvent.objects.filter(name="territory.moved").count() == 1
    assert moving.move_some() == 0


def test_who_writes_an_account_is_not_waited_for_and_does_not_wait(
    field: World, stores: list[Account], other: BaseDatabaseWrapper
) -> None:
    """Somebody's transaction on one account stays open all the while; it moves all the same."""
    move = asked(field)
    with other.cursor() as cursor:
        cursor.execute("UPDATE crm_account SET notes = 'long at it' WHERE id = %s", [stores[3].pk])
    while moving.move_some():
        pass
    move.refresh_from_db()
    assert (move.state, move.moved) == (MoveState.DONE, 7)
    other.commit()
    stores[3].refresh_from_db()
    assert stores[3].notes == "long at it"


def test_an_account_that_is_being_moved_by_hand_is_passed_over(
    field: World, stores: list[Account], other: BaseDatabaseWrapper
) -> None:
    move = asked(field)
    with other.cursor() as cursor:
        cursor.execute("UPDATE territories_accountterritory SET valid_to = now() WHERE account_id = %s", [stores[3].pk])
    for _ in range(10):
        moving.move_some()
    move.refresh_from_db()
    assert (move.state, move.moved) == (MoveState.RUNNING, 6)
    other.commit()
    moving.move_some()
    move.refresh_from_db()
    assert (move.state, move.moved) == (MoveState.DONE, 6)
    assert not AccountTerritory.objects.filter(account=stores[3], territory=field.south).exists()


def test_a_worker_that_dies_leaves_nothing_half_done(
    field: World, stores: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    move = asked(field)
    moving.move_some()
    with monkeypatch.context() as inside:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        inside.setattr(moving, "_place", die)
        with pytest.raises(KeyboardInterrupt):
            moving.move_some()
    while moving.move_some():
        pass
    move.refresh_from_db()
    assert move.moved == len(stores)
    now_in = AccountTerritory.objects.filter(valid_to=None, deleted_at=None, account__in=stores)
    assert {(one.account_id, one.territory_id) for one in now_in} == {(one.pk, field.south.pk) for one in stores}


def test_what_is_planned_for_an_account_stays_planned(field: World, stores: list[Account]) -> None:
    """Another territory has it from next month on: the new place lasts until then."""
    span = AccountTerritory.objects.get(account=stores[0])
    span.valid_to = span.valid_from.replace(year=2199)
    span.save()
    field.place(stores[0], field.region, since=span.valid_to)
    asked(field)
    while moving.move_some():
        pass
    placed = AccountTerritory.objects.get(account=stores[0], territory=field.south)
    assert placed.valid_to == span.valid_to


def test_who_may_ask_and_for_what(field: World, stores: list[Account]) -> None:
    with pytest.raises(NotPermitted):
        moving.move_all(actor=acting(field.ana), source=field.north, target=field.south)
    with pytest.raises(Invalid, match="lie there already"):
        moving.move_all(actor=acting(field.dee), source=field.north, target=field.north)
    asked(field)
    with pytest.raises(Conflict, match="on the move"):
        asked(field)


def test_a_new_rep_for_a_territory_costs_no_row_for_each_account(
    field: World, phone: Phone, stores: list[Account]
) -> None:
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    rows, logged = AccountTerritory.objects.count(), Change.objects.count()
    before = live.read_after(None).snapshot
    release_user(actor=acting(field.dee), user=field.ana, territory=field.north)
    assign_user(actor=acting(field.dee), user=field.cy, territory=field.north)
    assert (AccountTerritory.objects.count(), Change.objects.count() - logged) == (rows, 2)
    assert {one.root for one in live.read_after(before).changes} == {field.ana.pk, field.cy.pk}
    for one, accounts in ((ana, 0), (cy, len(stores))):
        one.pull()
        assert len(one.of("account")) == accounts
        assert same_as_new(one, field)
