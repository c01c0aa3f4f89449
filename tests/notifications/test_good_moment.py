"""Alerts come at a good moment: after the night, after the visit, gathered, within the budget; as people wish it now."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from backend.events import outbox
from backend.events.types import VisitCompleted
from backend.field.models import Visit, WorkingHours
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import dispatch
from backend.notifications.delivery import release
from backend.notifications.delivery.handlers import on_visit_completed
from backend.notifications.delivery.wishing import Asked, set_org_settings, set_preference, set_settings
from backend.notifications.models import Attempt, Delivery, Notification
from tests.notifications.recording import Recording
from tests.notifications.story import Story, actor, begin

EVENING = datetime(2026, 6, 3, 21, 30, tzinfo=UTC)
FIVE = time(17)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def evening(db: None) -> Iterator[Story]:
    """Half past nine in the evening; Ben has a phone."""
    with clock.moved_to(EVENING):
        story = begin()
        story.phone(story.ben, "fid-ben")
        yield story


def sent_at(moment: datetime) -> list[str]:
    """The titles that go out when the worker looks at that moment."""
    post = Recording()
    with clock.moved_to(moment):
        while dispatch.drain(transport=post):
            pass
    return [message.title for _, message in post.taken]


def wish(story: Story, **asked: object) -> None:
    set_settings(actor=actor(story.ben), asked=Asked(digest_time=FIVE, **asked))  # type: ignore[arg-type]


def test_what_happens_at_night_comes_in_the_morning_and_once(evening: Story) -> None:
    wish(evening, quiet_from=time(21), quiet_to=time(7))
    evening.move(evening.late)
    assert sent_at(EVENING) == []
    waiting = Delivery.objects.get()
    assert (waiting.state, waiting.hold_reason, waiting.next_try_at) == ("queued", "quiet", at(4, 7))
    assert sent_at(at(4, 6, 59)) == []
    assert sent_at(at(4, 7)) == ["Joe's Deli: Proposal"]
    assert sent_at(at(4, 8)) == []
    assert (Delivery.objects.get().tries, Attempt.objects.get().outcome) == (1, "sent")


def test_the_same_hour_is_night_for_ben_and_day_for_ana(evening: Story) -> None:
    set_org_settings(actor=actor(evening.dee), asked=Asked(digest_time=FIVE, quiet_from=time(21), quiet_to=time(7)))
    User.objects.filter(pk=evening.ana.pk).update(timezone="America/Los_Angeles")
    evening.phone(evening.ana, "fid-ana")
    evening.overdue(new_id())
    post = Recording()
    dispatch.drain(transport=post)
    assert [address for address, _ in post.taken] == ["fid-ana"]


def test_ben_changes_his_mind_at_night_and_has_it_at_once(evening: Story) -> None:
    wish(evening, quiet_from=time(21), quiet_to=time(7))
    evening.move(evening.late)
    assert sent_at(EVENING) == []
    wish(evening)
    assert sent_at(EVENING) == ["Joe's Deli: Proposal"]


def test_ben_turns_the_rule_off_while_it_waits_and_only_finds_it_in_his_inbox(evening: Story) -> None:
    wish(evening, quiet_from=time(21), quiet_to=time(7))
    evening.move(evening.late)
    assert sent_at(EVENING) == []
    set_preference(actor=actor(evening.ben), rule="opportunity.late_stage", channel="push", mode="off")
    assert sent_at(EVENING) == []
    assert Delivery.objects.get().last_outcome == "the person turned it off"
    assert Notification.objects.get().withdrawn_at is None


def test_what_is_gathered_comes_as_one_message_at_its_time(evening: Story) -> None:
    set_preference(actor=actor(evening.ben), rule="", channel="push", mode="digest")
    evening.move(evening.late)
    evening.overdue(new_id())
    assert sent_at(at(4, 16, 59)) == []
    with clock.moved_to(at(4, 16, 59)):
        evening.overdue(new_id())
    assert sent_at(at(4, 16, 59)) == []
    post = Recording()
    with clock.moved_to(at(4, 17)):
        assert dispatch.drain(transport=post) == 3
    [(address, message)] = post.taken
    assert (address, message.title) == ("fid-ben", "3 alerts")
    assert message.body == "Visit overdue: Joe's Deli\nJoe's Deli: Proposal\nVisit overdue: Joe's Deli"
    assert set(message.data["nids"].split(",")) == {
        told.pk.hex for told in Notification.objects.filter(user=evening.ben)
    }
    ours = Delivery.objects.filter(user=evening.ben)
    assert {(one.state, one.digest_id and one.digest_id.hex) for one in ours} == {("sent", message.nid)}


def test_a_digest_that_failed_is_tried_again_whole_under_the_same_id(evening: Story) -> None:
    set_preference(actor=actor(evening.ben), rule="", channel="push", mode="digest")
    evening.move(evening.late)
    evening.overdue(new_id())
    assert sent_at(EVENING) == []
    broken, post = Recording(broken=True), Recording()
    with clock.moved_to(at(4, 17)):
        assert dispatch.drain(transport=broken) == 2
    with clock.moved_to(at(4, 17, 5)):
        while dispatch.drain(transport=post):
            pass
    [(_, first)], again = broken.taken, [message for _, message in post.taken]
    assert {message.nid for message in again} == {first.nid}


def test_what_was_to_be_gathered_comes_at_once_when_ben_asks_for_that(evening: Story) -> None:
    set_preference(actor=actor(evening.ben), rule="", channel="push", mode="digest")
    evening.move(evening.late)
    assert sent_at(EVENING) == []
    set_preference(actor=actor(evening.ben), rule="opportunity.late_stage", channel="push", mode="now")
    assert sent_at(EVENING) == ["Joe's Deli: Proposal"]


def test_mail_comes_only_where_it_is_asked_for_and_once_for_all_phones(evening: Story) -> None:
    evening.phone(evening.ben, "fid-ben-2")
    evening.ben.email = "ben@fieldbeat.example"
    evening.ben.save()
    evening.move(evening.late)
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"push"}
    set_preference(actor=actor(evening.ben), rule="", channel="email", mode="digest")
    evening.overdue(new_id())
    [mail] = Delivery.objects.filter(channel="email")
    assert mail.address is None
    assert len(sent_at(EVENING)) == 4  # by push, at once
    post = Recording()
    with clock.moved_to(at(4, 17)):
        while dispatch.drain(transport=post):
            pass
    assert [(where, message.title) for where, message in post.taken if "@" in where] == [
        ("ben@fieldbeat.example", "Visit overdue: Joe's Deli")
    ]


def in_visit(story: Story, since: datetime) -> Visit:
    return Visit.objects.create(
        org=story.org,
        account=story.account,
        rep=story.ben,
        state="in_progress",
        planned_start=since,
        planned_end=since + timedelta(hours=1),
        started_at=since,
    )


def test_during_a_visit_it_waits_and_comes_when_the_visit_ends(evening: Story) -> None:
    visit = in_visit(evening, EVENING - timedelta(minutes=10))
    evening.move(evening.late)
    assert sent_at(EVENING) == []
    assert Delivery.objects.get().hold_reason == "visit"
    assert release.after_visits() == 0
    Visit.objects.filter(pk=visit.pk).update(state="completed", ended_at=EVENING)
    outbox.append(VisitCompleted(visit_id=visit.pk, actor_id=evening.ben.pk), org_id=evening.org.pk)
    assert outbox.drain({VisitCompleted: (on_visit_completed,)}) == 1
    assert sent_at(EVENING) == ["Joe's Deli: Proposal"]


def test_a_visit_that_was_called_off_lets_go_what_waited_for_it(evening: Story) -> None:
    visit = in_visit(evening, EVENING - timedelta(minutes=10))
    evening.move(evening.late)
    assert sent_at(EVENING) == []
    Visit.objects.filter(pk=visit.pk).update(state="cancelled", reason="closed")
    assert release.after_visits() == 1
    assert sent_at(EVENING) == ["Joe's Deli: Proposal"]


def test_an_hour_brings_two_alerts_and_the_third_comes_when_the_first_is_an_hour_old(evening: Story) -> None:
    wish(evening, budget_per_hour=2)
    evening.phone(evening.ben, "fid-ben-2")  # one alert on two phones is one
    for minute in range(3):
        with clock.moved_to(EVENING + timedelta(minutes=minute)):
            evening.overdue(new_id())
        sent = sent_at(EVENING + timedelta(minutes=minute))
        assert len(sent) == (2 if minute < 2 else 0)
    [until] = set(Delivery.objects.filter(state="queued", hold_reason="budget").values_list("next_try_at", flat=True))
    assert until == EVENING + timedelta(hours=1)
    assert sent_at(until) == ["Visit overdue: Joe's Deli"] * 2


def test_within_one_look_too_no_more_goes_out_than_the_budget(evening: Story) -> None:
    wish(evening, budget_per_hour=2)
    for _ in range(3):
        evening.overdue(new_id())
    assert len(sent_at(EVENING)) == 2


def test_what_is_critical_wakes_ben_and_no_longer_when_he_says_so(evening: Story) -> None:
    wish(evening, quiet_from=time(21), quiet_to=time(7))
    for _ in range(2):
        evening.overdue(new_id())
    Notification.objects.update(severity="critical")
    first = Delivery.objects.order_by("pk")[0]
    Delivery.objects.exclude(pk=first.pk).update(next_try_at=EVENING + timedelta(minutes=1))
    assert sent_at(EVENING) == ["Visit overdue: Joe's Deli"]
    wish(evening, quiet_from=time(21), quiet_to=time(7), critical_always=False)
    assert sent_at(EVENING + timedelta(minutes=1)) == []


def test_in_working_hours_only_it_waits_for_the_next_shift(evening: Story) -> None:
    WorkingHours.objects.create(org=evening.org, user=evening.ben, weekday=4, start=time(9), end=time(17))
    wish(evening, working_hours_only=True)
    evening.move(evening.late)
    assert sent_at(EVENING) == []
    assert Delivery.objects.get().next_try_at == at(4, 9)  # a Thursday
    assert sent_at(at(4, 9)) == ["Joe's Deli: Proposal"]
