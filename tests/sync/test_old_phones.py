"""Apps that were not updated: they pull, push, conflict and begin anew beside updated ones, each in its own words."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from backend.crm.models import Account
from backend.identity.models import Role, User
from backend.kit.ids import new_id
from backend.sync import epoch, pictures, versions
from backend.sync.models import SyncIssue
from backend.sync.protocol import ResetReason, Status
from backend.sync.tables import TABLES
from backend.sync.versions import NOTICE, newest
from backend.sync.view import view_for
from backend.territories.coverage import visible_root_kinds
from tests.factories.replica import Phone, Replica, Rows, codes
from tests.factories.world import World
from tests.sync import third

Release = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    """Returns what releases version 3 in the middle of a story."""
    patch = pytest.MonkeyPatch()
    yield lambda: third.released(patch, tmp_path / "wire")
    patch.undo()


def of_version(phone: Replica, number: int) -> Replica:
    """Returns the phone with an app of a version."""
    phone.protocol = number
    return phone


def right_for(person: User, number: int) -> Rows:
    """Returns what a phone of a version must hold: what stands in the tables, told as that version told it.

    Said here once more, by hand, and not asked of the views."""
    seen = {str(root) for root in visible_root_kinds(person.pk)}
    rows: Rows = {}
    with connection.cursor() as sql:
        for table in TABLES:
            sql.execute(table.select())
            found = {(table.entity, str(row_id)): (str(root), json.loads(row)) for row_id, root, row in sql.fetchall()}
            rows |= {key: (root, row) for key, (root, row) in found.items() if root in seen}
        sql.execute("SELECT to_jsonb(a) ->> 'parking', id::text FROM crm_account a")
        parking = {row_id: where for where, row_id in sql.fetchall()}
    told: Rows = {}
    for (entity, row_id), (root, row) in rows.items():
        known = versions.picture(1).entities.get(entity) if number == 1 else list(row)
        if known is None:
            continue
        one: dict[str, Any] = {name: value for name, value in row.items() if name in known}
        if entity == "account" and number < 3:
            one["lifecycle"] = "lapsed" if row["lifecycle"] == "dormant" else row["lifecycle"]
        if entity == "account" and number == 3:
            one |= {"remarks": one.pop("notes"), "parking": parking[row_id]}
        if entity == "syncIssue" and number == 1 and row["state"] == "discarded":
            one["state"] = "resolved"
        told[(entity, row_id)] = (root, one)
    return told


def all_right(*phones: Replica, limit: int = 500) -> None:
    """Pulls each phone, and compares it with what is right for it."""
    for phone in phones:
        phone.pull(limit=limit)
        right = right_for(phone.user, phone.protocol)
        assert phone.rows == right, phone.protocol


def sleep(account: Account) -> None:
    """Puts an account into the state that older phones do not know."""
    with connection.cursor() as sql:
        sql.execute("UPDATE crm_account SET lifecycle = 'dormant' WHERE id = %s", [account.pk])


@pytest.mark.trap(26)
def test_old_and_new_phones_live_through_a_migration(field: World, phone: Phone, release: Release) -> None:
    """Two that stay what they are and one that is updated; a state and a column come that the old ones do not know."""
    hilltop = field.account("Hilltop", field.north)
    field.deal(hilltop)
    oldest, old, updated = (of_version(phone(field.ana), number) for number in (1, 2, 2))
    all_right(oldest, old, updated)
    with release():
        new = of_version(phone(field.ben), 3)
        all_right(oldest, old, new)
        sleep(hilltop)
        updated.protocol = 3
        all_right(oldest, old, updated, new, limit=2)
        [row] = old.of("account").values()
        assert (row["lifecycle"], "parking" in row, "remarks" in row) == ("lapsed", False, False)
        [row] = new.of("account").values()
        assert (row["lifecycle"], row["parking"], "notes" in row) == ("dormant", "street", False)
        epoch.renew()
        all_right(oldest, old, updated, new, limit=3)
        assert [one.resets for one in (oldest, old, updated, new)] == [[ResetReason.EPOCH_CHANGED]] * 4


@pytest.mark.trap(26)
def test_an_old_phone_says_what_it_could_say_and_the_new_field_gets_its_default(
    field: World, phone: Phone, release: Release
) -> None:
    old, new = of_version(phone(field.ana), 2), of_version(phone(field.ana), 3)
    with release():
        found, other, third_one = new_id(), new_id(), new_id()
        reply = old.push(old.mutation("account.create", found, args={"name": "Found on the road"}))
        assert codes(reply) == [(Status.APPLIED, None)]
        reply = new.push(
            new.mutation("account.create", other, args={"name": "Without a word"}),
            new.mutation("account.create", third_one, args={"name": "With one", "parking": "yard"}),
        )
        assert codes(reply) == [(Status.REJECTED, "REQUIRED"), (Status.APPLIED, None)]
        all_right(old, new)
        assert {row["name"]: row["parking"] for row in new.of("account").values()} == {
            "Found on the road": "street",
            "With one": "yard",
        }


@pytest.mark.trap(26)
def test_what_an_old_phone_was_told_for_a_new_value_is_no_edit(field: World, phone: Phone, release: Release) -> None:
    """It holds lapsed for dormant, and sends lapsed as its base: nobody changed anything but itself."""
    hilltop = field.account("Hilltop", field.north)
    old = of_version(phone(field.ana), 2)
    with release():
        sleep(hilltop)
        all_right(old)
        untouched = old.mutation(
            "account.patch",
            hilltop.pk,
            base={"lifecycle": "lapsed", "notes": ""},
            set={"lifecycle": "lapsed", "notes": "Back door"},
        )
        no_base = old.mutation("account.patch", hilltop.pk, set={"lifecycle": "lapsed", "phone": "1"})
        assert codes(old.push(untouched, no_base)) == [(Status.APPLIED, None)] * 2
        hilltop.refresh_from_db()
        assert (hilltop.lifecycle, hilltop.notes) == ("dormant", "Back door")
        woken = old.mutation("account.patch", hilltop.pk, base={"lifecycle": "lapsed"}, set={"lifecycle": "active"})
        assert codes(old.push(woken)) == [(Status.APPLIED, None)]
        hilltop.refresh_from_db()
        assert hilltop.lifecycle == "active"
        all_right(old)


@pytest.mark.trap(26)
def test_an_old_and_a_new_phone_edit_the_same_field_under_two_names(
    field: World, phone: Phone, release: Release
) -> None:
    """The one says notes, the other remarks: it is one field, and the second comes too late."""
    hilltop = field.account("Hilltop", field.north)
    old, new = of_version(phone(field.ana), 2), of_version(phone(field.ben), 3)
    all_right(old)
    with release():
        all_right(new)
        mine = new.mutation("account.patch", hilltop.pk, base={"remarks": ""}, set={"remarks": "Front door"})
        assert codes(new.push(mine)) == [(Status.APPLIED, None)]
        late = old.mutation(
            "account.patch", hilltop.pk, base={"notes": "", "phone": ""}, set={"notes": "Back door", "phone": "1"}
        )
        reply = old.push(late)
        assert codes(reply) == [(Status.MERGED, "FIELD_CONFLICT")]
        assert SyncIssue.objects.get(user=field.ana).mine == {"remarks": "Back door"}
        all_right(old, new)
        assert [row["notes"] for row in old.of("account").values()] == ["Front door"]
        assert codes(old.push(late))[0] == codes(reply)[0]


@pytest.mark.trap(26)
def test_an_updated_app_keeps_its_outbox_and_fetches_only_what_changed(
    field: World, phone: Phone, release: Release
) -> None:
    """Its mutations say in which version they were written; its cursor is the old app's."""
    hilltop, asleep = field.account("Hilltop", field.north), field.account("Valley", field.north)
    Account.objects.filter(pk=asleep.pk).update(lifecycle="lapsed")
    field.deal(hilltop)
    ana = of_version(phone(field.ana), 2)
    all_right(ana)
    waiting = [
        ana.mutation("account.create", new_id(), args={"name": "Found"}, protocol=2),
        ana.mutation("account.patch", hilltop.pk, base={"notes": ""}, set={"notes": "Back door"}, protocol=2),
        ana.mutation("account.patch", asleep.pk, set={"lifecycle": "lapsed", "phone": "1"}, protocol=2),
    ]
    with release():
        sleep(asleep)
        ana.protocol = 3
        assert codes(ana.push(*waiting)) == [(Status.APPLIED, None)] * 3
        pages = ana.pull(limit=2)
        assert ana.resets == []
        assert {op["entity"] for page in pages for op in page.ops} <= {"account", "address"}
        all_right(ana)


