"""Why this alert: one trace from the event to the device, for those who may know; and how the queue stands."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import dispatch
from backend.notifications.delivery import keeping
from backend.notifications.delivery.figures import figures
from backend.notifications.delivery.story import lines
from backend.notifications.delivery.trace import trace
from backend.notifications.models import Attempt, Delivery, DeviceAck, Notification, PushAddress
from tests.notifications.recording import Recording
from tests.notifications.story import Story
from tests.schema.conftest import Client

TRACE = """query($id: UUID!) { alertTrace(notificationId: $id) {
  rule ruleVersion severity audience origin title body withdrawnWhy event { name handledAt }
  recipients { name why notificationId } acks { deviceId deliveredAt openedAt }
  deliveries { channel where state heldFor lastOutcome attempts { number outcome detail providerId } } } }"""
ACK = (
    """mutation($input: AlertAckInput!) { acknowledgeAlert(input: $input) { ack { deviceId deliveredAt openedAt } } }"""
)


@pytest.fixture
def told(story: Story) -> Story:
    """Ana and Ben were told of a visit; Ben's phone took it at the second try."""
    story.phone(story.ben, "fid-ben")
    story.overdue(new_id())
    now = clock.now()
    with clock.moved_to(now):
        dispatch.drain(transport=Recording(broken=True))
    with clock.moved_to(now + timedelta(minutes=1)):
        dispatch.drain(transport=Recording())
    return story


def bens() -> Notification:
    return Notification.objects.get(user__full_name="Ben")


def test_ben_is_told_why_and_by_what_way(told: Story) -> None:
    shown = Client(told.ben)(TRACE, id=str(bens().pk))["alertTrace"]
    assert (shown["rule"], shown["audience"], shown["origin"]) == ("visit.overdue", "manager", "told")
    assert shown["event"]["name"] == "visit.overdue"
    assert {one["name"]: one["why"] for one in shown["recipients"]} == {
        "Ana": "it is about them",
        "Ben": "they manage who it is about, or see it as a manager",
    }
    [way] = shown["deliveries"]
    assert (way["channel"], way["where"], way["state"]) == ("push", "android", "sent")
    assert [(one["number"], one["outcome"], one["detail"]) for one in way["attempts"]] == [
        (1, "transient", "out of order"),
        (2, "sent", ""),
    ]


def test_who_may_see_it(told: Story) -> None:
    anas = Notification.objects.get(user=told.ana)
    for who in (told.ana, told.ben, told.dee):
        assert Client(who)(TRACE, id=str(anas.pk))["alertTrace"]["title"] == "Visit overdue: Joe's Deli"
    for who in (told.cy, told.dan, told.pat):
        assert Client(who).refused(TRACE, id=str(anas.pk))["code"] == "NOTIFICATION_NOT_FOUND"
    # What her manager was told is not Ana's to see, and neither is that he was told.
    assert Client(told.ana).refused(TRACE, id=str(bens().pk))["code"] == "NOTIFICATION_NOT_FOUND"
    assert [one["name"] for one in Client(told.ana)(TRACE, id=str(anas.pk))["alertTrace"]["recipients"]] == ["Ana"]
    assert Client(None).refused(TRACE, id=str(anas.pk))["code"] == "NOT_SIGNED_IN"


def test_who_no_longer_sees_the_account_is_told_nothing_of_it(told: Story) -> None:
    told.give_account_to(told.south)
    assert Client(told.ben).refused(TRACE, id=str(bens().pk))["code"] == "NOTIFICATION_NOT_FOUND"
    assert Client(told.dee)(TRACE, id=str(bens().pk))["alertTrace"]["title"] == "Visit overdue: Joe's Deli"


