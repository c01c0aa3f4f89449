"""A client that takes everything in one answer and trusts what a push took."""

from typing import Any

import pytest

from backend.crm.actions import edit_account
from backend.crm.models import Account
from backend.identity.models import Device
from backend.kit.errors import Invalid
from backend.kit.ids import new_id
from backend.sync.facades import watermelon
from backend.sync.facades.watermelon import Changes, pull_changes, push_changes
from backend.sync.models import SyncIssue
from backend.territories.actions import place_account
from tests.factories.world import World, acting


class Phone:
    """One such client: asks, and counts from the answer it took last."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.device: Device = world.phone(world.ana)
        self.last: float | None = None

    def pull(self, *, unsent: bool = False, lost: bool = False, **more: Any) -> Changes:
        """Asks for what changed; a lost answer changes nothing here."""
        actor = acting(self.world.ana, self.device)
        found = pull_changes(actor=actor, device_id=self.device.pk, last=self.last, unsent=unsent, **more)
        if not lost:
            self.last = found.timestamp
        return found

    def push(self, **changes: Any) -> None:
        """Sends changes of tables."""
        push_changes(actor=acting(self.world.ana, self.device), device_id=self.device.pk, changes=changes)


def ids(changes: Changes, table: str, part: str = "updated") -> set[str]:
    """Returns the ids of one part of a table's changes."""
    return {one if isinstance(one, str) else one["id"] for one in changes.changes[table][part]}


def test_an_answer_names_every_table_and_speaks_of_nothing_as_created(field: World) -> None:
    account = field.account("Ames Liquor", field.north)
    field.account("Cys", field.south)
    found = Phone(field).pull()
    assert ids(found, "account") == {str(account.pk)}
    assert set(found.changes) == {watermelon.table(entity) for entity in watermelon.TABLES}
    assert {len(part["created"]) for part in found.changes.values()} == {0}
    (raw,) = found.changes["account"]["updated"]
    assert not {"_status", "_changed"} & raw.keys()
    assert {type(value) for value in raw.values()} <= {str, int, float, bool, type(None)}


def test_a_lost_answer_is_given_again_whole_and_each_has_a_later_number(field: World) -> None:
    kept, lost = field.account("Kept", field.north), field.account("Lost", field.north)
    ana = Phone(field)
    ana.pull()
    place_account(actor=acting(field.dee), account=lost, territory=field.south)
    edit_account(actor=acting(field.dee), account=kept, changes={"notes": "new"})
    numbers = [ana.last or 0]
    for _ in range(3):
        found = ana.pull(lost=True)
        assert (ids(found, "account"), ids(found, "account", "deleted")) == ({str(kept.pk)}, {str(lost.pk)})
        numbers.append(found.timestamp)
    assert numbers == sorted(set(numbers))
    ana.pull()
    found = ana.pull()
    assert (ids(found, "account"), ids(found, "account", "deleted")) == (set(), set())


def test_nothing_is_taken_away_while_there_is_unsent_work_however_often_it_asks(field: World) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = Phone(field)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    for _ in range(3):
        found = ana.pull(unsent=True)
        assert (ids(found, "account"), ids(found, "account", "deleted")) == (set(), set())
    assert ids(ana.pull(), "account", "deleted") == {str(account.pk)}


def test_what_comes_back_before_it_was_taken_away_stays(field: World) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = Phone(field)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull(unsent=True)
    place_account(actor=acting(field.dee), account=account, territory=field.north)
    found = ana.pull()
    assert (ids(found, "account"), ids(found, "account", "deleted")) == ({str(account.pk)}, set())


@pytest.mark.parametrize("last", [1.0, 2.0**52])
def test_a_number_we_never_gave_asks_for_a_replacement_after_the_push(field: World, last: float) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = Phone(field)
    ana.last = last
    waiting = ana.pull(unsent=True)
    assert (waiting.timestamp, waiting.strategy, ids(waiting, "account")) == (last, None, set())
    found = ana.pull()
    assert (found.strategy, ids(found, "account")) == ("replacement", {str(account.pk)})


