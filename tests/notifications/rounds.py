"""Rounds of one alert each: workers die at any arrow, providers misbehave, and in the end each screen shows it once.

A death in this process is an exception that nothing catches: what was not committed is rolled back, what was is there,
and whoever comes next finds it so. Providers are the local servers, reached by the real libraries."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction

from backend.crm.models import Opportunity, StageHistory
from backend.events import outbox
from backend.events.models import OutboxEvent
from backend.events.types import OpportunityStageMoved
from backend.identity.models import Device
from backend.kit import clock
from backend.notifications import actions, dispatch
from backend.notifications.alerting import evaluate
from backend.notifications.delivery import claim, planning, record
from backend.notifications.devfcm.server import Running as Fcm
from backend.notifications.devpush.server import Running as Push
from backend.notifications.lanes import Lane
from backend.notifications.models import Delivery, DeliveryState, Notification, PushAddress
from backend.notifications.transports.base import Address, Message, Outcome, Transport
from backend.notifications.transports.fcm.transport import FcmTransport
from tests.notifications.browser import Browser
from tests.notifications.story import WIRING, Story, actor

ARROWS = ("event", "plan", "planned", "lease", "leased", "send", "half sent", "sent", "result")
"""Where a worker dies: inside the transactions of event, plan, lease and result, or between them."""

FCM_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "429", "retry_after": 40},
    {"kind": "429"},
    {"kind": "503"},
    {"kind": "500"},
    {"kind": "cut"},
    {"kind": "oauth_down"},
    {"kind": "401", "times": 3},
)
PUSH_FAULTS: tuple[dict[str, Any], ...] = ({"kind": "429", "retry_after": 9}, {"kind": "503"}, {"kind": "cut"})


class Death(BaseException):
    """kill -9, as far as this process can suffer it."""


class Fate:
    """Says at each arrow whether the worker dies there: once."""

    def __init__(self) -> None:
        self.arrow: str | None = None
        self.died: Counter[str] = Counter()

    def at(self, arrow: str) -> None:
        """Dies, if it is time."""
        if self.arrow == arrow:
            self.arrow = None
            self.died[arrow] += 1
            raise Death(arrow)

    def after(self, arrow: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Makes the work end in death, if it is time."""

        def then(*words: Any, **named: Any) -> Any:
            done = work(*words, **named)
            self.at(arrow)
            return done

        return then


