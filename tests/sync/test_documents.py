"""A store of documents that knows nothing of roots and generations is told all that is its, and all that no longer is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.crm.actions import edit_account
from backend.crm.models import Account
from backend.kit import clock
from backend.kit.errors import Busy, Invalid
from backend.kit.ids import new_id
from backend.sync import epoch
from backend.sync.facades.documents import NOBODY
from backend.sync.facades.rxdb import COLLECTIONS, MOST_DOCUMENTS, Reset, pull_documents
from backend.territories.actions import place_account
from tests.factories.documents import Collection
from tests.factories.world import World, acting

Store = Callable[..., Collection]


@pytest.fixture
def store(field: World) -> Store:
    """Gives a person a collection, on a device of their own."""
    return lambda entity, user=None: Collection(user or field.ana, field.phone(user or field.ana), entity)


def move(field: World, account: Account, territory: Any) -> None:
    """The admin gives an account to somebody else."""
    place_account(actor=acting(field.dee), account=account, territory=territory)


@pytest.mark.parametrize("limit", [1, 7, 20, 21, 100])
def test_pages_are_full_until_the_last_whatever_the_page(field: World, store: Store, limit: int) -> None:
    for number in range(20):
        field.account(f"Store {number:02}", field.north)
    field.account("Cys", field.south)
    ana = store("account")
    assert ana.pull(limit) == 20 // limit + 1
    assert sorted(one["name"] for one in ana.living().values()) == [f"Store {number:02}" for number in range(20)]
    assert ana.page(limit).documents == []


def test_a_page_larger_than_we_fill_is_refused_and_not_shortened(field: World, store: Store) -> None:
    ana = store("account")
    with pytest.raises(Invalid, match="limit"):
        ana.page(MOST_DOCUMENTS + 1)


@pytest.mark.parametrize("entity", COLLECTIONS)
def test_a_stub_has_the_types_of_a_document_and_tells_nothing(field: World, store: Store, entity: str) -> None:
    account = field.account("Ames Liquor", field.north)
    field.contact(account)
    field.deal(account)
    field.visit(account)
    ana = store(entity)
    ana.pull()
    (before,) = ana.living().values()
    move(field, account, field.south)
    ana.pull()
    (stub,) = ana.documents.values()
    assert stub["deleted"]
    assert stub.keys() == before.keys()
    emptied = {name for name, value in before.items() if value is not None and stub[name] is None}
    assert emptied == ({"accountId", "amount"} if entity == "opportunity" else set())
    told = {value for name, value in stub.items() if isinstance(value, str) and name not in ("id",)}
    assert told <= {"", NOBODY, "1970-01-01T00:00:00+00:00", "business", "prospect", "planned", "manual"}


def test_an_answer_that_was_lost_is_given_again_with_what_left(field: World, store: Store) -> None:
    accounts = [field.account(f"Store {number}", field.north) for number in range(6)]
    ana = store("account")
    ana.pull(2)
    move(field, accounts[0], field.south)
    edit_account(actor=acting(field.dee), account=accounts[1], changes={"notes": "new"})
    for _ in range(3):
        lost = ana.page(lost=True)
        assert {one["id"]: one["deleted"] for one in lost.documents} == {
            str(accounts[0].pk): True,
            str(accounts[1].pk): False,
        }
    ana.pull()
    assert str(accounts[0].pk) not in ana.living()
    assert ana.one(accounts[1].pk)["notes"] == "new"


def test_pages_that_no_longer_fit_are_begun_again_from_the_last_whole_pull(field: World, store: Store) -> None:
    accounts = [field.account(f"Store {number}", field.north) for number in range(6)]
    ana = store("account")
    ana.pull()
    for account in accounts:
        edit_account(actor=acting(field.dee), account=account, changes={"notes": "one"})
    ana.page(2)
    middle = ana.checkpoint
    ana.page(2)
    move(field, accounts[0], field.south)
    ana.page(2, lost=True)
    ana.checkpoint = middle
    ana.pull(2)
    assert {one["notes"] for one in ana.living().values()} == {"one"}
    assert ana.living().keys() == {str(account.pk) for account in accounts[1:]}


def test_an_old_checkpoint_is_mended_without_the_client(field: World, store: Store) -> None:
    accounts = [field.account(f"Store {number}", field.north) for number in range(3)]
    ana = store("account")
    ana.pull()
    old = ana.checkpoint
    move(field, accounts[0], field.south)
    ana.pull()
    move(field, accounts[0], field.north)
    ana.pull()
    move(field, accounts[1], field.south)
    ana.pull()
    ana.checkpoint = old
    ana.pull()
    assert ana.living().keys() == {str(accounts[0].pk), str(accounts[2].pk)}


def test_another_life_of_the_database_asks_for_a_new_beginning(field: World, store: Store) -> None:
    field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    epoch.renew()
    with pytest.raises(Reset) as caught:
        ana.page()
    assert caught.value.code == "EPOCH_CHANGED"


@pytest.mark.parametrize("checkpoint", ["", "x", "1.2.3", "1.nonsense", "-1.a", "1.a.b.c", "9" * 400 + ".a"])
def test_a_checkpoint_of_nobodys_asks_for_a_new_beginning(field: World, checkpoint: str) -> None:
    phone = field.phone(field.ana)
    with pytest.raises(Reset) as caught:
        pull_documents(
            actor=acting(field.ana, phone), device_id=phone.pk, entity="account", checkpoint=checkpoint, limit=10
        )
    assert caught.value.code == "CURSOR_INVALID"


def test_cys_documents_never_reach_ana_nor_does_it_show_that_there_are_any(
    field: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, nobodys = field.account("Cys secret", field.south).pk, new_id()
    field.visit(Account.objects.get(pk=secret), field.cy)
    accounts, contacts = store("account"), store("contact")
    for ana in (accounts, contacts, store("visit")):
        ana.pull()
        assert ana.documents == {}
    for guess in (secret, nobodys):
        contacts.edit(guess, accountId=str(guess), fullName="Jo Doe")
        with pytest.raises(Busy, match="not here yet"):
            contacts.push()
    later = clock.now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert [one["deleted"] for one in contacts.push()] == [True, True]
    accounts.edit(secret, name="Guessed", kind="business")
    (told,) = accounts.push()
    assert told["deleted"]
    assert "secret" not in str(told)