@pytest.mark.parametrize("last", [0.0, -1.0, 1.5, float("nan"), float("inf"), 2.0**60])
def test_what_is_no_number_of_an_answer_is_refused(field: World, last: float) -> None:
    ana = Phone(field)
    ana.last = last
    with pytest.raises(Invalid):
        ana.pull()


def test_a_new_schema_is_given_the_rows_of_its_new_columns_again(field: World) -> None:
    account, contact = field.account("Ames Liquor", field.north), field.contact(field.account("Bar", field.north))
    ana = Phone(field)
    ana.pull()
    found = ana.pull(migration={"from": 1, "tables": ["contact", "own"], "columns": [{"table": "account"}]})
    assert str(account.pk) in ids(found, "account")
    assert ids(found, "contact") == {str(contact.pk)}
    assert ids(found, "stage") == set()
    ana.pull()
    assert ids(ana.pull(), "account") == set()


def test_without_a_base_the_clients_columns_win_and_with_one_they_are_merged(field: World) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = Phone(field)
    (raw,) = ana.pull().changes["account"]["updated"]
    edit_account(actor=acting(field.ben), account=account, changes={"name": "Bens"})
    ana.push(account={"created": [], "updated": [raw | {"name": "Anas", "_changed": "name"}], "deleted": []})
    account.refresh_from_db()
    assert account.name == "Bens"
    assert SyncIssue.objects.count() == 1
    bare = {key: value for key, value in raw.items() if key != "base"}
    ana.push(account={"created": [], "updated": [bare | {"name": "Anas", "_changed": "name"}], "deleted": []})
    account.refresh_from_db()
    assert account.name == "Anas"


def test_the_same_edit_again_after_somebody_took_it_back_is_another(field: World) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = Phone(field)
    for _ in range(2):
        (raw,) = ana.pull().changes["account"]["updated"]
        ana.push(account={"created": [], "updated": [raw | {"segment": "Bars", "_changed": "segment"}], "deleted": []})
        account.refresh_from_db()
        assert account.segment == "Bars"
        edit_account(actor=acting(field.ben), account=account, changes={"segment": ""})


def test_what_a_push_did_not_take_comes_again_untouched(field: World) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = Phone(field)
    (raw,) = ana.pull().changes["account"]["updated"]
    ana.push(
        account={"created": [{"id": "no uuid", "name": "Ghost"}], "updated": [raw | {"name": "", "_changed": "name"}]},
        stage={"updated": [{"id": str(field.stages["won"].pk), "name": "Mine", "_changed": "name"}]},
    )
    for _ in range(2):
        found = ana.pull(lost=True)
        assert (ids(found, "account"), ids(found, "account", "deleted")) == ({str(account.pk)}, {"no uuid"})
        assert [(one["id"], one["name"]) for one in found.changes["stage"]["updated"]] == [
            (str(field.stages["won"].pk), "won")
        ]
    ana.pull()
    found = ana.pull()
    assert (ids(found, "account"), ids(found, "account", "deleted"), ids(found, "stage")) == (set(), set(), set())


@pytest.mark.parametrize(
    "changes",
    [
        {"own": {"created": [{"id": "x"}], "updated": [], "deleted": []}},
        {"account": {"created": [{"name": "no id"}]}},
        {"account": {"created": "x"}},
        {"account": []},
    ],
)
def test_what_no_such_client_sends_is_refused_whole(field: World, changes: dict[str, Any]) -> None:
    ana = Phone(field)
    with pytest.raises(Invalid):
        ana.push(**changes, contact={"created": [{"id": str(new_id())}]})
    assert SyncIssue.objects.count() == 0


def test_more_than_one_answer_can_hold_is_refused_and_not_shortened(
    field: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watermelon, "MOST_ROWS", 5)
    for number in range(6):
        field.account(f"Store {number}", field.north)
    with pytest.raises(Invalid) as caught:
        Phone(field).pull()
    assert caught.value.code == "SCOPE_TOO_LARGE"
    assert Account.objects.count() == 6
