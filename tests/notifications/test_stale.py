"""An alert is taken back when it is no longer so, follows its account to who works it now, and goes up when nobody reads it."""

from datetime import timedelta

import pytest

from backend.events import outbox
from backend.events.types import AccountMoved
from backend.field.models import Visit
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import dispatch, queries
from backend.notifications.alerting.models import AlertEpisode
from backend.notifications.delivery import escalation, handover, stale
from backend.notifications.delivery.handlers import on_account_moved
from backend.notifications.delivery.planning import tell
from backend.notifications.models import Delivery, Notification, Omission
from backend.notifications.occurrence import Hearing
from backend.territories.models import AccountShare, AccountTerritory, Territory, UserTerritory
from tests.notifications.occurrences import late_deal
from tests.notifications.recording import Recording
from tests.notifications.story import Story, actor


def inboxes(story: Story) -> dict[str, list[str]]:
    people = (story.ana, story.ben, story.cy, story.dan, story.dee, story.pat)
    found = {who.full_name: [told.body for told in queries.inbox(actor(who))] for who in people}
    return {name: bodies for name, bodies in found.items() if bodies}


def heard() -> list[tuple[str, str]]:
    post = Recording()
    while dispatch.drain(transport=post):
        pass
    return sorted((address, message.body) for address, message in post.taken)


@pytest.fixture
def overdue(story: Story) -> Story:
    """Ana's visit is overdue: she and Ben were told. All have phones."""
    for who in (story.ana, story.ben, story.cy, story.dan):
        story.phone(who, f"fid-{who.full_name}")
    story.overdue(new_id())
    return story


def test_what_is_over_is_not_sent_and_leaves_the_inbox_of_who_has_not_read_it(overdue: Story) -> None:
    Notification.objects.filter(user=overdue.ben).update(read_at=clock.now())
    AlertEpisode.objects.update(closed_at=clock.now())
    assert heard() == []
    assert set(Delivery.objects.values_list("last_outcome", flat=True)) == {"it is over", "read already"}
    assert sorted(inboxes(overdue)) == ["Ana", "Ben"]
    assert stale.withdraw_over() == 1
    assert sorted(inboxes(overdue)) == ["Ben"]
    assert Notification.objects.get(user=overdue.ana).withdrawn_why == "it is over"


def test_what_waits_is_ended_with_what_it_was_about(overdue: Story) -> None:
    stale.withdraw(Notification.objects.values_list("pk", flat=True), "called off")
    assert set(Delivery.objects.values_list("state", "last_outcome")) == {("suppressed", "withdrawn: called off")}


def test_a_visit_that_was_deleted_is_told_to_nobody(overdue: Story) -> None:
    Visit.objects.update(deleted_at=clock.now())
    assert heard() == []
    assert set(Delivery.objects.values_list("last_outcome", flat=True)) == {"what it was about is gone"}


def moves(story: Story, to: Territory) -> None:
    """The account goes to a territory, as its action says it: a span, and an event."""
    story.give_account_to(to)
    here = story.north if to is story.south else story.south
    event = AccountMoved(
        account_id=story.account.pk, from_territory_id=here.pk, to_territory_id=to.pk, actor_id=story.dee.pk
    )
    outbox.append(event, org_id=story.org.pk)
    assert outbox.drain({AccountMoved: (on_account_moved,)}) == 1


OWN, ANAS = "You have not checked in at Joe's Deli yet.", "Ana has not checked in at Joe's Deli yet."


def test_the_account_goes_to_cy_who_hears_with_his_manager_and_ana_and_ben_no_more(overdue: Story) -> None:
    assert inboxes(overdue) == {"Ana": [OWN], "Ben": [ANAS]}
    moves(overdue, overdue.south)
    # It is Ana's visit still, and the words say so.
    assert inboxes(overdue) == {"Cy": [ANAS], "Dan": [ANAS]}
    assert heard() == [("fid-Cy", ANAS), ("fid-Dan", ANAS)]
    taken = Notification.objects.filter(user__in=[overdue.ana, overdue.ben])
    assert set(taken.values_list("withdrawn_why", flat=True)) == {handover.HANDED}
    assert set(Notification.objects.exclude(pk__in=taken).values_list("origin", flat=True)) == {"handed_over"}


def test_who_gets_the_account_back_finds_the_alert_and_is_not_disturbed_twice(overdue: Story) -> None:
    assert len(heard()) == 2
    moves(overdue, overdue.south)
    moves(overdue, overdue.north)
    assert inboxes(overdue) == {"Ana": [OWN], "Ben": [ANAS]}
    assert heard() == []
    moves(overdue, overdue.south)
    assert heard() == [("fid-Cy", ANAS), ("fid-Dan", ANAS)]
    moves(overdue, overdue.north)
    moves(overdue, overdue.south)
    assert (inboxes(overdue), heard()) == ({"Cy": [ANAS], "Dan": [ANAS]}, [])
    assert Notification.objects.count() == 4