class Mortal:
    """A transport whose worker may die before, amid and after a batch."""

    def __init__(self, real: Transport, fate: Fate) -> None:
        self._real = real
        self._fate = fate

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Sends by the real one."""
        self._fate.at("send")
        if self._fate.arrow == "half sent":
            self._real.send(batch[: (len(batch) + 1) // 2])
            self._fate.at("half sent")
        outcomes = self._real.send(batch)
        self._fate.at("sent")
        return outcomes


@dataclass
class Rounds:
    """Ben has two phones and a browser; Cy has a phone that must stay silent."""

    story: Story
    fcm: Fcm
    push: Push
    real_fcm: FcmTransport
    real_push: Transport
    chance: Random
    fate: Fate = field(default_factory=Fate)
    met: Counter[str] = field(default_factory=Counter)
    played: int = 0

    def __post_init__(self) -> None:
        """Gives out the phones."""
        self.phones = [self.story.phone(self.story.ben, "fid-ben"), self.story.phone(self.story.ben, "t", "fcm_token")]
        self.story.phone(self.story.cy, "fid-cy")
        self.browser = Browser(self.push)
        device = Device.objects.create(org=self.story.org, user=self.story.ben, install_key="browser", platform="web")
        actions.register_address(
            actor=actor(self.story.ben, device.pk), device=device, kind="webpush", value=self.browser.subscription
        )
        self.phones.append(PushAddress.objects.get(device=device))

    def play(self) -> None:
        """Plays one round and looks at every screen."""
        self._begin()
        deal = Opportunity.objects.create(
            org=self.story.org,
            account=self.story.account,
            owner=self.story.ana,
            name="Cold case",
            pipeline=self.story.deal.pipeline,
            stage=self.story.early,
        )
        moment = clock.now()
        fates = [ARROWS[self.played % len(ARROWS)], *self.chance.choices((None, *ARROWS), k=self.chance.randint(0, 2))]
        self.played += 1
        history = self._happen(deal, "event" if "event" in fates else None)
        for arrow in fates:
            moment = self._live(arrow, moment)
        self.fcm.state.faults.clear()
        self.push.state.faults.clear()
        for _ in range(20):
            if not Delivery.objects.filter(state=DeliveryState.QUEUED).exists() and not self._events().exists():
                break
            moment = self._live(None, moment)
        self._look(deal, str(history.pk))

    def _begin(self) -> None:
        self.fcm.state.store.clear()
        self.push.state.store.messages.clear()
        for faults, choices in ((self.fcm.state.faults, FCM_FAULTS), (self.push.state.faults, PUSH_FAULTS)):
            chosen = self.chance.sample(choices, self.chance.randint(0, 2))
            faults.add([dict(one) for one in chosen])
            self.met.update(str(one["kind"]) for one in chosen)
        if any(one["kind"] == "oauth_down" for one in self.fcm.state.faults.as_json()):
            self.real_fcm.close()  # a new line asks for a new bearer

    def _happen(self, deal: Opportunity, arrow: str | None) -> StageHistory:
        """Ana moves the deal; where the server dies before the commit, she does it again."""
        self.fate.arrow = arrow
        for _ in range(2):
            try:
                with transaction.atomic():
                    deal.stage = self.story.late
                    deal.save()
                    history = StageHistory.objects.create(
                        org=self.story.org,
                        opportunity=deal,
                        from_stage=self.story.early,
                        to_stage=self.story.late,
                        moved_by=self.story.ana,
                        moved_at=clock.now(),
                    )
                    event = OpportunityStageMoved(
                        opportunity_id=deal.pk, history_id=history.pk, actor_id=self.story.ana.pk
                    )
                    outbox.append(event, org_id=self.story.org.pk)
                    self.fate.at("event")
            except Death:
                assert not StageHistory.objects.filter(opportunity=deal).exists()
                assert not self._events().exists()
            else:
                return history
        raise AssertionError("she did it twice")

    def _live(self, arrow: str | None, moment: datetime) -> datetime:
        """Lets a worker work until it dies or nothing is left to do; returns when the next one may begin."""
        self.fate.arrow = arrow
        try:
            with clock.moved_to(moment):
                while outbox.drain(WIRING):
                    pass
                self.fate.at("planned")
                while dispatch.drain():
                    pass
        except Death:
            self.fate.arrow = None
        return moment + timedelta(seconds=self.chance.choice((1, 30, 61, 400)))

    def _events(self) -> Any:
        return OutboxEvent.objects.filter(done_at=None)

    def _look(self, deal: Opportunity, episode: str) -> None:
        """Exactly one inbox row, one delivery for each screen, and each screen shows the nid once."""
        [told] = Notification.objects.filter(subject_id=deal.pk)
        assert (told.user, told.episode) == (self.story.ben, episode)
        deliveries = Delivery.objects.filter(notification=told)
        assert len(deliveries) == len(self.phones)
        assert {one.address_id for one in deliveries} == {one.pk for one in self.phones}
        assert {one.state for one in deliveries} == {"sent"}, list(deliveries.values())
        shown = self.fcm.state.store.alerts()
        assert sorted((one["address"], one["nid"]) for one in shown) == [("fid-ben", told.pk.hex), ("t", told.pk.hex)]
        pushed = self.push.state.store.messages
        assert {(one.to, one.topic) for one in pushed} == {(self.browser.subscribed, told.pk.hex)}
        assert {self.browser.read(one)["nid"] for one in pushed} == {told.pk.hex}
        accepted = len(self.fcm.state.store.arrivals()) + len(pushed)
        self.met["shown again under the same nid"] += accepted - 3


@contextmanager
def mortal(rounds: Rounds) -> Iterator[None]:
    """Puts the arrows of fate into the worker for the length of the block."""
    fate = rounds.fate
    ways = {
        "push": Lane(Mortal(rounds.real_fcm, fate)),
        "webpush": Lane(Mortal(rounds.real_push, fate)),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "lanes", lambda: ways)
        patch.setattr(evaluate, "tell_all", fate.after("plan", planning.tell_all))
        patch.setattr(claim, "single", _taking(fate, claim.single))
        patch.setattr(record, "settle", _recording(fate, record.settle))
        yield


def _taking(fate: Fate, single: Callable[..., list[claim.Held]]) -> Callable[..., list[claim.Held]]:
    """Dies before the lease is committed, or after, if anything was leased."""

    def taken(channel: str, limit: int) -> list[claim.Held]:
        with transaction.atomic():
            found = single(channel, limit)
            if found:
                fate.at("lease")
        if found:
            fate.at("leased")
        return found

    return taken


def _recording(fate: Fate, settle: Callable[[Sequence[record.Result]], None]) -> Callable[..., None]:
    """Dies before the results are committed, if any were sent."""

    def settled(results: Sequence[record.Result]) -> None:
        if not any(one.outcome is not None for one in results):
            settle(results)
            return
        with transaction.atomic():
            settle(results)
            fate.at("result")

    return settled
