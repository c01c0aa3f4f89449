"""Loading: a tenant that is there is left alone, and one that was cut short is gone on with."""

from zoneinfo import ZoneInfo

import pytest

from backend.crm.models import Opportunity, StageHistory
from backend.demo import hardware
from backend.demo.calendar import Called, visits
from backend.demo.load import TENANTS, load_demo, sign_ins, wants_loading
from backend.demo.steps import COMPLETE, is_marked
from backend.identity.models import Org, User
from backend.kit import clock
from backend.kit.ids import new_id
from tests.factories import world


@pytest.fixture
def only_hardware(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest tenant alone."""
    monkeypatch.setattr("backend.demo.load.TENANTS", {hardware.SLUG: hardware.load})
    assert len(TENANTS) == 3


def state() -> tuple[int, int, int, int]:
    """Returns how much there is of the tenant."""
    org = Org.objects.get(slug="hardware")
    counts = (User.objects, Opportunity.objects, StageHistory.objects)
    users, deals, moves = (rows.filter(org=org).count() for rows in counts)
    return users, deals, moves, org.version


class Cut(Exception):
    """The end of a process, as seen from inside."""


@pytest.mark.usefixtures("only_hardware")
def test_a_load_that_was_cut_short_is_gone_on_with_and_a_tenant_that_is_whole_is_left_alone() -> None:
    def cut(step: str) -> None:
        if "opportunities" in step:
            raise Cut

    assert wants_loading()
    with pytest.raises(Cut):
        load_demo(cut)
    assert wants_loading()
    steps: list[str] = []
    load_demo(steps.append)
    assert steps[-1] == "Hardware Pipeline: 8,800 opportunities"
    assert state()[:3] == (42, 8800, 15011)
    assert is_marked(Org.objects.get(slug="hardware"), COMPLETE)
    assert not wants_loading()

    Opportunity.objects.update(name="Renamed by somebody")
    steps.clear()
    load_demo(steps.append)
    assert steps == []
    assert set(Opportunity.objects.values_list("name", flat=True)) == {"Renamed by somebody"}


@pytest.mark.usefixtures("only_hardware")
def test_an_org_that_is_not_the_demos_is_never_touched() -> None:
    Org.objects.create(slug="hardware", name="Somebody's own")
    assert not wants_loading()
    load_demo(lambda step: None)
    assert User.objects.filter(org__slug="hardware").count() == 0


def test_a_database_in_use_wants_no_demo(db: None) -> None:
    assert wants_loading()
    assert sign_ins() == []
    world.build()
    assert not wants_loading()


def test_made_up_visits_are_the_same_at_every_load_of_a_day() -> None:
    zone, today = ZoneInfo("America/Chicago"), clock.now().date()
    called = [Called(new_id(), str(number), 14) for number in range(40)]
    first = list(visits(called, today=today, zone=zone))
    assert first == list(visits(called, today=today, zone=zone))
    assert all(start < end and end.date() < today for _, start, end in first)
    assert {account for account, *_ in first} == {one.id for one in called}
