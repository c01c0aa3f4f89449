"""From where a feed goes on: sealed for an org, refused when the log no longer reaches back, exact between snapshots."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync import changes, epoch, since
from backend.sync.cursor import BadCursor
from backend.sync.feed_cursor import FeedCursor, seal, unseal
from tests.factories.world import World

SECRET = "a secret of these tests"


def now_at(base: str) -> FeedCursor:
    """Returns a cursor of this moment."""
    return FeedCursor(epoch.current(), base, clock.now().isoformat())


def test_a_cursor_opens_for_everybody_of_its_org_and_for_nobody_else() -> None:
    mine, others = new_id(), new_id()
    cursor = FeedCursor("e", "10:12:10", clock.now().isoformat(), "10:14:10", str(new_id()))
    text = seal(cursor, mine, secret=SECRET)
    assert unseal(text, mine, secret=SECRET) == cursor
    for wrong in (text[:-3], "", "x", "ü", text + "A"):
        with pytest.raises(BadCursor):
            unseal(wrong, mine, secret=SECRET)
    with pytest.raises(BadCursor):
        unseal(text, others, secret=SECRET)


def test_a_cursor_is_good_as_long_as_nothing_of_what_one_sees_was_dropped_behind_it(field: World) -> None:
    mine, others = new_id(), new_id()
    epoch.current()  # a database that begins a life forgets what was dropped in another
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO sync_purge (root, xid) VALUES (%s, '20'::xid8)", [mine])
    since.check(now_at("10:10:"), [others])
    since.check(now_at("30:30:"), [mine, others])
    with pytest.raises(since.CursorExpired) as refused:
        since.check(now_at("10:10:"), [others, mine])
    assert (refused.value.code, refused.value.family) == ("CURSOR_EXPIRED", "RESET")


@pytest.mark.parametrize("what", ["another life", "long ago", "the future"])
def test_a_cursor_of_another_time_is_expired(field: World, what: str) -> None:
    cursor = now_at(changes.snapshot())
    since.check(cursor, [])
    changed = {
        "another life": replace(cursor, epoch=str(new_id())),
        "long ago": replace(cursor, at=(clock.now() - timedelta(days=1000)).isoformat()),
        "the future": replace(cursor, target="9000000000:9000000001:"),
    }
    with pytest.raises(since.CursorExpired):
        since.check(changed[what], [])


@pytest.mark.parametrize(
    ("later", "earlier", "all_of_it"),
    [
        ("10:10:", "10:10:", True),
        ("12:12:", "10:11:", True),
        ("10:12:10", "10:12:10", True),
        ("10:12:10", "12:12:", False),
        ("10:12:10,11", "10:11:10", True),
        ("10:11:", "10:12:10", False),
    ],
)
def test_one_snapshot_has_all_of_another_or_not(later: str, earlier: str, all_of_it: bool) -> None:
    assert since.includes(later, earlier) is all_of_it
