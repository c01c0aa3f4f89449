"""While one batch is on its way the next is taken up; what changes meanwhile still counts."""

from collections.abc import Callable, Sequence

import pytest

from backend.kit import clock
from backend.notifications import dispatch
from backend.notifications.lanes import OUTAGE_OF, Lane
from backend.notifications.models import Delivery
from backend.notifications.transports.base import Address, Message, Outcome, Sent, Transient
from tests.notifications.recording import Recording
from tests.notifications.story import Story


class Late(Lane):
    """A lane that lies still until somebody waits for it: by then the next batch is ready. `happens`: what does meanwhile."""

    def __init__(self, post: Recording, happens: Callable[[], object] = bool) -> None:
        super().__init__(post)
        self._happens = happens

    def begin(self, batch: Sequence[tuple[Address, Message]]) -> Callable[[], list[Outcome]]:
        """Sends when it is waited for."""

        def wait() -> list[Outcome]:
            self._happens()
            return self._send(batch)

        return wait


def drained(lane: Lane, batch: int, patch: pytest.MonkeyPatch) -> int:
    patch.setattr(dispatch, "BATCH", batch)
    patch.setattr(dispatch, "TURN_SECONDS", 600.0)  # on a slow machine the second batch would be another turn's
    patch.setattr(dispatch, "lanes", lambda: {"push": lane})
    return dispatch.drain()


@pytest.mark.parametrize(("patience", "sent"), [(60.0, 2), (-1.0, 1)])
def test_what_waited_long_behind_another_batch_is_looked_at_again(
    story: Story, monkeypatch: pytest.MonkeyPatch, patience: float, sent: int
) -> None:
    for n in range(2):
        story.phone(story.ben, f"fid-ben-{n}")
    story.move(story.late)
    post = Recording()
    monkeypatch.setattr(dispatch, "PATIENCE_SECONDS", patience)
    assert drained(Late(post, lambda: story.give_account_to(story.south)), 1, monkeypatch) == 2
    assert len(post.taken) == sent
    outcomes = sorted(Delivery.objects.values_list("state", "last_outcome"))
    seen_no_more = [("suppressed", "the person no longer sees it")]
    assert outcomes == [("sent", "sent")] * sent + seen_no_more * (2 - sent)


def test_who_asks_to_be_left_alone_is_not_handed_the_next_batch_and_no_attempt_is_used_up(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(OUTAGE_OF + 1):
        story.phone(story.ben, f"fid-ben-{n}")
    story.move(story.late)

    class Busy(Recording):
        def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
            super().send(batch)
            return [Transient(30, "429")] * len(batch) if len(batch) > 1 else [Sent("")]

    post = Busy()
    assert drained(Late(post), OUTAGE_OF, monkeypatch) == OUTAGE_OF + 1
    assert len(post.taken) == OUTAGE_OF
    assert Delivery.objects.filter(state="queued", tries=1).count() == OUTAGE_OF
    waits = Delivery.objects.get(tries=0)
    assert (waits.state, waits.lease_until, waits.last_outcome) == ("queued", None, "")
    assert waits.next_try_at <= clock.now()
