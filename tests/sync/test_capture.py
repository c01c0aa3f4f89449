"""What the change log must see: children and parents written in any order, and two writers at once."""

from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account, Contact, Opportunity, OpportunityLine
from backend.field.models import Visit
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync import capture, live
from backend.sync.models import BulkChange, Change
from backend.territories.models import AccountTerritory
from tests.factories.replica import Phone, pulled, same_as_new
from tests.factories.world import World


def line_of(field: World, deal: Opportunity) -> OpportunityLine:
    """Makes a line that is not saved yet."""
    return OpportunityLine(org=field.org, opportunity=deal, product=field.product, quantity=1, unit_price=1)


def later(line: BaseDatabaseWrapper, sql: str, params: list[UUID]) -> Thread:
    """Runs a statement on another line in a thread and commits it; it may have to wait for this one."""

    def run() -> None:
        with line.cursor() as cursor:
            cursor.execute(sql, params)
        line.commit()
        line.close()

    line.inc_thread_sharing()
    thread = Thread(target=run)
    thread.start()
    thread.join(timeout=0.5)
    return thread


def test_a_line_written_before_its_deal_arrives(field: World, phone: Phone, other: BaseDatabaseWrapper) -> None:
    """Foreign keys are asked at the commit, so children may come first."""
    account = field.account("Hilltop", field.north)
    deal = field.deal(account)
    ana = pulled(phone(field.ana))
    new = new_id()
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_opportunityline (id, org_id, version, created_at, updated_at, opportunity_id, product_id, "
            "quantity, unit_price) VALUES (%s, %s, 1, now(), now(), %s, %s, 1, 1)",
            [new_id(), field.org.pk, new, field.product.pk],
        )
        cursor.execute(
            "INSERT INTO crm_opportunity SELECT (o).* FROM (SELECT jsonb_populate_record(o, jsonb_build_object('id', "
            "%s::text)) AS o FROM crm_opportunity o WHERE o.id = %s) s",
            [str(new), deal.pk],
        )
    other.commit()
    ana.pull()
    assert len(ana.of("opportunityLine")) == 1
    assert same_as_new(ana, field)


def test_lines_deleted_after_their_deal_leave(field: World, phone: Phone, other: BaseDatabaseWrapper) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    bare = Opportunity.objects.create(
        org=field.org, account=deal.account, owner=field.ana, name="Bare", pipeline=field.pipeline, stage=deal.stage
    )
    line_of(field, bare).save()
    ana = pulled(phone(field.ana))
    with other.cursor() as cursor:
        cursor.execute("DELETE FROM crm_opportunity WHERE id = %s", [bare.pk])
        cursor.execute("DELETE FROM crm_opportunityline WHERE opportunity_id = %s", [bare.pk])
    other.commit()
    ana.pull()
    assert ana.of("opportunityLine") == {}
    assert same_as_new(ana, field)


