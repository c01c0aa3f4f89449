"""Many phones hear of one event: the queue empties batch by batch, and memory does not grow with it."""

import gc
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest

from backend.kit import clock
from backend.notifications import dispatch
from backend.notifications.delivery.planning import tell
from backend.notifications.lanes import LONGEST_OUTAGE_PAUSE, Lane
from backend.notifications.models import Delivery
from backend.notifications.transports.base import Address, Message, Outcome, Sent, Transient
from tests.notifications.crowd import crowd, occurrence
from tests.notifications.story import Story

MANY = 1_200
MIB = 1024 * 1024


class Provider:
    """Takes what it is given, counts it, and keeps nothing."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.says: Outcome = Sent("")

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        self.batches.append(len(batch))
        return [self.says] * len(batch)


@contextmanager
def peak() -> Iterator[list[float]]:
    """Gives the most memory that Python held in the block beyond what it held before, in MiB."""
    gc.collect()
    tracemalloc.start()
    found: list[float] = []
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield found
        found.append((tracemalloc.get_traced_memory()[1] - before) / MIB)
    finally:
        tracemalloc.stop()


def test_memory_is_that_of_two_batches_however_many_wait(story: Story) -> None:
    tell(occurrence=occurrence(story, crowd(story, MANY)))
    post = Provider()
    dispatch.drain(dispatch.BATCH, transport=post)  # what is loaded once is loaded
    with peak() as most:
        while dispatch.drain(transport=post):
            pass
    assert sum(post.batches) == MANY
    assert max(post.batches) == dispatch.BATCH
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert most[0] < 5, "one delivery takes ten thousand bytes: all at once would be 12 MiB"


BATCH = [(Address("fid", "x"), Message(nid="n", title="t", body="b"))] * 10


def test_a_lane_hands_over_no_more_than_its_rate_and_saves_up_a_second_of_it() -> None:
    with clock.moved_to(clock.now()):
        lane, start = Lane(Provider(), rate=15, most=100), clock.now()
        assert lane.room(100) == 15
        lane.send(BATCH)
        assert lane.room(100) == 5
    with clock.moved_to(start + timedelta(seconds=0.4)):
        assert lane.room(100) == 11
    with clock.moved_to(start + timedelta(hours=1)):
        assert lane.room(100) == 15
    assert Lane(Provider(), most=30).room(100) == 30


@pytest.mark.parametrize(("says", "alone"), [(Transient(7, "429"), [7, 7, 7]), (Transient(None, "503"), [2, 4, 8])])
def test_a_provider_that_puts_all_off_is_left_alone_for_a_while(says: Transient, alone: list[float]) -> None:
    post = Provider()
    post.says = says
    now = clock.now()
    with clock.moved_to(now):
        lane = Lane(post)
    for pause in alone:
        with clock.moved_to(now):
            lane.send(BATCH)
        now += timedelta(seconds=pause)
        with clock.moved_to(now - timedelta(seconds=0.1)):
            assert lane.room(5) == 0
        with clock.moved_to(now):
            assert lane.room(5) == 5
    post.says = Sent("")
    with clock.moved_to(now):
        lane.send(BATCH)
        assert lane.room(5) == 5


def test_a_long_wish_of_a_provider_is_each_messages_own_and_one_message_closes_no_lane() -> None:
    post = Provider()
    post.says = Transient(3_600, "429")
    now = clock.now()
    with clock.moved_to(now):
        lane = Lane(post)
        lane.send(BATCH[:1])
        assert lane.room(5) == 5
        lane.send(BATCH)
        assert lane.room(5) == 0
    with clock.moved_to(now + timedelta(seconds=LONGEST_OUTAGE_PAUSE)):
        assert lane.room(5) == 5
