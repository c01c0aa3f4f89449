"""Web Push through pywebpush: each message is encrypted for its browser, and posted once."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pywebpush import WebPusher
from requests import RequestException, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from backend.kit.logs import logger
from backend.notifications.transports.answers import CONFIGURATION_PAUSE, QUOTA_PAUSE, never_left, retry_after
from backend.notifications.transports.base import (
    Address,
    AddressGone,
    Message,
    Outcome,
    Permanent,
    Sent,
    Transient,
    Unknown,
)
from backend.notifications.transports.pool import Pool
from backend.notifications.transports.watched import itself, watched
from backend.notifications.transports.webpush.subscription import Subscription, SubscriptionRefusedError, parse
from backend.notifications.transports.webpush.vapid import Vapid

PAYLOAD_BYTES = 3993
"""What fits into the 4,096 bytes of one encrypted record, which is all that every push service takes."""

log = logger("notifications")


class WebPushTransport:
    """A Transport to browsers."""

    def __init__(
        self,
        *,
        vapid: Vapid,
        allowed: Callable[[str], bool],
        parallel: int = 20,
        timeout: float = 10.0,
        trust_env: bool = True,
    ) -> None:
        """`allowed` judges endpoints; `timeout` is in seconds per request; `trust_env` is for a proxy of the machine."""
        self._vapid = vapid
        self._allowed = allowed
        self._timeout = timeout
        self._pool = Pool("webpush", parallel)
        self._session = _Straight()
        self._session.trust_env = trust_env
        once = HTTPAdapter(pool_connections=8, pool_maxsize=parallel, max_retries=Retry(0))
        for prefix in ("https://", "http://"):
            self._session.mount(prefix, once)

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Tries each message once; returns an outcome for each, in order."""
        return self._pool.each(lambda item: watched("webpush", item[1], lambda: self._one(item), itself), batch)

    def close(self) -> None:
        """Gives the sockets and threads back."""
        self._pool.close()
        self._session.close()

    def _one(self, item: tuple[Address, Message]) -> Outcome:
        address, message = item
        try:
            subscription = parse(address.value)
        except SubscriptionRefusedError as error:
            return Permanent(f"no subscription: {error}")
        if not self._allowed(subscription.endpoint):
            return Permanent(f"{subscription.origin} is no push service that may be called"[:500])
        payload = encode(message)
        if len(payload) > PAYLOAD_BYTES:
            return Permanent(f"too big: {len(payload)} bytes of {PAYLOAD_BYTES}")
        try:
            return _outcome(self._post(subscription, message, payload))
        except RequestException as error:
            why = f"{type(error).__name__}: {error}"[:500]
            return Transient(None, why) if never_left(error) else Unknown(why)

    def _post(self, subscription: Subscription, message: Message, payload: bytes) -> Response:
        known = {
            "endpoint": subscription.endpoint,
            "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth},
        }
        headers = {
            "Authorization": self._vapid.authorization(subscription.origin),
            "Urgency": message.priority,
            "Topic": message.nid[:32],
        }
        pusher: Any = WebPusher(known, requests_session=self._session)
        answer: Response = pusher.send(payload, headers, ttl=message.ttl, timeout=self._timeout)
        return answer


class _Straight(Session):
    """Follows no redirect: the address was judged, and where it might lead was not."""

    def post(self, url: Any, *args: Any, **kwargs: Any) -> Response:
        return super().post(url, *args, **kwargs, allow_redirects=False)


def encode(message: Message) -> bytes:
    """Returns what the page's service worker reads: JSON with nid (also the tag), title, body, category, data, lang."""
    text = {"nid": message.nid, "category": message.category, "data": {**message.data, "nid": message.nid}}
    if message.wake:
        return json.dumps({**text, "wake": True}, ensure_ascii=False).encode()
    shown = {"title": message.title, "body": message.body, "lang": message.locale}
    return json.dumps({**text, **shown}, ensure_ascii=False).encode()


def _outcome(answer: Response) -> Outcome:
    status = answer.status_code
    why = f"{status}: {answer.text or answer.reason}"[:500]
    if status in (200, 201, 202, 204):
        return Sent(answer.headers.get("Location", "")[-200:])
    if status in (404, 410):
        return AddressGone(why)
    if status == 429:
        return Transient(retry_after(answer.headers) or QUOTA_PAUSE, why)
    if status in (401, 403):
        # not about this browser alone: our key, our clock or our contact; somebody has to look
        log.error("webpush_refuses_this_server", reason=why)
        return Transient(retry_after(answer.headers) or CONFIGURATION_PAUSE, why)
    if status >= 500 or status == 408:
        return Transient(retry_after(answer.headers), why)
    return Permanent(why)
