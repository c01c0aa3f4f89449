"""What happened is told exactly once, however often telling it fails."""

from datetime import timedelta

import pytest
from django.db import transaction

from backend.crm.models import Account
from backend.events import outbox
from backend.events.models import OutboxEvent
from backend.events.types import DeviceRevoked, Event, VisitCompleted, decode, encode
from backend.kit import clock
from backend.kit.ids import new_id
from tests.factories.world import World

EVENT = VisitCompleted(visit_id=new_id(), actor_id=new_id())


def test_an_event_lives_and_dies_with_its_transaction(field: World) -> None:
    def act() -> None:
        with transaction.atomic():
            outbox.append(EVENT, org_id=field.org.pk)
            raise RuntimeError("the action failed")

    with pytest.raises(RuntimeError):
        act()
    assert OutboxEvent.objects.count() == 0


def test_an_event_comes_back_as_it_was(field: World) -> None:
    assert decode(EVENT.name, encode(EVENT)) == EVENT
    moved = decode(
        "account.moved",
        dict.fromkeys(("account_id", "to_territory_id", "actor_id"), str(new_id())) | {"from_territory_id": None},
    )
    assert encode(moved)["from_territory_id"] is None


@pytest.mark.parametrize(
    ("name", "payload"),
    [("no.such", {}), ("visit.completed", {}), ("visit.completed", {**encode(EVENT), "more": "x"})],
)
def test_the_vocabulary_is_closed(name: str, payload: dict[str, str | None]) -> None:
    with pytest.raises(ValueError, match="event"):
        decode(name, payload)


def test_each_event_is_handled_once_in_order(field: World) -> None:
    heard: list[int] = []
    for _ in range(3):
        outbox.append(EVENT, org_id=field.org.pk)
    wiring: outbox.Wiring = {VisitCompleted: (lambda _, meta: heard.append(meta.event_id),)}
    assert (outbox.drain(wiring), outbox.drain(wiring)) == (3, 0)
    assert heard == sorted(heard)
    assert len(heard) == 3


def test_a_failing_handler_undoes_all_its_writes_waits_and_says_why(field: World) -> None:
    outbox.append(EVENT, org_id=field.org.pk)
    outbox.append(DeviceRevoked(device_id=new_id(), actor_id=new_id()), org_id=field.org.pk)

    def first(event: Event, meta: outbox.EventMeta) -> None:
        Account.objects.create(org_id=meta.org_id, name="half done")

    def second(event: Event, meta: outbox.EventMeta) -> None:
        raise RuntimeError("no signal")

    wiring: outbox.Wiring = {VisitCompleted: (first, second)}
    outbox.drain(wiring)
    failed, fine = OutboxEvent.objects.order_by("id")
    assert (failed.done_at, failed.attempts, Account.objects.count()) == (None, 1, 0)
    assert "no signal" in failed.last_error
    assert fine.done_at is not None
    assert outbox.drain(wiring) == 0
    with clock.moved_to(clock.now() + timedelta(seconds=10)):
        assert outbox.drain({VisitCompleted: (first,)}) == 1
    assert Account.objects.count() == 1


def test_a_key_seen_before_adds_nothing(field: World) -> None:
    outbox.append(EVENT, org_id=field.org.pk, dedupe_key="k")
    outbox.append(EVENT, org_id=field.org.pk, dedupe_key="k")
    assert OutboxEvent.objects.count() == 1
