"""What is queued goes out once in effect, whatever the provider does; what no longer concerns a person stays."""

import threading
from collections.abc import Sequence
from datetime import time, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from backend.identity.models import Device, Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import actions, dispatch
from backend.notifications.delivery import claim
from backend.notifications.delivery.planning import tell
from backend.notifications.delivery.wishing import Asked, set_org_settings
from backend.notifications.devfcm.server import Running
from backend.notifications.lanes import lanes
from backend.notifications.models import Delivery, Notification, PushAddress
from backend.notifications.transports.base import Address, AddressGone, Message, Outcome, Permanent
from backend.notifications.transports.fcm.transport import FcmTransport
from backend.territories.actions import share_account
from tests.notifications.crowd import crowd, occurrence
from tests.notifications.recording import Recording
from tests.notifications.story import Story, actor, begin


def only_delivery() -> Delivery:
    return Delivery.objects.select_related("address").get()


def only_address() -> PushAddress:
    address = only_delivery().address
    assert address is not None
    return address


@pytest.fixture
def queued(story: Story) -> Story:
    """Ben's phone has one alert waiting."""
    story.phone(story.ben, "fid-ben")
    story.move(story.late)
    return story


def test_bens_phone_shows_the_alert_and_cys_shows_nothing(queued: Story, fcm: Running, transport: FcmTransport) -> None:
    queued.phone(queued.cy, "fid-cy")
    assert dispatch.drain(transport=transport) == 1
    [arrived] = fcm.state.store.arrivals()
    told = Notification.objects.get()
    assert (arrived.address, arrived.nid, arrived.title) == ("fid-ben", told.pk.hex, "Joe's Deli: Proposal")
    assert arrived.data == {
        "nid": told.pk.hex,
        "notification_id": str(told.pk),
        "rule": "opportunity.late_stage",
        "entity": "opportunity",
        "entity_id": str(queued.deal.pk),
    }
    assert (arrived.category, arrived.priority) == ("opportunity", "high")
    sent = only_delivery()
    assert (sent.state, sent.attempt, sent.lease_until) == ("sent", 1, None)
    assert sent.provider_id.startswith("projects/fieldbeat-dev/messages/")
    assert dispatch.drain(transport=transport) == 0


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        ({"kind": "429", "retry_after": 120}, (120, 132)),
        ({"kind": "429"}, (60, 66)),
        ({"kind": "503"}, (2, 4)),
        ({"kind": "500"}, (2, 4)),
        ({"kind": "cut"}, (2, 4)),
        ({"kind": "slow", "seconds": 3}, (2, 4)),
        ({"kind": "oauth_down"}, (2, 4)),
        ({"kind": "401", "times": 3}, (300, 330)),
    ],
)
def test_after_a_fault_it_waits_and_then_the_phone_shows_one_alert(
    queued: Story, fcm: Running, transport: FcmTransport, fault: dict[str, object], waits: tuple[int, int]
) -> None:
    fcm.state.faults.add([fault])
    now = clock.now()
    with clock.moved_to(now):
        dispatch.drain(transport=transport)
    waiting = only_delivery()
    assert (waiting.state, waiting.attempt, waiting.lease_until) == ("queued", 1, None)
    assert waits[0] <= (waiting.next_try_at - now).total_seconds() <= waits[1]
    with clock.moved_to(waiting.next_try_at - timedelta(seconds=1)):
        assert dispatch.drain(transport=transport) == 0
    with clock.moved_to(waiting.next_try_at):
        assert dispatch.drain(transport=transport) == 1
    assert (only_delivery().state, only_delivery().attempt) == ("sent", 2)
    [shown] = fcm.state.store.alerts()
    assert shown["nid"] == Notification.objects.get().pk.hex
    assert shown["times_accepted"] == (2 if fault["kind"] in ("cut", "slow") else 1)


