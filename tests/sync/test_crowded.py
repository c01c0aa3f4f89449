"""Many at once: writers whose transactions overlap, and thousands of accounts that change hands together."""

import time
from threading import Event, Thread

import pytest
from django.db import connections, transaction

from backend.crm.models import Account, Activity
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import Change
from backend.territories.actions import assign_user, release_user
from backend.territories.models import AccountTerritory, AssignmentSource
from tests.factories.replica import Phone, fresh
from tests.factories.world import BEFORE, World, acting

WRITERS = 6
SECONDS = 2.0
SLOW = 0.4
MANY = 400


def note(world: World, account: Account, subject: str) -> None:
    """Writes a note on an account."""
    Activity.objects.create(
        id=new_id(), org=world.org, account=account, owner=world.ana, kind="note", subject=subject, status="done"
    )


@pytest.mark.trap(1)
def test_six_writers_at_once_and_not_one_row_is_missed(field: World, phone: Phone) -> None:
    """One of them keeps each of its transactions open for 0.4 s; the phone pulls all the while."""
    account = field.account("Hilltop", field.north)
    enough = Event()
    written = [0] * WRITERS

    def write(writer: int) -> None:
        try:
            while not enough.is_set():
                with transaction.atomic():
                    note(field, account, f"{writer} {written[writer]}")
                    if writer == 0:
                        time.sleep(SLOW)
                written[writer] += 1
                time.sleep(0.01)
        finally:
            connections.close_all()

    ana = phone(field.ana)
    # A first sync of several pages may send again what was written while they were on their way.
    ana.pull()
    threads = [Thread(target=write, args=[writer]) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    pulls, puts, ends = 0, 0, time.monotonic() + SECONDS
    while time.monotonic() < ends:
        puts += sum(op["entity"] == "activity" for page in ana.pull() for op in page.ops)
        pulls += 1
    enough.set()
    for thread in threads:
        thread.join()
    puts += sum(op["entity"] == "activity" for page in ana.pull() for op in page.ops)
    subjects = {row["subject"] for row in ana.of("activity").values()}
    assert subjects == {f"{writer} {number}" for writer in range(WRITERS) for number in range(written[writer])}
    assert written[0] >= 2
    assert sum(written[1:]) > WRITERS * written[0]
    assert (pulls > 1, puts) == (True, len(subjects)), "each row comes once, not again and again"


def many(field: World) -> list[Account]:
    """Makes a great many accounts in the north, one of which has a deal."""
    accounts = Account.objects.bulk_create(Account(org=field.org, name=f"Store {number}") for number in range(MANY))
    field.deal(accounts[0])
    since = clock.now() - BEFORE
    AccountTerritory.objects.bulk_create(
        AccountTerritory(
            org=field.org, account=one, territory=field.north, source=AssignmentSource.MANUAL, valid_from=since
        )
        for one in accounts
    )
    return accounts


@pytest.mark.trap(24)
def test_accounts_that_change_hands_by_the_hundred_leave_one_phone_and_enter_the_other(
    field: World, phone: Phone
) -> None:
    many(field)
    ana, cy, ben = phone(field.ana), phone(field.cy), phone(field.ben)
    for one in (ana, cy, ben):
        one.pull()
    AccountTerritory.objects.filter(territory=field.north).update(territory=field.south)
    for one in (ana, cy, ben):
        one.pull(limit=100)
        assert one.rows == fresh(one.user, field.phone(one.user))
    assert (len(ana.of("account")), len(cy.of("account")), len(cy.of("opportunity"))) == (0, MANY, 1)


@pytest.mark.trap(24)
def test_a_territory_that_changes_hands_writes_nothing_for_each_account(field: World, phone: Phone) -> None:
    many(field)
    ana, cy = phone(field.ana), phone(field.cy)
    ana.pull()
    cy.pull()
    before = Change.objects.count()
    release_user(actor=acting(field.dee), user=field.ana, territory=field.north)
    assign_user(actor=acting(field.dee), user=field.cy, territory=field.north)
    assert Change.objects.count() - before <= 5
    ana.pull()
    cy.pull(limit=100)
    assert (len(ana.of("account")), len(cy.of("account"))) == (0, MANY)
