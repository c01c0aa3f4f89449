"""A client of another maker that means no good learns nothing, and blocks nothing but itself."""

import hashlib
from typing import Any

import pytest

from backend.crm.models import Account
from backend.identity.models import Device, User
from backend.kit.errors import Busy, Invalid
from backend.kit.ids import new_id
from backend.sync.facades import watermelon
from backend.sync.facades.watermelon import pull_changes, push_changes
from tests.factories.documents import Collection
from tests.factories.world import World, acting

# Longer than a line of an index, also packed.
LONG = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))


@pytest.fixture
def phone(field: World) -> Device:
    """Ana's, with such a client."""
    return field.phone(field.ana)


def push(user: User, device: Device, **changes: Any) -> None:
    """Sends what it changed."""
    push_changes(actor=acting(user, device), device_id=device.pk, changes=changes)


def deleted(user: User, device: Device) -> dict[str, list[Any]]:
    """Returns what the next pull takes away."""
    found = pull_changes(actor=acting(user, device), device_id=device.pk, last=None, unsent=False).changes
    return {name: change["deleted"] for name, change in found.items() if change["deleted"]}


@pytest.mark.parametrize("whose", ["cys", "another org's", "nobody's"])
def test_whether_somebody_has_an_account_of_an_id_is_not_told(field: World, phone: Device, whose: str) -> None:
    """To wait for the one and refuse the other would tell which there is."""
    ids = {
        "cys": field.account("Cys", field.south).pk,
        "another org's": Account.objects.create(org=field.other_org, name="Zoes").pk,
        "nobody's": new_id(),
    }
    contacts = Collection(field.ana, phone, "contact")
    contacts.edit(new_id(), accountId=str(ids[whose]), fullName="Jo Doe")
    with pytest.raises(Busy) as told:
        contacts.push()
    assert told.value.code == "PARENT_UNKNOWN"


@pytest.mark.parametrize("row", [LONG, "nul\x00", "half \ud800"])
@pytest.mark.parametrize("table", ["account", "stage"])
def test_an_id_that_no_database_keeps_is_refused_alone(field: World, phone: Device, table: str, row: str) -> None:
    other = field.account("Ames Liquor", field.north)
    edit = {"id": str(other.pk), "segment": "Bars", "_changed": "segment", "_status": "updated"}
    push(field.ana, phone, **{table: {"created": [{"id": row}], "deleted": [row]}})
    push(field.ana, phone, account={"updated": [edit]})
    other.refresh_from_db()
    assert other.segment == "Bars"
    deleted(field.ana, phone)


@pytest.mark.parametrize("depth", [900, 400_000])
@pytest.mark.parametrize("column", ["base", "tags"])
def test_brackets_without_end_are_text(field: World, phone: Device, column: str, depth: int) -> None:
    account = field.account("Ames Liquor", field.north)
    edit = {"id": str(account.pk), "tags": "[]", "_changed": "tags", column: "[" * depth + "]" * depth}
    push(field.ana, phone, account={"updated": [edit]})
    account.refresh_from_db()
    assert account.tags == []


def test_more_documents_than_fit_a_push_are_refused_before_anything_is_done(field: World, phone: Device) -> None:
    account = field.account("Ames Liquor", field.north)
    contacts = Collection(field.ana, phone, "contact")
    for number in range(101):
        contacts.edit(new_id(), accountId=str(account.pk), contactId=str(new_id()), fullName=f"Jo {number}")
    with pytest.raises(Invalid) as told:
        contacts.push()
    assert (told.value.code, told.value.fields) == ("PUSH_TOO_LARGE", {"documents": "too many"})
    assert account.contact_relations.count() == 0
    contacts.documents.popitem()
    contacts.push()
    assert account.contact_relations.count() == 100


@pytest.mark.parametrize("part", ["created", "updated", "deleted"])
def test_more_changes_than_fit_a_push_are_refused_before_anything_is_done(
    field: World, phone: Device, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(watermelon, "MOST_CHANGES", 3)
    account = field.account("Ames Liquor", field.north)
    edit = {"id": str(account.pk), "segment": "Bars", "_changed": "segment", "_status": "updated"}
    strange = [str(new_id()) if part == "deleted" else {"id": str(new_id()), "name": "x"} for _ in range(3)]
    with pytest.raises(Invalid) as told:
        push(field.ana, phone, account={"updated": [edit]}, stage={part: strange})
    assert (told.value.code, told.value.fields) == ("PUSH_TOO_LARGE", {"changes": "4 rows"})
    account.refresh_from_db()
    assert account.segment == ""
    push(field.ana, phone, account={"updated": [edit]}, stage={part: strange[:2]})
    account.refresh_from_db()
    assert account.segment == "Bars"