def test_the_first_word_of_a_phone_counts_and_only_of_its_own_alerts(told: Story) -> None:
    phone = PushAddress.objects.get().device
    said, ben = {"notificationId": str(bens().pk)}, Client(told.ben, phone)
    arrived = ben(ACK, input=said)["acknowledgeAlert"]["ack"]
    assert (arrived["deviceId"], arrived["openedAt"]) == (str(phone.pk), None)
    with clock.moved_to(clock.now() + timedelta(minutes=5)):
        opened = ben(ACK, input={**said, "opened": True})["acknowledgeAlert"]["ack"]
        assert opened["deliveredAt"] == arrived["deliveredAt"]
        assert opened["openedAt"] > arrived["deliveredAt"]
    with clock.moved_to(clock.now() + timedelta(minutes=9)):
        assert ben(ACK, input={**said, "opened": True})["acknowledgeAlert"]["ack"] == opened
    assert DeviceAck.objects.count() == 1
    assert Client(told.cy).refused(ACK, input=said)["code"] == "NOTIFICATION_NOT_FOUND"
    [line] = [what for _, what in lines(trace(bens().pk)) if "opened" in what]
    assert line == "android: opened"


@pytest.mark.parametrize("ahead", [timedelta(hours=3), -timedelta(days=900)])
def test_a_phone_whose_clock_is_wrong_is_not_believed(told: Story, ahead: timedelta) -> None:
    phone, now = PushAddress.objects.get().device, clock.now()
    with clock.moved_to(now):
        claim = {"notificationId": str(bens().pk), "at": (now + ahead).isoformat()}
        Client(told.ben, phone)(ACK, input=claim)
    at = DeviceAck.objects.get().delivered_at
    assert at is not None
    assert bens().occurred_at <= at <= now


def test_it_is_told_line_by_line(told: Story) -> None:
    whats = [what for _, what in lines(trace(bens().pk))]
    assert whats[0].startswith("event visit.overdue")
    assert "Ana: it is about them" in whats
    assert "Ben (this one): they manage who it is about, or see it as a manager" in whats
    assert "push android: attempt, transient: out of order" in whats
    assert whats[-1] == "push android: sent: sent"


def test_the_queue_is_counted_by_channel_and_by_what_holds(told: Story) -> None:
    for minute, (state, hold) in enumerate([("queued", "quiet"), ("queued", ""), ("failed", ""), ("gone", "")]):
        told.overdue(new_id())
        newest = Delivery.objects.order_by("created_at").last()
        assert newest is not None
        done = None if state == "queued" else clock.now()
        due = clock.now() + timedelta(minutes=minute) if hold else clock.now() - timedelta(minutes=7)
        Delivery.objects.filter(pk=newest.pk).update(state=state, hold_reason=hold, finished_at=done, next_try_at=due)
    Delivery.objects.filter(hold_reason="quiet").update(next_try_at=clock.now() + timedelta(hours=1))
    PushAddress.objects.update(retired_at=clock.now(), retired_why="gone")
    now = clock.now() + timedelta(minutes=2)
    with clock.moved_to(now):
        push, webpush, mail = figures()
    assert (push.due, push.held, push.sent, push.failed, push.gone, push.pruned) == (1, {"quiet": 1}, 1, 1, 1, 1)
    assert push.age is not None
    assert timedelta(minutes=9) <= push.age < timedelta(minutes=10)
    assert (webpush.age, webpush.due, mail.due) == (None, 0, 0)
    with clock.moved_to(now + timedelta(days=2)):
        assert figures()[0].sent == 0


def test_alerts_and_attempts_are_kept_for_three_months(told: Story) -> None:
    del told
    assert keeping.forget_old() == 0
    with clock.moved_to(clock.now() + keeping.KEPT + timedelta(minutes=2)):
        assert keeping.forget_old() == 2
    assert not Attempt.objects.exists()
    assert not Notification.objects.filter(deleted_at=None).exists()
    assert Delivery.objects.get().tries == 2


def test_the_command_says_what_an_id_is() -> None:
    from backend.__main__ import app

    refused = CliRunner().invoke(app, ["alerts", "trace", "not-an-id"])
    assert refused.exit_code == 2
    assert "not-an-id is no id" in refused.output