@pytest.mark.trap(26)
def test_an_app_updated_in_the_middle_of_a_pull_throws_only_the_pages_away(
    field: World, phone: Phone, release: Release
) -> None:
    for number in range(4):
        field.account(f"Store {number}", field.north)
    ana = of_version(phone(field.ana), 1)
    ana.take(ana.ask(limit=3))
    ana.protocol = 2
    all_right(ana, limit=3)
    assert ana.resets == [ResetReason.PAGES_SUPERSEDED]
    with release():
        Account.objects.update(notes="changed")
        ana.take(ana.ask(limit=3))
        ana.protocol = 3
        all_right(ana, limit=3)
        assert ana.resets == [ResetReason.PAGES_SUPERSEDED] * 2


@pytest.mark.trap(26)
def test_pages_of_another_version_do_not_go_on_though_their_columns_are_the_same(field: World, phone: Phone) -> None:
    """Version 1 sent parents before children, version 2 sends what matters first."""
    for number in range(4):
        field.account(f"Store {number}", field.north)
    ana = of_version(phone(field.ana), 1)
    ana.entities = frozenset({"address"})
    ana.take(ana.ask(limit=2))
    ana.protocol = 2
    ana.pull(limit=2)
    assert ana.resets == [ResetReason.PAGES_SUPERSEDED]
    assert len(ana.of("address")) == 4


