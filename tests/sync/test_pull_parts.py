"""What comes first in a first sync: me and the coming week's stores, then the rest, then history and the catalogue."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from backend.crm.models import Account
from backend.field.models import Visit
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.sync import limits
from backend.sync.models import DeviceScope, Stream
from backend.sync.pull import Pulled, pull
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica, fresh
from tests.factories.world import World, acting


def asked(phone: Replica, **more: Any) -> Pulled:
    """Asks, and returns all that was answered."""
    actor = acting(phone.user, phone.device)
    cursor = phone.page_cursor or phone.cursor
    return pull(actor=actor, device_id=phone.device.pk, protocol=phone.protocol, cursor=cursor, **more)


def ended(visit: Visit, days_ago: int) -> Visit:
    """Makes it one that ended so many days ago."""
    end = clock.now() - timedelta(days=days_ago)
    Visit.objects.filter(pk=visit.pk).update(ended_at=end, state="completed")
    return visit


def test_the_coming_weeks_stores_come_first_and_history_last(field: World, phone: Phone) -> None:
    now = clock.now()
    rest, mine, theirs = (field.account(name, field.north) for name in ("Rest", "On my route", "On Cy's route"))
    old = ended(field.visit(rest, start=now - timedelta(days=40)), 40)
    field.visit(mine, start=now + timedelta(days=6))
    field.visit(theirs, field.cy, start=now)
    field.visit(rest, start=now + timedelta(days=12))
    ana = phone(field.ana)
    place: dict[str, int | None] = {}
    number, page = 0, ana.ask(limit=1)
    while True:
        ana.take(page)
        for op in page.ops:
            number += 1
            place[op["id"]] = number
        if page.complete:
            break
        page = ana.ask(limit=1)

    def at(one: Any) -> int:
        return place[str(one.pk)] or 0

    assert max(at(field.ana), at(field.north), at(mine)) < min(at(rest), at(theirs))
    assert max(at(rest), at(theirs)) < min(at(old), at(field.product))
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


def test_ready_says_when_a_priority_is_here_and_counts_say_how_many_will_come(field: World, phone: Phone) -> None:
    field.visit(field.account("On my route", field.north))
    for number in range(4):
        then = clock.now() - timedelta(days=31)
        ended(field.visit(field.account(f"Store {number}", field.north), start=then), 31)
    ana = phone(field.ana)
    first = asked(ana, limit=2)
    assert first.counts is not None
    assert first.counts_by_priority is not None
    came = 0
    done: dict[int, int] = {}
    page = first.page
    while True:
        came += len(page.lines)
        if page.ready is not None:
            done.setdefault(page.ready, came)
        ana.take(page)
        if page.complete:
            break
        page = ana.ask(limit=2)
    n0, n1, n2 = first.counts_by_priority
    assert min(n0, n1, n2) > 0
    assert sum(first.counts.values()) == n0 + n1 + n2 == came == len(ana.rows)
    assert list(done) == [0, 1, 2]
    # A page ends where a priority does: what is shown early holds no account without its rows.
    assert done[0] == n0
    assert done[1] == n0 + n1


@pytest.mark.trap(25)
def test_what_changes_its_priority_while_pages_are_on_the_way_arrives(field: World, phone: Phone) -> None:
    """Trap 25: history that becomes present after the present was sent, and the other way round."""
    store = field.account("Hilltop", field.north)
    past = [ended(field.visit(store), 60) for _ in range(3)]
    present = [field.visit(store) for _ in range(3)]
    ana = phone(field.ana)
    page = ana.ask(limit=1)
    while page.ready != 1:
        ana.take(page)
        page = ana.ask(limit=1)
    Visit.objects.filter(pk__in=[one.pk for one in past]).update(ended_at=clock.now())
    for one in present:
        ended(one, 45)
    ana.pull(limit=4)
    assert len(ana.of("visit")) == 6
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


@pytest.mark.trap(3)
def test_a_clock_set_back_between_pages_hides_no_history(field: World, phone: Phone) -> None:
    """Trap 3: what is history was fixed when the pull began."""
    ended(field.visit(field.account("Hilltop", field.north)), 31)
    ana = phone(field.ana)
    page = ana.ask(limit=1)
    while page.ready is None:
        ana.take(page)
        page = ana.ask(limit=1)
    with clock.moved_to(clock.now() - timedelta(days=20)):
        ana.take(page)
        ana.pull(limit=3)
    assert len(ana.of("visit")) == 1


def test_a_store_keeps_the_priority_with_which_it_entered(field: World, phone: Phone) -> None:
    """A visit planned between two pages must not lift a store that was not sent yet over the position."""
    stores = [field.account(f"Store {number}", field.north) for number in range(5)]
    ana = phone(field.ana)
    page = ana.ask(limit=1)
    while page.ready is None:
        ana.take(page)
        page = ana.ask(limit=1)
    ana.take(page)
    for store in stores:
        field.visit(store)
    ana.pull(limit=3)
    assert len(ana.of("account")) == 5
    assert set(DeviceScope.objects.filter(root__in=[one.pk for one in stores]).values_list("priority", flat=True)) == {
        1
    }


def test_a_phone_of_version_1_gets_parents_before_children_all_through(field: World, phone: Phone) -> None:
    field.deal(field.account("Hilltop", field.north))
    field.visit(field.account("On my route", field.north))
    ana = phone(field.ana)
    ana.protocol = 1
    entities = [op["entity"] for page in ana.pull(limit=3) for op in page.ops]
    assert entities == sorted(entities, key=entities.index)
    assert entities.index("account") < entities.index("visit") < entities.index("product")


def test_more_rows_than_a_phone_is_given_are_refused_whole(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    ana.pull()
    monkeypatch.setattr(settings, "SYNC_MOST_ROWS", len(ana.rows) - 1)
    ana.cursor = None
    before = Stream.objects.values().get(device=ana.device)
    with pytest.raises(DomainError) as refused:
        ana.ask(limit=1)
    assert refused.value.code == "SCOPE_TOO_LARGE"
    assert refused.value.fields == {"rows": str(len(ana.rows)), "limit": str(len(ana.rows) - 1)}
    assert Stream.objects.values().get(device=ana.device) == before
    monkeypatch.setattr(settings, "SYNC_MOST_ROWS", len(ana.rows))
    ana.pull()


def test_a_store_that_enters_where_there_is_no_room_for_it_is_refused(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = field.account("Valley", field.south)
    ana = phone(field.ana)
    ana.pull()
    monkeypatch.setattr(settings, "SYNC_MOST_ROWS", len(ana.rows))
    ana.pull()
    place_account(actor=acting(field.dee), account=store, territory=field.north)
    with pytest.raises(DomainError) as refused:
        ana.ask()
    assert refused.value.code == "SCOPE_TOO_LARGE"
    monkeypatch.setattr(settings, "SYNC_MOST_ROWS", int(refused.value.fields["rows"]))
    ana.pull()
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


def test_rows_that_are_born_one_by_one_are_counted_too(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written again is not more than before; what is new is."""
    store = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    monkeypatch.setattr(settings, "SYNC_MOST_ROWS", len(ana.rows) + 2)
    for number in range(5):
        Account.objects.filter(pk=store.pk).update(notes=f"{number}")
        ana.pull()
    visit = field.visit(store)
    field.visit(store)
    ana.pull()
    assert len(ana.rows) == settings.SYNC_MOST_ROWS
    field.visit(store)
    with pytest.raises(DomainError) as refused:
        ana.pull()
    assert refused.value.fields == {"rows": str(len(ana.rows) + 1), "limit": str(len(ana.rows))}
    visit.delete()
    ana.pull()
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


def test_a_large_scope_is_warned_of(field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    field.account("Hilltop", field.north)
    ana = phone(field.ana)
    assert asked(ana).warnings == []
    monkeypatch.setattr(settings, "SYNC_WARN_ROWS", 3)
    assert asked(ana).warnings == ["SCOPE_LARGE"]


def test_a_page_ends_when_it_is_long_enough(field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        account = field.account(f"Store {number}", field.north)
        account.notes = "x" * 1_000
        account.save()
    ana = phone(field.ana)
    monkeypatch.setattr(limits, "PAGE_BYTES", 2_000)
    pages = ana.pull()
    assert max(sum(map(len, page.lines)) for page in pages) < 4_000
    assert len(ana.of("account")) == 6
