"""RxDB, unmodified, through the days of a rep: the code is that of docs/clients/rxdb.md."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from backend.crm.actions import edit_account
from backend.crm.models import Account, AccountContactRelation, Address, Contact
from backend.field.models import CheckIn, Visit, VisitReport
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync import epoch
from backend.sync.models import SyncIssue
from backend.territories.actions import place_account
from backend.territories.models import AccountTerritory
from tests.clients.client import Client
from tests.factories.world import World, acting

pytestmark = pytest.mark.xdist_group("clients")

Start = Callable[[str, User], Client]


def codes(world: World) -> list[str]:
    """Returns why things could not be applied as sent."""
    return list(SyncIssue.objects.filter(org=world.org).values_list("code", flat=True))


def test_a_day_goes_there_and_back(world: World, start: Start) -> None:
    account = world.account("Ames Liquor", world.north)
    relation, deal, visit = world.contact(account), world.deal(account), world.visit(account)
    ana = start("rxdb", world.ana)
    for entity, row in (("account", account), ("contact", relation), ("opportunity", deal), ("visit", visit)):
        (document,) = ana.do("until", entity, 1)
        assert document["id"] == str(row.pk)
    ana.do("offline")
    prospect, person, here = str(new_id()), str(new_id()), str(new_id())
    ana.do("insert", "contact", {"id": person, "accountId": prospect, "fullName": "Jo Doe", "role": "owner"})
    ana.do("insert", "account", {"id": prospect, "name": "New bar", "kind": "business", "notes": "Ring twice"})
    ana.do("edit", "opportunity", str(deal.pk), {"amount": "1500.5", "stageId": str(world.stages["offer"].pk)})
    fix = {"id": here, "lat": 42.03, "lng": -93.62, "accuracyM": 8, "at": clock.now().isoformat()}
    ana.do("edit", "visit", str(visit.pk), {"state": "in_progress", "checkIn": fix})
    ana.do("edit", "visit", str(visit.pk), {"state": "completed", "report": {"outcome": "order", "summary": "12 gin"}})
    ana.do("online")
    assert Account.objects.get(pk=prospect).notes == "Ring twice"
    assert AccountContactRelation.objects.get(pk=person).contact.full_name == "Jo Doe"
    deal.refresh_from_db()
    assert (str(deal.amount), deal.stage.name) == ("1500.50", "offer")
    assert (str(CheckIn.objects.get(visit=visit).pk), VisitReport.objects.get(visit=visit).summary) == (here, "12 gin")
    (done,) = ana.do("until", "visit", 1, {"endedAt": {"$ne": None}})
    assert (done["state"], done["checkIn"]["verdict"]) == ("completed", "inside")
    assert codes(world) == []


def test_what_two_people_changed_is_merged_and_nobody_pushes_for_ever(world: World, start: Start) -> None:
    account = world.account("Ames Liquor", world.north)
    ana = start("rxdb", world.ana)
    ana.do("until", "account", 1)
    ana.do("watch")
    ana.do("offline")
    ana.do("edit", "account", str(account.pk), {"name": "Anas", "segment": "Bars", "displays": 2})
    edit_account(actor=acting(world.ben), account=account, changes={"name": "Bens", "phone": "555", "displays": 3})
    ana.do("online")
    (stands,) = ana.do("until", "account", 1, {"name": "Bens"})
    assert (stands["segment"], stands["phone"], stands["displays"]) == ("Bars", "555", 5)
    assert codes(world) == ["FIELD_CONFLICT"]
    told = ana.do("told")
    assert (told["errors"], told["conflicts"]) == ([], 1)


def test_a_change_made_elsewhere_comes_by_itself(world: World, start: Start) -> None:
    account = world.account("Ames Liquor", world.north)
    ana = start("rxdb", world.ana)
    ana.do("until", "account", 1)
    edit_account(actor=acting(world.ben), account=account, changes={"notes": "Ask for Jo"})
    ana.do("until", "account", 1, {"notes": "Ask for Jo"})
    world.account("Next door", world.north)
    ana.do("until", "account", 2)


def test_what_is_deleted_there_goes_and_what_may_not_be_deleted_here_comes_back(world: World, start: Start) -> None:
    account = world.account("Ames Liquor", world.north)
    relation, visit = world.contact(account), world.visit(account)
    ana = start("rxdb", world.ana)
    ana.do("until", "contact", 1)
    ana.do("until", "visit", 1)
    AccountContactRelation.objects.filter(pk=relation.pk).update(deleted_at=clock.now())
    ana.do("until", "contact", 0)
    ana.do("remove", "visit", str(visit.pk))
    ana.do("settled", "visit")
    (kept,) = ana.do("until", "visit", 1)
    assert kept["state"] == Visit.objects.get(pk=visit.pk).state == "planned"


def test_an_account_that_is_taken_away_takes_all_of_itself_with_it_and_leaves_the_work(
    world: World, start: Start
) -> None:
    account = world.account("Ames Liquor", world.north)
    world.contact(account)
    world.deal(account)
    visit = world.visit(account)
    ana = start("rxdb", world.ana)
    for entity in ("account", "contact", "opportunity", "visit"):
        ana.do("until", entity, 1)
    ana.do("offline")
    ana.do("edit", "account", str(account.pk), {"notes": "Never seen by Cy"})
    fix = {"lat": 42.03, "lng": -93.62, "accuracyM": 8, "at": clock.now().isoformat()}
    ana.do("edit", "visit", str(visit.pk), {"state": "in_progress", "checkIn": fix})
    place_account(actor=acting(world.dee), account=account, territory=world.south)
    ana.do("online")
    for entity in ("account", "contact", "opportunity", "visit"):
        ana.do("until", entity, 0)
    assert CheckIn.objects.get(visit=visit).rep_id == world.ana.pk
    account.refresh_from_db()
    assert (account.notes, codes(world)) == ("", ["OUT_OF_SCOPE"])


def test_a_restored_server_is_met_again_with_what_was_never_sent(world: World, start: Start) -> None:
    account = world.account("Ames Liquor", world.north)
    ghost = world.account("Never here", world.north)
    ana = start("rxdb", world.ana)
    ana.do("until", "account", 2)
    ana.do("offline")
    ana.do("edit", "account", str(account.pk), {"notes": "Written before"})
    # What a restore leaves: a row the phone has and the server does not, and another life of the database.
    with transaction.atomic():
        AccountTerritory.objects.filter(account=ghost).delete()
        Address.objects.filter(account=ghost).delete()
        ghost.delete()
        epoch.renew()
    ana.do("back")
    (one,) = ana.do("until", "account", 1, {"version": 2})
    assert (one["id"], one["notes"]) == (str(account.pk), "Written before")
    ana.do("until", "account", 1)
    account.refresh_from_db()
    assert account.notes == "Written before"


POISON: list[dict[str, Any]] = [
    {"notes": "a\u0000b"},
    {"serviceMinutes": 10**12},
    {"lifecycle": "married"},
    {"tier": "A+"},
    {"visitWindows": [1]},
]


def test_poison_blocks_nothing_behind_it(world: World, start: Start) -> None:
    accounts = [world.account(f"Store {number}", world.north) for number in range(len(POISON) + 1)]
    ana = start("rxdb", world.ana)
    ana.do("until", "account", len(accounts))
    ana.do("watch")
    ana.do("offline")
    for account, poison in zip(accounts, POISON, strict=False):
        ana.do("edit", "account", str(account.pk), poison)
    ana.do("insert", "account", {"id": "no uuid", "name": "Ghost", "kind": "business"})
    ana.do("insert", "contact", {"id": str(new_id()), "accountId": str(accounts[0].pk), "fullName": ""})
    ana.do("edit", "account", str(accounts[-1].pk), {"notes": "Behind all that"})
    ana.do("online")
    ana.do("until", "account", len(accounts))
    ana.do("until", "contact", 0)
    accounts[-1].refresh_from_db()
    assert accounts[-1].notes == "Behind all that"
    assert {one["tier"] for one in ana.do("rows", "account")} == {"A"}
    assert ana.do("told")["sent"] <= 3 * len(accounts)


def test_five_thousand_documents_come_whole(world: World, start: Start) -> None:
    rows = Account.objects.bulk_create(Account(org=world.org, name=f"Store {n:04}") for n in range(2500))
    since = clock.now() - timedelta(days=1)
    AccountTerritory.objects.bulk_create(
        AccountTerritory(org=world.org, account=row, territory=world.north, source="manual", valid_from=since)
        for row in rows
    )
    people = Contact.objects.bulk_create(Contact(org=world.org, full_name=f"Jo {n:04}") for n in range(2500))
    AccountContactRelation.objects.bulk_create(
        AccountContactRelation(org=world.org, account=row, contact=person)
        for row, person in zip(rows, people, strict=True)
    )
    ana = start("rxdb", world.ana)
    assert {one["id"] for one in ana.do("until", "account", 2500)} == {str(row.pk) for row in rows}
    assert len({one["fullName"] for one in ana.do("until", "contact", 2500)}) == 2500