def test_a_line_added_while_its_deal_moves_arrives_where_the_deal_went(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    """Neither transaction sees the other's row; the line must follow all the same."""
    deal = field.deal(field.account("Hilltop", field.north))
    south = field.account("Valley", field.south)
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_opportunityline (id, org_id, version, created_at, updated_at, opportunity_id, product_id, "
            "quantity, unit_price) VALUES (%s, %s, 1, now(), now(), %s, %s, 1, 1)",
            [new_id(), field.org.pk, deal.pk, field.product.pk],
        )
    mover = connections.create_connection("default")
    mover.set_autocommit(False)
    thread = later(mover, "UPDATE crm_opportunity SET account_id = %s WHERE id = %s", [south.pk, deal.pk])
    other.commit()
    thread.join()
    for replica in (ana, cy):
        replica.pull()
        assert same_as_new(replica, field)
    assert len(cy.of("opportunityLine")) == 1


def test_a_line_dropped_while_its_deal_moves_is_dropped_where_the_deal_went(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    line_of(field, deal).save()
    south = field.account("Valley", field.south)
    cy = pulled(phone(field.cy))
    with other.cursor() as cursor:
        cursor.execute("DELETE FROM crm_opportunityline WHERE opportunity_id = %s", [deal.pk])
    mover = connections.create_connection("default")
    mover.set_autocommit(False)
    thread = later(mover, "UPDATE crm_opportunity SET account_id = %s WHERE id = %s", [south.pk, deal.pk])
    cy.pull()
    other.commit()
    thread.join()
    cy.pull()
    assert same_as_new(cy, field)


def test_a_contact_renamed_while_taken_into_another_account_shows_the_new_name(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    person = field.contact(field.account("Hilltop", field.north)).contact
    south = field.account("Valley", field.south)
    cy = pulled(phone(field.cy))
    with other.cursor() as cursor:
        cursor.execute("UPDATE crm_contact SET full_name = 'Maria V.' WHERE id = %s", [person.pk])
    writer = connections.create_connection("default")
    writer.set_autocommit(False)
    thread = later(
        writer,
        "INSERT INTO crm_accountcontactrelation (id, org_id, version, created_at, updated_at, account_id, contact_id, "
        "role, is_primary) VALUES (%s, %s, 1, now(), now(), %s, %s, '', false)",
        [new_id(), field.org.pk, south.pk, person.pk],
    )
    cy.pull()
    other.commit()
    thread.join()
    cy.pull()
    assert Contact.objects.get(pk=person.pk).full_name == "Maria V."
    assert [row["fullName"] for row in cy.of("contact").values()] == ["Maria V."]


def test_an_account_that_comes_or_goes_is_told_as_a_change_of_scope(field: World) -> None:
    """Dee sees all accounts: a new one, or one brought back, is new to her without any territory."""
    before = live.read_after(None).snapshot
    account = field.account("Hilltop", None)
    assert ("~scope", account.pk) in {(one.entity, one.root) for one in live.read_after(before).changes}
    before = live.read_after(None).snapshot
    account.name = "Renamed"
    account.save()
    assert {one.entity for one in live.read_after(before).changes} == {"account"}
    before = live.read_after(None).snapshot
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_account SET deleted_at = now() WHERE id = %s", [account.pk])
    assert {one.entity for one in live.read_after(before).changes} == {"account", "~scope"}
    assert Change.objects.filter(entity="~scope", root=account.pk).count() == 2


def test_a_deal_and_its_lines_deleted_by_one_statement_leave(field: World, phone: Phone) -> None:
    """Neither trigger finds the other's rows: both are gone when the first of them runs."""
    for by in ("parent", "child"):
        deal = bare_deal(field, by)
        ana = pulled(phone(field.ana))
        first, second, keys = ("crm_opportunity", "crm_opportunityline", ("id", "opportunity_id"))
        if by == "child":
            first, second, keys = second, first, keys[::-1]
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH gone AS (DELETE FROM {first} WHERE {keys[0]} = %s RETURNING {keys[0]} AS key) "
                f"DELETE FROM {second} WHERE {keys[1]} IN (SELECT key FROM gone)",
                [deal.pk],
            )
        ana.pull()
        assert ana.of("opportunityLine") == {}
        assert same_as_new(ana, field)


def test_a_deal_that_moves_while_its_lines_go_in_one_statement_leaves_nothing_behind(
    field: World, phone: Phone
) -> None:
    south = field.account("Valley", field.south)
    other_deal = bare_deal(field, "stays")
    changes = (
        "DELETE FROM crm_opportunityline WHERE opportunity_id IN (SELECT id FROM moved)",
        "UPDATE crm_opportunityline SET opportunity_id = %(other)s WHERE opportunity_id IN (SELECT id FROM moved)",
    )
    for change in changes:
        deal = bare_deal(field, change[:6])
        ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH moved AS (UPDATE crm_opportunity SET account_id = %(south)s WHERE id = %(deal)s RETURNING id) "
                + change,
                {"south": south.pk, "deal": deal.pk, "other": other_deal.pk},
            )
        for one in (ana, cy):
            one.pull()
            assert same_as_new(one, field)


def bare_deal(field: World, name: str) -> Opportunity:
    """Makes a deal without a history, with one line."""
    deal = Opportunity.objects.create(
        org=field.org,
        account=field.account(name, field.north),
        owner=field.ana,
        name=name,
        pipeline=field.pipeline,
        stage=field.stages["new"],
    )
    line_of(field, deal).save()
    return deal


def test_a_table_that_is_truncated_is_empty_on_phones_too(field: World, phone: Phone) -> None:
    line_of(field, field.deal(field.account("Hilltop", field.north))).save()
    ana = pulled(phone(field.ana))
    assert ana.of("opportunityLine")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE crm_opportunityline, crm_stagehistory")
    ana.pull()
    assert (ana.of("opportunityLine"), ana.of("stageHistory")) == ({}, {})
    assert same_as_new(ana, field)


@pytest.mark.parametrize("number", [capture.MANY, capture.MANY + 1])
def test_one_statement_on_many_rows_is_seen_whole_and_where_each_row_went(
    field: World, phone: Phone, number: int
) -> None:
    hill, south, now = field.account("Hilltop", field.north), field.account("Valley", field.south), clock.now()
    Visit.objects.bulk_create(
        Visit(org=field.org, account=hill, rep=field.ana, planned_start=now, planned_end=now + timedelta(minutes=30))
        for _ in range(number)
    )
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    assert len(ana.of("visit")) == number
    Visit.objects.update(account=south)
    assert BulkChange.objects.exists() is (number > capture.MANY)
    for one in (ana, cy):
        one.pull()
        assert same_as_new(one, field)
    Visit.objects.all().delete()
    for one in (ana, cy):
        one.pull()
        assert one.of("visit") == {}


def test_a_change_of_scope_for_a_crowd_is_one_word_to_its_org(field: World) -> None:
    accounts = Account.objects.bulk_create(
        Account(org=field.org, name=f"Store {number}") for number in range(capture.MASS + 1)
    )
    before = live.read_after(None).snapshot
    AccountTerritory.objects.bulk_create(
        AccountTerritory(org=field.org, account=one, territory=field.north, source="manual", valid_from=clock.now())
        for one in accounts
    )
    told = live.read_after(before).changes
    assert [(one.entity, one.root, one.for_all) for one in told] == [("~scope", field.org.pk, True)]
    before = live.read_after(None).snapshot
    AccountTerritory.objects.filter(account__in=accounts[:5]).update(valid_to=clock.now() + timedelta(days=1))
    assert {(one.root, one.for_all) for one in live.read_after(before).changes} == {
        (one.pk, False) for one in accounts[:5]
    }


def test_the_id_of_a_row_stays(field: World) -> None:
    """Phones know a row by it; the triggers count on that."""
    account = field.account("Hilltop", field.north)
    with pytest.raises(IntegrityError, match="does not change"):
        Account.objects.filter(pk=account.pk).update(id=new_id())


def test_the_database_has_the_triggers_that_the_tables_call_for(field: World) -> None:
    """A table or column added to the wire needs a migration that writes the functions anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'sync_capture_%'")
        sources = dict(cursor.fetchall())
    for table in capture.captured_tables():
        assert sources[f"sync_capture_{table}"] in capture.function_sql(table)