@pytest.mark.parametrize("kind", ["404", "403"])
def test_a_dead_address_is_retired_and_not_tried_again(
    queued: Story, fcm: Running, transport: FcmTransport, kind: str
) -> None:
    fcm.state.faults.add([{"kind": kind}])
    dispatch.drain(transport=transport)
    gone = only_delivery()
    assert gone.state == "gone"
    assert only_address().retired_at is not None
    assert only_address().retired_why.endswith(f"{kind} as asked")
    queued.move(queued.won)
    assert Notification.objects.count() == 2
    assert Delivery.objects.count() == 1


def test_a_phone_that_registers_again_while_its_address_dies_keeps_it(queued: Story) -> None:
    address = only_address()
    device = Device.objects.get(pk=address.device_id)

    class Dying(Recording):
        def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
            actions.register_address(actor=actor(queued.ben), device=device, kind="fid", value="fid-ben")
            return [AddressGone("late news") for _ in batch]

    dispatch.drain(transport=Dying())
    address.refresh_from_db()
    assert address.retired_at is None


def test_a_message_that_can_never_be_taken_is_given_up(queued: Story, fcm: Running, transport: FcmTransport) -> None:
    fcm.state.faults.add([{"kind": "400"}])
    dispatch.drain(transport=transport)
    given_up = only_delivery()
    assert (given_up.state, given_up.last_outcome) == ("failed", "INVALID_ARGUMENT: 400 as asked")
    assert only_address().retired_at is None


def test_an_alert_too_old_is_given_up_with_what_was_last_heard(
    queued: Story, fcm: Running, transport: FcmTransport
) -> None:
    fcm.state.faults.add([{"kind": "503"}])
    dispatch.drain(transport=transport)
    with clock.moved_to(clock.now() + timedelta(hours=24)):
        dispatch.drain(transport=transport)
    assert only_delivery().state == "failed"
    assert only_delivery().last_outcome == "too old; last: UNAVAILABLE: 503 as asked"
    assert fcm.state.store.arrivals() == []


def test_who_no_longer_sees_the_account_is_not_told_and_does_not_find_it_in_the_inbox(queued: Story) -> None:
    queued.give_account_to(queued.south)
    post = Recording()
    dispatch.drain(transport=post)
    assert post.taken == []
    assert (only_delivery().state, only_delivery().last_outcome) == ("suppressed", "the person no longer sees it")


def test_who_became_a_partner_between_is_not_told_the_amount(queued: Story) -> None:
    share_account(actor=actor(queued.dee), account=queued.account, user=queued.ben)
    User.objects.filter(pk=queued.ben.pk).update(role=Role.PARTNER)
    post = Recording()
    dispatch.drain(transport=post)
    assert [message.body for _, message in post.taken] == ["Ana moved Cold case to Proposal."]


def test_a_manager_who_left_between_is_not_told(queued: Story) -> None:
    queued.ben.is_active = False
    queued.ben.save()
    post = Recording()
    dispatch.drain(transport=post)
    assert (post.taken, only_delivery().state) == ([], "suppressed")


def test_what_was_read_or_withdrawn_or_deleted_does_not_disturb(story: Story) -> None:
    story.phone(story.ben, "fid-ben")
    for stage, change in (
        (story.late, {"read_at": clock.now()}),
        (story.later, {"withdrawn_at": clock.now()}),
        (story.won, {"deleted_at": clock.now()}),
    ):
        story.move(stage)
        Notification.objects.filter(read_at=None, withdrawn_at=None).update(**change)
    post = Recording()
    assert dispatch.drain(transport=post) == 3
    assert post.taken == []
    assert sorted(Delivery.objects.values_list("state", "last_outcome")) == [
        ("suppressed", "read already"),
        ("suppressed", "withdrawn"),
        ("suppressed", "withdrawn"),
    ]


def test_a_revoked_phone_or_one_that_changed_hands_is_not_sent_to(queued: Story) -> None:
    device = only_address().device
    device.revoked_at = clock.now()
    device.save()
    post = Recording()
    dispatch.drain(transport=post)
    assert (post.taken, only_delivery().last_outcome) == ([], "the phone is no longer this person's")


def test_cy_signs_in_on_bens_phone_and_does_not_get_bens_alert(queued: Story) -> None:
    queued.phone(queued.cy, "fid-ben")
    post = Recording()
    dispatch.drain(transport=post)
    assert (post.taken, only_delivery().state) == ([], "suppressed")


