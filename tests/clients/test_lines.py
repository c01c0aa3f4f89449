"""The clients of graphql-ws and graphql-sse, unmodified, on Node: they subscribe, go on from a cursor, and come back by
themselves when the line broke."""

from collections.abc import Callable

import pytest

from backend.crm.models import Opportunity
from backend.identity.models import User
from tests.clients.client import Client, write_page
from tests.config.serving import until
from tests.factories.world import World

pytestmark = pytest.mark.xdist_group("clients")

Start = Callable[[str, User], Client]


def _names(ana: Client, kind: str) -> list[str]:
    events = ana.do("told", kind)
    assert all(one.get("opportunity") for one in events), events
    return [one["opportunity"]["name"] for one in events]


@pytest.mark.parametrize("kind", ["ws", "sse"])
def test_ana_hears_goes_on_and_comes_back(world: World, start: Start, kind: str) -> None:
    write_page("rxdb")
    hers, his = world.deal(world.account("Ames Liquor", world.north)), world.deal(world.account("Cys", world.south))
    ana = start("lines", world.ana)

    def change(name: str) -> None:
        Opportunity.objects.filter(pk=his.pk).update(name="His secret")
        Opportunity.objects.filter(pk=hers.pk).update(name=name)

    before = ana.do("cursor")
    change("Missed")
    # From a cursor it hears what was before it listened, and what comes.
    ana.do("listen", kind, before)
    until(lambda: _names(ana, kind) == ["Missed"], "what was missed")
    change("Autumn order")
    until(lambda: _names(ana, kind) == ["Missed", "Autumn order"], "what comes")
    behind = ana.do("told", kind)[-1]["cursor"]
    # It subscribes again, by itself, with what it asked at first: so it is told all from that cursor on once more.
    ana.do("breakLine", kind)
    change("Winter order")
    until(lambda: _names(ana, kind)[-1] == "Winter order", "what was changed while the line was broken")
    assert ana.do("connections") == (2 if kind == "ws" else 0)
    ana.do("leave", kind)
    # And who goes on behind the last that they were told is told neither it nor anything before it again.
    ana.do("listen", kind, behind)
    until(lambda: _names(ana, kind) == ["Winter order"], "what came behind the cursor")
    ana.do("leave", kind)


@pytest.mark.parametrize("kind", ["ws", "sse"])
def test_what_is_refused_is_told_as_the_protocol_has_it(world: World, start: Start, kind: str) -> None:
    write_page("rxdb")
    ana = start("lines", world.ana)
    ana.do("listen", kind, "no cursor")
    until(lambda: bool(ana.do("told", kind)), "the refusal")
    assert "BAD_CURSOR" in str(ana.do("told", kind)) or "is not a cursor" in str(ana.do("told", kind))