def test_an_app_that_goes_back_a_version_is_told_so_much_as_it_knows(field: World, phone: Phone) -> None:
    """Somebody restored the phone's older app over the same data."""
    field.account("Hilltop", field.north)
    ana = of_version(phone(field.ana), 2)
    all_right(ana)
    ana.protocol = 1
    all_right(ana)
    assert ana.resets == []


def test_a_first_phone_settles_its_inbox_in_the_words_it_knows(field: World, phone: Phone) -> None:
    """Version 2 wants to be told what to do with an issue; version 1 could only say that it was seen to."""
    hilltop = field.account("Hilltop", field.north)
    first, second = of_version(phone(field.ana), 1), of_version(phone(field.ana), 2)
    second.push(second.mutation("account.patch", hilltop.pk, base={"phone": "0"}, set={"phone": "1"}))
    issue = SyncIssue.objects.get(user=field.ana)
    all_right(first, second)
    assert codes(first.push(first.mutation("syncIssue.resolve", issue.pk))) == [(Status.APPLIED, None)]
    all_right(first, second)
    assert [row["state"] for row in first.of("syncIssue").values()] == ["resolved"]
    assert [row["state"] for row in second.of("syncIssue").values()] == ["discarded"]


def test_a_version_near_its_end_is_told_so_and_only_then() -> None:
    end = versions.until(1)
    assert end is not None
    assert versions.warnings(1, end - NOTICE) == ["PROTOCOL_ENDING"]
    assert versions.warnings(1, end - NOTICE - timedelta(days=1)) == []
    assert versions.warnings(newest(), end) == []


def test_what_older_phones_would_miss_is_told_before_it_is_released(
    field: World, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value without a translation, a column that nobody gives, a mutation that nobody takes."""
    with release():
        assert pictures.broken_promises() == []
        silent = versions.Version(3, third.THIRD.since, "Says nothing of what it changed.")
        monkeypatch.setattr(versions, "HISTORY", (*versions.HISTORY[:-1], silent))
        monkeypatch.setattr(pictures, "choices", lambda table, name: ["dormant"] if name == "lifecycle" else [])
        monkeypatch.setattr(pictures, "names", list)
        view_for.cache_clear()
        broken = "\n".join(pictures.broken_promises())
        monkeypatch.undo()
    assert "version 2 does not know account.lifecycle 'dormant'" in broken
    assert "version 1 knows a column 'notes' that nothing gives any more" in broken
    assert "version 2 may send account.create, which nothing takes any more" in broken
    assert view_for(1, Role.REP).protocol == 1
