"""A phone says how much waits in its outbox, and who moves territories is told of it."""

from datetime import timedelta

import pytest

from backend.identity.models import Device, User
from backend.kit import clock
from backend.kit.errors import Invalid
from backend.sync.impact import Risk, devices_at_risk
from backend.sync.models import DeviceState
from backend.sync.waiting import note_pending
from tests.factories.replica import Phone, pulled
from tests.factories.world import World


def at_risk(field: World, *people: User) -> list[tuple[Device, Risk, int | None]]:
    """Returns the phones of these people that are named, why, and what they said."""
    found = devices_at_risk(field.org.pk, [one.pk for one in people])
    return [(Device.objects.get(pk=one.id), one.risk, one.pending) for one in found]


def test_a_phone_with_work_that_waits_is_named_until_it_says_otherwise(field: World, phone: Phone) -> None:
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    assert at_risk(field, field.ana, field.cy) == []
    note_pending(ana.device.pk, 3)
    note_pending(cy.device.pk, 0)
    assert at_risk(field, field.ana, field.cy) == [(ana.device, Risk.PENDING, 3)]
    assert at_risk(field, field.cy) == []
    note_pending(ana.device.pk, None)
    assert at_risk(field, field.ana) == [(ana.device, Risk.PENDING, 3)], "who does not say has not said none"
    note_pending(ana.device.pk, 0)
    assert at_risk(field, field.ana) == []


def test_a_phone_not_heard_of_for_half_a_day_may_hold_something(field: World, phone: Phone) -> None:
    ana = pulled(phone(field.ana))
    never, revoked = field.phone(field.ana), pulled(phone(field.ana)).device
    Device.objects.filter(pk=revoked.pk).update(revoked_at=clock.now())
    with clock.moved_to(clock.now() + timedelta(hours=13)):
        assert at_risk(field, field.ana) == [(ana.device, Risk.SILENT, None)]
        assert never.pk not in {one.id for one in devices_at_risk(field.org.pk, [field.ana.pk])}
        pulled(ana)
        assert at_risk(field, field.ana) == []


def test_the_same_word_is_written_down_once_an_hour(field: World, phone: Phone) -> None:
    ana = pulled(phone(field.ana))
    note_pending(ana.device.pk, 0)
    said = DeviceState.objects.get(pk=ana.device.pk).told_at
    assert said is not None
    with clock.moved_to(said + timedelta(minutes=59)):
        note_pending(ana.device.pk, 0)
    assert DeviceState.objects.get(pk=ana.device.pk).told_at == said
    with clock.moved_to(said + timedelta(minutes=61)):
        note_pending(ana.device.pk, 0)
    assert DeviceState.objects.get(pk=ana.device.pk).told_at == said + timedelta(minutes=61)


@pytest.mark.parametrize("wrong", [-1, 2**31])
def test_what_is_no_count_is_refused(field: World, wrong: int) -> None:
    with pytest.raises(Invalid, match="pending counts"):
        note_pending(field.phone(field.ana).pk, wrong)
