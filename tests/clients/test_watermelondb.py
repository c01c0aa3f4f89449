"""WatermelonDB, unmodified, through the days of a rep: the code is that of docs/clients/watermelondb.md."""

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
from tests.clients.client import Client, Failed, write_page
from tests.factories.world import World, acting

pytestmark = pytest.mark.xdist_group("clients")

Begin = Callable[[User], Client]


@pytest.fixture
def begin(start: Callable[[str, User], Client]) -> Begin:
    """Starts WatermelonDB for a person; its page borrows the session of RxDB's."""
    write_page("rxdb")
    return lambda person: start("watermelondb", person)


def codes(world: World) -> list[str]:
    """Returns why things could not be applied as sent."""
    return list(SyncIssue.objects.filter(org=world.org).values_list("code", flat=True))


def named(client: Client, table: str) -> dict[str, dict[str, Any]]:
    """Returns the raw records of a table, by id."""
    return {one["id"]: one for one in client.do("rows", table)}


def test_a_day_goes_there_and_back(world: World, begin: Begin) -> None:
    account = world.account("Ames Liquor", world.north)
    relation, deal, visit = world.contact(account), world.deal(account), world.visit(account)
    ana = begin(world.ana)
    ana.do("sync")
    for table, row in (("account", account), ("contact", relation), ("opportunity", deal), ("visit", visit)):
        assert named(ana, table).keys() == {str(row.pk)}
    prospect = ana.do("insert", "account", {"name": "New bar", "kind": "business", "notes": "Ring twice"})
    person = ana.do("insert", "contact", {"account_id": prospect, "full_name": "Jo Doe", "role": "owner"})
    ana.do("edit", "opportunity", str(deal.pk), {"amount": "1500.5", "stage_id": str(world.stages["offer"].pk)})
    now = int(clock.now().timestamp() * 1000)
    fix = {"visit_id": str(visit.pk), "at": now, "lat": 42.03, "lng": -93.62, "accuracy_m": 8}
    here = ana.do("insert", "check_in", fix)
    ana.do("insert", "visit_report", {"visit_id": str(visit.pk), "outcome": "order", "answers": '{"shelf":"full"}'})
    ana.do("edit", "visit", str(visit.pk), {"state": "completed"})
    ana.do("sync")
    assert Account.objects.get(pk=prospect).notes == "Ring twice"
    assert AccountContactRelation.objects.get(pk=person).contact.full_name == "Jo Doe"
    deal.refresh_from_db()
    assert (str(deal.amount), deal.stage.name) == ("1500.50", "offer")
    assert (str(CheckIn.objects.get(visit=visit).pk), VisitReport.objects.get(visit=visit).answers) == (
        here,
        {"shelf": "full"},
    )
    assert named(ana, "check_in")[here]["verdict"] == "inside"
    assert named(ana, "visit")[str(visit.pk)]["ended_at"] > 0
    assert codes(world) == []
    before = ana.do("told")["pushes"]
    ana.do("sync")
    assert ana.do("told")["pushes"] == before


def test_what_two_people_changed_is_merged_and_comes_back_as_it_stands(world: World, begin: Begin) -> None:
    account = world.account("Ames Liquor", world.north)
    ana = begin(world.ana)
    ana.do("sync")
    ana.do("edit", "account", str(account.pk), {"name": "Anas", "segment": "Bars", "displays": 2})
    edit_account(actor=acting(world.ben), account=account, changes={"name": "Bens", "phone": "555", "displays": 3})
    ana.do("sync")
    (stands,) = ana.do("rows", "account")
    assert [stands[name] for name in ("name", "segment", "phone", "displays")] == ["Bens", "Bars", "555", 5]
    assert codes(world) == ["FIELD_CONFLICT"]
    assert [one["code"] for one in ana.do("rows", "sync_issue")] == ["FIELD_CONFLICT"]
    # Ben's word once more: what Ana set before is no claim any longer.
    ana.do("edit", "account", str(account.pk), {"name": "Anas again"})
    ana.do("sync")
    account.refresh_from_db()
    assert account.name == "Anas again"


def test_a_push_whose_reply_was_lost_counts_once_also_with_more_written_since(world: World, begin: Begin) -> None:
    account = world.account("Ames Liquor", world.north)
    ana = begin(world.ana)
    ana.do("sync")
    ana.do("edit", "account", str(account.pk), {"displays": 2, "journal": "One"})
    made = ana.do("insert", "account", {"name": "New bar", "kind": "business"})
    ana.do("lose", 1)
    with pytest.raises(Failed, match="lost"):
        ana.do("sync")
    ana.do("edit", "account", str(account.pk), {"displays": 3, "journal": "One\nTwo"})
    ana.do("edit", "account", made, {"notes": "Ring twice"})
    ana.do("sync")
    account.refresh_from_db()
    assert (account.displays, account.journal) == (3, "One\nTwo")
    assert Account.objects.get(pk=made).notes == "Ring twice"
    assert codes(world) == []


