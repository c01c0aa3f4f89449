"""How sync stands."""

from datetime import timedelta

from backend.crm.models import Account
from backend.kit import clock
from backend.sync.status import status
from tests.factories.replica import Phone
from tests.factories.world import World


def test_devices_behind_are_those_for_which_something_waits(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, cy = phone(field.ana), phone(field.cy)
    for one in (ana, cy):
        one.pull()
        one.pull()
    assert (status().devices, status().devices_behind) == (2, 0)
    Account.objects.filter(pk=account.pk).update(name="Renamed")
    assert status().devices_behind == 1
    ana.pull()
    assert status().devices_behind == 0


def test_what_was_refused_and_not_seen_to_is_counted(field: World, phone: Phone) -> None:
    ana = phone(field.ana)
    ana.push(ana.mutation("account.patch", field.ana.pk, set={"name": "Not mine"}))
    told = status()
    assert (told.open_conflicts, told.ledger_rows) == (1, 1)
    assert told.log_rows > 0
    assert told.log_bytes > 0


def test_the_oldest_cursor_is_that_of_who_was_away_longest(field: World, phone: Phone) -> None:
    ana, cy = phone(field.ana), phone(field.cy)
    ana.pull()
    with clock.moved_to(clock.now() + timedelta(days=8)):
        cy.pull()
        told = status()
    assert told.oldest_pull is not None
    assert told.oldest_pull < clock.now() + timedelta(days=1)
    assert (told.streams, told.streams_pulled_this_week, told.streams_forgotten) == (2, 1, 0)
    assert told.oldest_cursor is not None
    assert told.as_json()["oldestPull"] == told.oldest_pull.isoformat()
