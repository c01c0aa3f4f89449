"""The inbox holds what a person was told, as long as they may still see it; reading is once, and one's own."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.notifications import actions, queries
from backend.notifications.models import Notification
from tests.notifications.story import Story, actor


def titles(story: Story, who: str = "ben", *, unread_only: bool = False) -> list[str]:
    return [told.title for told in queries.inbox(actor(getattr(story, who)), unread_only=unread_only)]


@pytest.fixture
def told(story: Story) -> Story:
    """Ben was told of two moves."""
    story.move(story.late)
    story.move(story.won)
    return story


def test_ben_finds_the_newest_first_and_the_others_find_nothing(told: Story) -> None:
    assert titles(told) == ["Joe's Deli: Won", "Joe's Deli: Proposal"]
    for who in ("ana", "cy", "dan", "dee", "pat"):
        assert titles(told, who) == []


def test_reading_is_noted_once(told: Story) -> None:
    newest = queries.inbox(actor(told.ben))[0]
    version = newest.version
    read = actions.mark_read(actor=actor(told.ben), notification=newest)
    assert read.read_at is not None
    with clock.moved_to(clock.now() + timedelta(hours=1)):
        again = actions.mark_read(actor=actor(told.ben), notification=newest)
    assert (again.read_at, again.version) == (read.read_at, version + 1)
    assert titles(told, unread_only=True) == ["Joe's Deli: Proposal"]


def test_cy_can_neither_find_nor_read_what_ben_was_told(told: Story) -> None:
    bens = queries.inbox(actor(told.ben))[0]
    with pytest.raises(NotFound):
        queries.notification_for(actor(told.cy), bens.pk)
    with pytest.raises(NotFound) as refused:
        actions.mark_read(actor=actor(told.cy), notification=bens)
    assert refused.value.code == "NOTIFICATION_NOT_FOUND"
    bens.refresh_from_db()
    assert bens.read_at is None


def test_what_ben_no_longer_sees_leaves_his_inbox_and_comes_back_with_it(told: Story) -> None:
    newest = queries.inbox(actor(told.ben))[0]
    told.give_account_to(told.south)
    assert titles(told) == []
    with pytest.raises(NotFound):
        queries.notification_for(actor(told.ben), newest.pk)
    told.give_account_to(told.north)
    assert len(titles(told)) == 2


def test_withdrawn_and_deleted_are_not_shown(told: Story) -> None:
    Notification.objects.filter(title="Joe's Deli: Won").update(withdrawn_at=clock.now())
    assert titles(told) == ["Joe's Deli: Proposal"]
    Notification.objects.update(deleted_at=clock.now())
    assert titles(told) == []


def test_a_phone_calls_for_itself_and_not_for_another(told: Story) -> None:
    mine = told.phone(told.ben, "fid-ben").device
    anas = told.phone(told.ana, "fid-ana").device
    assert queries.device_for(actor(told.ben, mine.pk), None) == mine
    assert queries.device_for(actor(told.ben), mine.pk) == mine
    for caller, asked in ((actor(told.ben), None), (actor(told.ben), anas.pk), (actor(told.ben, anas.pk), None)):
        with pytest.raises(NotFound):
            queries.device_for(caller, asked)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_inbox_is_one_query(story: Story, django_assert_num_queries: DjangoAssertNumQueries, rows: int) -> None:
    for stage in (story.late, story.later, story.won)[:rows]:
        story.move(stage)
    with django_assert_num_queries(1):
        assert len(titles(story)) == rows
