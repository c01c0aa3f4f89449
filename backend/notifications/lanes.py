"""The ways out of this process: one lane for each channel that is set up, each with a bound of its own."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from threading import Lock
from typing import Literal

from django.conf import settings

from backend.kit import clock
from backend.kit.logs import logger
from backend.notifications import browsers
from backend.notifications.transports.base import Address, Message, Outcome, Transient, Transport

Channel = Literal["push", "webpush", "email"]

OUTAGE_OF = 10
"""From so many messages on, a batch of which most were put off is the provider's trouble, not each phone's."""

OUTAGE_PAUSE = 2.0
LONGEST_OUTAGE_PAUSE = 60.0

log = logger("notifications")


class Lane:
    """A transport, and how much this process may hand it now: `rate` messages a second, 0 for no bound.

    A provider that puts off most of a batch is left alone for a while, so that thousands that wait do not each use up
    an attempt to hear the same."""

    def __init__(self, transport: Transport, *, rate: float = 0.0, most: int = 100, name: str = "lane") -> None:
        """`most` messages at a time: so many must all have been tried, each to its time limit, within a lease."""
        self._transport = transport
        self._most = most
        self._behind = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._rate = rate
        self._left = rate
        self._counted_at = clock.now()
        self._closed_until = clock.now()
        self._outages = 0
        self._lock = Lock()

    def room(self, wanted: int) -> int:
        """Returns how many of `wanted` may be handed over now; 0 while the provider is left alone."""
        now = clock.now()
        wanted = min(wanted, self._most)
        with self._lock:
            if now < self._closed_until:
                return 0
            if not self._rate:
                return wanted
            gone = max(0.0, (now - self._counted_at).total_seconds())
            self._left = min(max(self._rate, 1.0), self._left + gone * self._rate)
            self._counted_at = now
            return min(wanted, int(self._left))

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Hands the batch over and counts it; returns the outcome of each, in order."""
        return self.begin(batch)()

    def begin(self, batch: Sequence[tuple[Address, Message]]) -> Callable[[], list[Outcome]]:
        """Hands the batch over on a thread of the lane, and returns what waits for its outcomes."""
        if self._rate:
            with self._lock:
                self._left -= len(batch)
        return self._behind.submit(self._send, batch).result

    def _send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        outcomes = self._transport.send(batch)
        self._listen(outcomes)
        return outcomes

    def _listen(self, outcomes: Sequence[Outcome]) -> None:
        put_off = [one for one in outcomes if isinstance(one, Transient)]
        with self._lock:
            if len(outcomes) < OUTAGE_OF or 2 * len(put_off) < len(outcomes):
                self._outages = 0
                return
            self._outages += 1
            asked = [one.retry_after for one in put_off if one.retry_after is not None]
            pause = min(asked) if asked else OUTAGE_PAUSE * 2 ** min(self._outages - 1, 5)
            pause = min(pause, LONGEST_OUTAGE_PAUSE)
            self._closed_until = clock.now() + timedelta(seconds=pause)
        log.warning("provider_left_alone", seconds=round(pause, 1), reason=put_off[0].why)


def channel_of(kind: str) -> Channel:
    """Returns on which lane an address of this kind lies."""
    if kind == "email":
        return "email"
    return "webpush" if kind == "webpush" else "push"


@cache
def lanes() -> Mapping[str, Lane]:
    """Returns the lanes that the settings name: FCM (Google's or a local one), browsers always, mail."""
    # Loaded only in the process that sends: the libraries beneath take long.
    from backend.notifications.transports.mail.transport import MailTransport
    from backend.notifications.transports.webpush.transport import WebPushTransport

    found: dict[str, Lane] = {}
    push = _fcm()
    if push is not None:
        found["push"] = Lane(push, rate=settings.FCM_RATE, most=2 * settings.FCM_PARALLEL, name="push")
    found["webpush"] = Lane(
        WebPushTransport(
            vapid=browsers.vapid(),
            allowed=browsers.may_be_called,
            parallel=settings.WEBPUSH_PARALLEL,
            trust_env=settings.WEBPUSH_URL is None,
        ),
        rate=settings.WEBPUSH_RATE,
        most=2 * settings.WEBPUSH_PARALLEL,
        name="webpush",
    )
    if settings.MAIL_URL is not None:
        found["email"] = Lane(MailTransport(), rate=settings.MAIL_RATE, most=5, name="mail")
    return found


def _fcm() -> Transport | None:
    """FCM with the service account of FCM_CREDENTIALS, else the local server at FCM_URL, else none."""
    from backend.notifications.transports.fcm.credential import from_dev_server, from_file
    from backend.notifications.transports.fcm.transport import FcmTransport

    url: str | None = settings.FCM_URL
    if settings.FCM_CREDENTIALS is not None:
        return FcmTransport(account=from_file(settings.FCM_CREDENTIALS), base_url=url, parallel=settings.FCM_PARALLEL)
    if url is not None:
        return FcmTransport(account=from_dev_server(url), base_url=url, parallel=settings.FCM_PARALLEL)
    return None
