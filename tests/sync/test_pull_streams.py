"""Several streams on one phone: each has its own place, its own scope and its own entities, and the numbers are the phone's."""

from datetime import timedelta

import pytest

from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync import retention, scope
from backend.sync.models import DeviceScope, Stream
from backend.sync.protocol import ResetReason
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica
from tests.factories.world import World, acting


def stream_of(phone: Replica, *entities: str) -> Replica:
    """Returns another stream on the same phone."""
    return Replica(phone.user, phone.device, stream=f"rx:{'+'.join(entities)}", entities=frozenset(entities))


def test_a_stream_brings_its_entities_and_no_others(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    deal = field.deal(account)
    ana = phone(field.ana)
    accounts, deals = stream_of(ana, "account"), stream_of(ana, "opportunity")
    for one in (ana, accounts, deals):
        one.pull(limit=1)
    assert set(accounts.rows) == {("account", str(account.pk))}
    assert set(deals.rows) == {("opportunity", str(deal.pk))}
    assert ana.rows.keys() > accounts.rows.keys() | deals.rows.keys()


@pytest.mark.trap(7)
def test_each_stream_is_told_what_happened_to_it(field: World, phone: Phone) -> None:
    """Trap 7, by stream: what one has proved to hold says nothing of the other."""
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    ana = phone(field.ana)
    visits = stream_of(ana, "visit")
    ana.pull()
    visits.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull()
    ana.pull()
    assert visits.of("visit").keys() == {str(visit.pk)}
    [page] = visits.pull()
    assert page.ops == [{"op": "evict", "root": str(account.pk), "reason": "scope"}]


@pytest.mark.trap(18)
def test_the_cursor_of_one_stream_does_not_open_another(field: World, phone: Phone) -> None:
    """Trap 18."""
    ana = phone(field.ana)
    accounts = stream_of(ana, "account")
    ana.pull()
    accounts.pull()
    accounts.cursor, ana.cursor = ana.cursor, accounts.cursor
    assert (accounts.ask().reset, ana.ask().reset) == (ResetReason.CURSOR_INVALID, ResetReason.CURSOR_INVALID)


def test_the_number_of_the_last_mutation_is_the_phones(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    accounts = stream_of(ana, "account")
    args = {"accountId": str(account.pk), "kind": "note", "subject": "Keys"}
    ana.push(ana.mutation("activity.create", new_id(), args=args))
    assert [ana.pull()[-1].last_seq, accounts.pull()[-1].last_seq] == [1, 1]


def test_a_stream_that_asks_for_more_gets_it_whole_and_for_less_loses_it(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    field.deal(account)
    ana = phone(field.ana)
    ana.entities = frozenset({"account"})
    ana.pull()
    ana.entities = frozenset({"account", "opportunity", "stageHistory"})
    ana.pull(limit=1)
    assert len(ana.of("opportunity")) == len(ana.of("stageHistory")) == 1
    ana.entities = frozenset({"opportunity"})
    ana.pull(limit=1)
    assert {entity for entity, _ in ana.rows} == {"opportunity"}


@pytest.mark.trap(19)
def test_a_phone_idle_for_too_long_is_told_so_and_begins_anew(field: World, phone: Phone) -> None:
    """Trap 19."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    Stream.objects.filter(device=ana.device).update(forgotten_at=clock.now())
    DeviceScope.objects.filter(stream__device=ana.device).delete()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull()
    assert ana.resets == [ResetReason.TOO_OLD]
    assert ana.of("account") == {}
    assert [page.reset for page in ana.pull()] == [None]


@pytest.mark.trap(19)
def test_what_was_purged_and_mattered_makes_a_cursor_too_old(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 19: also in the middle of a first sync, whose catch-up needs the log since its first page."""
    for number in range(4):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    ana.take(ana.ask(limit=3))
    asked: list[str] = []

    def too_old(stream: Stream, base: str) -> bool:
        asked.append(base)
        return True

    monkeypatch.setattr(retention, "too_old", too_old)
    assert ana.ask().reset is ResetReason.TOO_OLD
    assert asked == [Stream.objects.get(device=ana.device).base]
    monkeypatch.undo()
    ana.pull()
    assert len(ana.of("account")) == 4


def test_a_store_taken_away_is_remembered_for_three_days_after_the_word(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    now = clock.now()
    with clock.moved_to(now + timedelta(days=10)):
        assert scope.was_given(ana.device.pk, account.pk)
        ana.pull()
    with clock.moved_to(now + timedelta(days=12, hours=23)):
        assert scope.was_given(ana.device.pk, account.pk)
        assert not scope.was_given(phone(field.cy).device.pk, account.pk)
    with clock.moved_to(now + timedelta(days=13, hours=1)):
        assert not scope.was_given(ana.device.pk, account.pk)


def test_a_store_lost_in_a_reset_is_remembered_too(field: World, phone: Phone) -> None:
    """The outbox stays in a reset, and may hold work for what is not given again."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    now = clock.now()
    ana.cursor = None
    ana.pull()
    assert scope.was_given(ana.device.pk, account.pk)
    with clock.moved_to(now + timedelta(days=2)):
        ana.cursor = None
        ana.pull()
    with clock.moved_to(now + timedelta(days=4)):
        assert not scope.was_given(ana.device.pk, account.pk)


def test_the_marker_of_an_eviction_that_nobody_confirmed_is_never_purged(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.ask()
    later = clock.now() + timedelta(days=200)
    assert scope.purge_gone(later) == 0
    ana.pull()
    assert ana.of("account") == {}
    assert scope.purge_gone(later) == 0
    ana.pull()
    assert scope.purge_gone(later) == 1
