"""What each field's policy means for two people at one account, and that no field is without one."""

import json
from typing import Any

import pytest
from django.db import connection

from backend.crm.models import Account, Activity, Address
from backend.kit import clock
from backend.kit.field_rules import Merge
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.sync.mutators.merging import PATCHES, standing
from backend.sync.protocol import Status
from backend.sync.tables import BY_ENTITY
from tests.factories.replica import Phone, Replica, codes
from tests.factories.world import World


def test_every_column_a_phone_may_edit_says_how_it_is_merged() -> None:
    undeclared = {
        f"{model.__name__}.{column}"
        for table in PATCHES.values()
        for model, column in table.columns.values()
        if column not in getattr(model, "FIELD_RULES", {})
    }
    assert undeclared == set()


def test_every_column_a_phone_may_edit_is_one_it_is_sent() -> None:
    unseen = {entity: set(table.columns) - set(BY_ENTITY[entity].columns) for entity, table in PATCHES.items()}
    assert {entity: names for entity, names in unseen.items() if names} == {}


def test_every_policy_is_used() -> None:
    used = {rule.policy for table in PATCHES.values() for rule in table.fields.values()}
    assert used == set(Merge)


@pytest.mark.trap(14)
def test_what_stands_is_read_as_the_phones_are_sent_it(field: World) -> None:
    """Trap 14: the merge compares with exactly what a row on the wire says."""
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(
        tags=["bar"], displays=3, journal="Mon", visit_windows=[{"weekday": 1, "from": "09:00", "to": "17:00"}]
    )
    deal, relation = field.deal(account), field.contact(account)
    line = deal.lines.create(org=field.org, product=field.product, quantity="2", unit_price="12.5")
    task = Activity.objects.create(org=field.org, account=account, owner=field.ana, kind="task", subject="x")
    Activity.objects.filter(pk=task.pk).update(due_at=clock.now().replace(microsecond=120_000))
    deal.close_date = clock.now().date()
    deal.save()
    rows: dict[str, tuple[Any, ...]] = {
        "account": (account,),
        "address": (Address.objects.get(),),
        "contact": (relation, relation.contact),
        "opportunity": (deal,),
        "opportunityLine": (line,),
        "activity": (task,),
        "visit": (field.visit(account),),
    }
    for entity, found in rows.items():
        for row in found:
            row.refresh_from_db()
        stands = standing(PATCHES[entity], *found)
        with connection.cursor() as cursor:
            cursor.execute(f"{BY_ENTITY[entity].select()} AND t.id = %s", [found[0].pk])
            sent = json.loads(cursor.fetchone()[2])
        for name, rule in PATCHES[entity].fields.items():
            assert rule.wire(stands[name]) == sent[name], (entity, name)


def clash(field: World, phone: Phone, name: str, base: Any, bens: Any, anas: Any) -> tuple[Account, Replica, Status]:
    """Ben edits a field of Hilltop, then Ana's edit of it arrives, made on what both saw."""
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(**{name: base})
    ben, ana = phone(field.ben), phone(field.ana)
    wire = {"lifecycle": "lifecycle"}.get(name, name)
    assert codes(ben.push(ben.mutation("account.patch", account.pk, base={wire: base}, set={wire: bens}))) == [
        (Status.APPLIED, None)
    ]
    [result] = ana.push(ana.mutation("account.patch", account.pk, base={wire: base}, set={wire: anas})).results
    account.refresh_from_db()
    return account, ana, result.status


def test_both_pin_a_tag_and_one_is_taken_off(field: World, phone: Phone) -> None:
    account, _, status = clash(field, phone, "tags", ["old", "bar"], ["bar", "terrace"], ["old", "bar", "winter"])
    assert (status, account.tags) == (Status.APPLIED, ["bar", "terrace", "winter"])


def test_both_put_up_displays_and_all_are_counted(field: World, phone: Phone) -> None:
    account, _, status = clash(field, phone, "displays", 2, 5, 3)
    assert (status, account.displays) == (Status.APPLIED, 6)


def test_more_displays_taken_down_than_stand_there_is_asked_about(field: World, phone: Phone) -> None:
    account, _, status = clash(field, phone, "displays", 2, 0, 1)
    assert (status, account.displays) == (Status.CONFLICT, 0)


def test_both_write_in_the_journal_and_both_lines_stand(field: World, phone: Phone) -> None:
    account, _, status = clash(field, phone, "journal", "Mon: ok", "Mon: ok\nTue: ben", "Mon: ok\nTue: ana")
    assert (status, account.journal) == (Status.APPLIED, "Mon: ok\nTue: ben\nTue: ana")


def test_a_journal_rewritten_is_asked_about(field: World, phone: Phone) -> None:
    account, _, status = clash(field, phone, "journal", "Mon: ok", "Mon: ok\nTue: ben", "Mon: bad")
    assert (status, account.journal) == (Status.CONFLICT, "Mon: ok\nTue: ben")