def test_what_was_not_sent_before_the_account_came_back_is_sent_then(overdue: Story) -> None:
    moves(overdue, overdue.south)
    moves(overdue, overdue.north)
    assert heard() == [("fid-Ana", OWN), ("fid-Ben", ANAS)]


def test_ana_leaves_the_territory_and_eve_comes_and_the_worker_finds_it(overdue: Story) -> None:
    eve = User.objects.create(org=overdue.org, username=f"eve-{new_id()}", full_name="Eve", manager=overdue.dan)
    assert handover.follow() == 0
    now = clock.now() + timedelta(hours=1)
    with clock.moved_to(now):
        UserTerritory.objects.filter(user=overdue.ana).update(valid_to=now)
        UserTerritory.objects.create(org=overdue.org, user=eve, territory=overdue.north, valid_from=now)
        assert handover.follow() == 2
        assert inboxes(overdue) == {"Dan": [ANAS]}
        assert [told.body for told in queries.inbox(actor(eve))] == [ANAS]
        assert handover.follow() == 0


def test_who_saw_it_by_a_share_alone_has_it_taken_back_when_that_ends(overdue: Story) -> None:
    moves(overdue, overdue.south)
    seen = {"org": overdue.org, "account": overdue.account, "user": overdue.ana, "shared_by": overdue.dee}
    share = AccountShare.objects.create(**seen, valid_from=clock.now())
    moves(overdue, overdue.north)
    assert inboxes(overdue) == {"Ana": [OWN], "Ben": [ANAS]}
    later = clock.now() + timedelta(hours=2)
    with clock.moved_to(later):
        UserTerritory.objects.filter(user=overdue.ana).update(valid_to=later)
        assert handover.follow() == 1
        assert inboxes(overdue) == {"Ana": [OWN]}
        AccountShare.objects.filter(pk=share.pk).update(valid_to=later)
        assert handover.follow() == 1
        assert inboxes(overdue) == {}


def test_a_manager_who_is_none_any_more_has_it_taken_back(overdue: Story) -> None:
    User.objects.filter(pk=overdue.ben.pk).update(role=Role.REP)
    assert handover.follow() == 1
    assert inboxes(overdue) == {"Ana": [OWN]}


def test_a_move_of_long_ago_is_not_looked_at_again(overdue: Story) -> None:
    with clock.moved_to(clock.now() + timedelta(hours=1)):
        AccountTerritory.objects.update(valid_from=clock.now() - timedelta(days=20))
        assert handover.follow() == 0


def test_what_nobody_reads_goes_to_the_manager_who_does_not_know_yet_and_once(overdue: Story) -> None:
    Notification.objects.filter(user=overdue.ben).delete()
    due = clock.now() + timedelta(hours=2)
    Notification.objects.update(escalate_at=due)
    with clock.moved_to(due - timedelta(seconds=1)):
        assert escalation.escalate() == 0
    with clock.moved_to(due):
        assert escalation.escalate() == 1
        assert escalation.escalate() == 0
        assert dict(heard())["fid-Ben"] == ANAS
    told = Notification.objects.get(user=overdue.ben)
    assert (told.origin, told.audience, told.escalate_at) == ("escalated", "manager", None)
    assert queries.inbox(actor(overdue.ben)).get() == told
    assert Notification.objects.count() == 2


def test_a_manager_who_was_told_already_is_not_told_again(overdue: Story) -> None:
    Notification.objects.filter(user=overdue.ana).update(escalate_at=clock.now())
    assert escalation.escalate() == 1
    assert Notification.objects.filter(user=overdue.ben).count() == 1


@pytest.mark.parametrize("change", ["read", "over", "withdrawn"])
def test_what_was_read_or_is_over_goes_to_nobody(overdue: Story, change: str) -> None:
    Notification.objects.filter(user=overdue.ben).delete()
    Notification.objects.update(escalate_at=clock.now())
    if change == "over":
        AlertEpisode.objects.update(closed_at=clock.now())
    else:
        Notification.objects.update(**{"read_at" if change == "read" else "withdrawn_at": clock.now()})
    escalation.escalate()
    assert not Notification.objects.filter(user=overdue.ben).exists()


def test_the_push_says_of_whom_it_was_not_read(overdue: Story) -> None:
    Notification.objects.filter(user=overdue.ben).delete()
    Notification.objects.update(escalate_at=clock.now())
    escalation.escalate()
    post = Recording()
    dispatch.drain(transport=post)
    titles = {address: message.title for address, message in post.taken}
    assert titles["fid-Ben"] == "Not read by Ana: Visit overdue: Joe's Deli"


def test_who_was_meant_and_does_not_see_it_is_left_out_and_it_is_noted_why(story: Story) -> None:
    story.ben.is_active = False
    story.ben.save()
    said = late_deal(story, heard_by={who.pk: Hearing("opportunity.late", "named") for who in (story.ben, story.cy)})
    assert tell(occurrence=said) == []
    assert set(Omission.objects.values_list("user__full_name", "why")) == {
        ("Ben", "has left"),
        ("Cy", "does not see it"),
    }