def test_what_is_deleted_there_goes_and_what_may_not_be_deleted_here_comes_back(world: World, begin: Begin) -> None:
    account = world.account("Ames Liquor", world.north)
    relation, visit = world.contact(account), world.visit(account)
    ana = begin(world.ana)
    ana.do("sync")
    AccountContactRelation.objects.filter(pk=relation.pk).update(deleted_at=clock.now())
    ana.do("remove", "visit", str(visit.pk))
    ana.do("sync")
    ana.do("sync")
    assert ana.do("rows", "contact") == []
    assert named(ana, "visit")[str(visit.pk)]["state"] == Visit.objects.get(pk=visit.pk).state == "planned"


def test_an_account_that_is_taken_away_goes_after_the_work_that_was_done_there(world: World, begin: Begin) -> None:
    account = world.account("Ames Liquor", world.north)
    world.contact(account)
    visit = world.visit(account)
    ana = begin(world.ana)
    ana.do("sync")
    ana.do("edit", "account", str(account.pk), {"notes": "Never seen by Cy"})
    ana.do("insert", "check_in", {"visit_id": str(visit.pk), "lat": 42.03, "lng": -93.62, "accuracy_m": 8})
    place_account(actor=acting(world.dee), account=account, territory=world.south)
    ana.do("sync")
    for table in ("account", "contact", "visit", "check_in"):
        assert ana.do("rows", table) == []
    assert CheckIn.objects.get(visit=visit).rep_id == world.ana.pk
    account.refresh_from_db()
    assert (account.notes, codes(world)) == ("", ["OUT_OF_SCOPE"])
    (issue,) = ana.do("rows", "sync_issue")
    assert issue["code"] == "OUT_OF_SCOPE"


def test_a_restored_server_is_met_again_with_what_was_never_sent(world: World, begin: Begin) -> None:
    account = world.account("Ames Liquor", world.north)
    ghost = world.account("Never here", world.north)
    ana = begin(world.ana)
    ana.do("sync")
    ana.do("edit", "account", str(account.pk), {"notes": "Written before"})
    made = ana.do("insert", "account", {"name": "New bar", "kind": "business"})
    with transaction.atomic():
        AccountTerritory.objects.filter(account=ghost).delete()
        Address.objects.filter(account=ghost).delete()
        ghost.delete()
        epoch.renew()
    ana.do("sync")
    assert named(ana, "account").keys() == {str(account.pk), made}
    account.refresh_from_db()
    assert account.notes == "Written before"


POISON: list[dict[str, Any]] = [
    {"notes": "a\u0000b"},
    {"service_minutes": 10**12},
    {"lifecycle": "married"},
    {"tier": "A+"},
    {"tags": "[["},
]


def test_poison_blocks_nothing_behind_it(world: World, begin: Begin) -> None:
    accounts = [world.account(f"Store {number}", world.north) for number in range(len(POISON) + 1)]
    ana = begin(world.ana)
    ana.do("sync")
    for account, poison in zip(accounts, POISON, strict=False):
        ana.do("edit", "account", str(account.pk), poison)
    ana.do("insert", "account", {"name": "Ghost", "kind": "business"}, "nouuid")
    ana.do("insert", "contact", {"account_id": str(new_id()), "full_name": "Nobodys"})
    ana.do("edit", "account", str(accounts[-1].pk), {"notes": "Behind all that"})
    ana.do("sync")
    assert named(ana, "account").keys() == {str(account.pk) for account in accounts}
    assert ana.do("rows", "contact") == []
    accounts[-1].refresh_from_db()
    assert accounts[-1].notes == "Behind all that"
    assert {one["tier"] for one in ana.do("rows", "account")} == {"A"}
    assert ana.do("told")["pushes"] == 1


def test_five_thousand_rows_come_at_once(world: World, begin: Begin) -> None:
    rows = Account.objects.bulk_create(Account(org=world.org, name=f"Store {n:04}") for n in range(2500))
    since = clock.now() - timedelta(days=1)
    AccountTerritory.objects.bulk_create(
        AccountTerritory(org=world.org, account=row, territory=world.north, source="manual", valid_from=since)
        for row in rows
    )
    people = Contact.objects.bulk_create(Contact(org=world.org, full_name=f"Jo {n:04}") for n in range(2500))
    AccountContactRelation.objects.bulk_create(
        AccountContactRelation(org=world.org, account=row, contact=one) for row, one in zip(rows, people, strict=True)
    )
    ana = begin(world.ana)
    ana.do("sync")
    assert named(ana, "account").keys() == {str(row.pk) for row in rows}
    assert len(named(ana, "contact")) == 2500
    assert ana.do("told") == {"pushes": 0, "pulls": 1}
