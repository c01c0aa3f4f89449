"""Apollo and urql, unmodified: they ask, write, listen and wait for the line. The code is that of their pages."""

from collections.abc import Callable

import pytest

from backend.crm.models import Account, Activity, Opportunity
from backend.identity.models import User
from backend.kit.ids import new_id
from tests.clients.client import Client, write_page
from tests.config.serving import until
from tests.factories.world import World

pytestmark = pytest.mark.xdist_group("clients")

Begin = Callable[[str], Client]


@pytest.fixture
def begin(world: World, start: Callable[[str, User], Client]) -> Begin:
    """Starts a client for Ana; both pages borrow the session of RxDB's."""
    write_page("rxdb")
    return lambda kind: start(kind, world.ana)


@pytest.mark.parametrize("kind", ["apollo", "urql"])
def test_ana_sees_hers_and_writes(world: World, begin: Begin, kind: str) -> None:
    account = world.account("Ames Liquor", world.north)
    world.account("Cys", world.south)
    ana = begin(kind)
    assert ana.do("accounts") == [{"id": str(account.pk), "name": "Ames Liquor", "phone": ""}]
    ana.do("edit", str(account.pk), {"name": "Ames Liquor", "phone": "555"})
    until(lambda: Account.objects.get(pk=account.pk).phone == "555", "the edit")
    assert ana.do("accounts", "cache-only") == [{"id": str(account.pk), "name": "Ames Liquor", "phone": "555"}]


@pytest.mark.parametrize("kind", ["apollo", "urql"])
def test_a_deal_that_changes_is_heard_of_and_cys_is_not(world: World, begin: Begin, kind: str) -> None:
    hers, his = world.deal(world.account("Ames Liquor", world.north)), world.deal(world.account("Cys", world.south))
    ana = begin(kind)
    ana.do("listen")

    def heard() -> bool:
        Opportunity.objects.filter(pk=his.pk).update(name="His secret")
        Opportunity.objects.filter(pk=hers.pk).update(name="Winter order")
        return bool(ana.do("told"))

    until(heard, "the deal")
    assert set(ana.do("told")) == {"Winter order"}


@pytest.mark.parametrize("kind", ["apollo", "urql"])
def test_what_was_written_without_a_line_is_shown_at_once_and_sent_once_in_order(
    world: World, begin: Begin, kind: str
) -> None:
    account = world.account("Ames Liquor", world.north)
    ana = begin(kind)
    ana.do("accounts")
    ana.do("cut")
    for changes in ({"phone": "1"}, {"name": "Ames Bar"}, {"phone": "2"}, {"segment": "Bars"}):
        ana.do("edit", str(account.pk), changes)
    shown = {"id": str(account.pk), "name": "Ames Bar", "phone": "2"}
    until(lambda: bool(ana.do("accounts", "cache-only") == [shown]), "what is still in line")
    assert ana.do("sent") == 0
    ana.do("mend")
    until(lambda: Account.objects.get(pk=account.pk).segment == "Bars", "the last edit")
    account.refresh_from_db()
    assert (account.name, account.phone, ana.do("sent")) == ("Ames Bar", "2", 4)
    assert ana.do("accounts") == [shown]


def test_a_note_whose_reply_was_lost_is_made_once(world: World, begin: Begin) -> None:
    account = world.account("Ames Liquor", world.north)
    ana, note = begin("apollo"), str(new_id())
    ana.do("lose", 1)
    ana.do("note", {"id": note, "kind": "note", "subject": "Ask for Jo", "accountId": str(account.pk)})
    assert ana.do("settled") == ["ID_TAKEN"]
    assert [str(one.pk) for one in Activity.objects.filter(account=account)] == [note]
    assert ana.do("sent") == 2