def test_without_a_push_channel_the_inbox_is_all_there_is(queued: Story) -> None:
    assert lanes().get("push") is None
    assert dispatch.drain() == 1
    assert (only_delivery().state, only_delivery().last_outcome) == ("suppressed", "no push channel is set up")


def test_one_alert_reaches_each_of_bens_phones(queued: Story) -> None:
    queued.phone(queued.ben, "fid-ben-2")
    queued.move(queued.won)
    post = Recording()
    dispatch.drain(transport=post)
    assert sorted(value for value, message in post.taken if message.title.endswith("Won")) == ["fid-ben", "fid-ben-2"]
    # That it became late is over since it is won.
    assert len({message.nid for _, message in post.taken}) == 1


def test_the_time_left_is_the_time_the_provider_may_keep_it(queued: Story) -> None:
    post = Recording()
    with clock.moved_to(Notification.objects.get().expires_at - timedelta(seconds=90)):
        dispatch.drain(transport=post)
    assert [message.ttl for _, message in post.taken] == [90]


def test_a_worker_whose_lease_ran_out_does_not_overwrite_the_next_ones_record(queued: Story) -> None:
    class Slow(Recording):
        def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
            with clock.moved_to(clock.now() + dispatch.LEASE + timedelta(seconds=1)):
                dispatch.drain(transport=Recording())
            return super().send(batch)

    dispatch.drain(transport=Slow())
    assert (only_delivery().state, only_delivery().attempt) == ("sent", 2)

    queued.move(queued.won)

    class SlowAndRefused(Slow):
        def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
            super().send(batch)
            return [Permanent("no") for _ in batch]

    dispatch.drain(transport=SlowAndRefused())
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_a_lease_keeps_others_away_until_it_runs_out(queued: Story) -> None:
    assert len(claim.single("push", 10)) == 1
    assert claim.single("push", 10) == []
    with clock.moved_to(clock.now() + dispatch.LEASE + timedelta(seconds=1)):
        assert [delivery.attempt for delivery in claim.single("push", 10)] == [2]


def test_no_more_is_taken_up_than_was_asked(story: Story) -> None:
    for n in range(3):
        story.phone(story.ben, f"fid-ben-{n}")
    story.move(story.late)
    post = Recording()
    assert [dispatch.drain(2, transport=post), dispatch.drain(2, transport=post)] == [2, 1]
    assert len(post.taken) == 3


@pytest.mark.parametrize("phones", [1, 3])
def test_sending_asks_and_records_as_often_for_many_as_for_one(
    story: Story, django_assert_num_queries: DjangoAssertNumQueries, phones: int
) -> None:
    for n in range(phones):
        story.phone(story.ben, f"fid-ben-{n}")
    story.move(story.late)
    with django_assert_num_queries(8):
        dispatch.drain(transport=Recording())


@pytest.mark.parametrize("people", [1, 3])
def test_whoever_has_wishes_of_all_kinds_costs_no_queries_of_their_own(
    story: Story, django_assert_num_queries: DjangoAssertNumQueries, people: int
) -> None:
    """A budget is counted in one query more, hours of work are read in five."""
    asked = Asked(digest_time=time(17), working_hours_only=True, budget_per_hour=9)
    set_org_settings(actor=actor(story.dee), asked=asked)
    crowded = crowd(story, people)
    tell(occurrence=occurrence(story, crowded))
    with django_assert_num_queries(14):
        assert dispatch.drain(transport=Recording()) == people
    assert set(Delivery.objects.values_list("state", "hold_reason")) == {("queued", "working_hours")}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_alert_once() -> None:
    story = begin()
    for n in range(20):
        story.phone(story.ben, f"fid-ben-{n}-{new_id().hex}")
    story.move(story.late)
    post, together = Recording(), threading.Barrier(4)

    def work() -> None:
        try:
            together.wait()
            while dispatch.drain(3, transport=post):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(value for value, _ in post.taken) == sorted(PushAddress.objects.values_list("value", flat=True))
    assert set(Delivery.objects.values_list("state", "attempt")) == {("sent", 1)}