def test_a_lifecycle_moves_from_where_it_stands(field: World, phone: Phone) -> None:
    account, _, status = clash(field, phone, "lifecycle", "prospect", "active", "lapsed")
    assert (status, account.lifecycle) == (Status.APPLIED, "lapsed")


def test_a_lifecycle_that_cannot_move_from_there_is_asked_about(field: World, phone: Phone) -> None:
    account, _, status = clash(field, phone, "lifecycle", "active", "closed", "lapsed")
    assert (status, account.lifecycle) == (Status.CONFLICT, "closed")


def test_notes_keep_the_other_text_whole_in_the_inbox(field: World, phone: Phone) -> None:
    long = "Ask for Jo. " * 2_000
    account, _, status = clash(field, phone, "notes", "", "Ask for Maria", long)
    assert (status, account.notes) == (Status.CONFLICT, "Ask for Maria")
    assert SyncIssue.objects.get().mine["notes"] == long


def test_a_boost_the_office_set_meanwhile_stands_and_nobody_is_asked(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ben, bens_other = phone(field.ben), phone(field.ben)
    ben.push(ben.mutation("account.patch", account.pk, base={"boost": 0}, set={"boost": 10}))
    late = bens_other.mutation(
        "account.patch", account.pk, base={"boost": 0, "notes": ""}, set={"boost": -5, "notes": "x"}
    )
    [result] = bens_other.push(late).results
    account.refresh_from_db()
    assert (result.status, result.code, result.fields) == (
        Status.MERGED,
        "SERVER_WINS",
        {"boost": "the server's stands"},
    )
    assert (account.boost, account.notes, SyncIssue.objects.count()) == (10, "x", 0)


def test_the_tier_is_the_offices_to_say(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    reply = ana.push(
        ana.mutation("account.patch", account.pk, base={"tier": "A"}, set={"tier": "B"}),
        ana.mutation("account.patch", account.pk, base={"tier": "A"}, set={"tier": "A", "phone": "1"}),
        ana.mutation("account.patch", account.pk, set={"displays": 3}),
    )
    assert codes(reply) == [
        (Status.REJECTED, "SERVER_FIELD"),
        (Status.APPLIED, None),
        (Status.REJECTED, "BASE_REQUIRED"),
    ]


def test_the_owner_of_a_task_has_the_last_word_on_it(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    task = Activity.objects.create(org=field.org, account=account, owner=field.ana, kind="task", subject="Call")
    ben, ana = phone(field.ben), phone(field.ana)
    ben.push(ben.mutation("activity.patch", task.pk, base={"subject": "Call"}, set={"subject": "Call Jo"}))
    [result] = ana.push(
        ana.mutation("activity.patch", task.pk, base={"subject": "Call"}, set={"subject": "Write"})
    ).results
    task.refresh_from_db()
    assert (result.status, task.subject) == (Status.APPLIED, "Write")


def test_a_point_is_one_thing_of_two_numbers(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north, lat=42.0, lng=-93.0)
    address = Address.objects.get()
    ben, ana = phone(field.ben), phone(field.ana)
    base = {"lat": 42.0, "lng": -93.0}
    ben.push(ben.mutation("address.patch", address.pk, base=base, set={"lat": 42.5, "lng": -93.0}))
    wanted = {"lat": 41.0, "lng": -92.0, "city": "Nevada"}
    [result] = ana.push(ana.mutation("address.patch", address.pk, base={**base, "city": "Ames"}, set=wanted)).results
    address.refresh_from_db()
    assert (result.status, set(result.fields)) == (Status.MERGED, {"lat", "lng"})
    assert (address.lat, address.lng, address.city, account.pk) == (42.5, -93.0, "Nevada", address.account_id)


@pytest.mark.trap(14)
@pytest.mark.parametrize("echo", ["1200", 1200, 1200.0, "1200.00"])
def test_money_echoed_in_any_way_is_no_conflict(field: World, phone: Phone, echo: Any) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    base = {"amount": echo, "closeDate": None, "notes": None}
    sent = ana.mutation("opportunity.patch", deal.pk, base=base, set={"amount": "1500", "closeDate": "2026-12-24"})
    assert codes(ana.push(sent)) == [(Status.APPLIED, None)]
    deal.refresh_from_db()
    assert (str(deal.amount), str(deal.close_date)) == ("1500.00", "2026-12-24")


def test_an_address_written_down_on_the_road(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    Address.objects.all().delete()
    ana, made = phone(field.ana), new_id()
    args = {"accountId": str(account.pk), "street": "5 Main", "lat": 42.1, "lng": -93.1}
    assert codes(ana.push(ana.mutation("address.create", made, args=args))) == [(Status.APPLIED, None)]
    address = Address.objects.get(pk=made)
    assert (address.is_primary, address.quality, address.street) == (True, "source", "5 Main")
    reply = ana.push(ana.mutation("address.patch", made, base={"lat": 42.1}, set={"lat": None}))
    assert codes(reply) == [(Status.REJECTED, "POINT_SHAPE")]
