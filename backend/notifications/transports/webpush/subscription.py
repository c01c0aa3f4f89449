"""What a browser gives when it subscribes, and whom we are willing to call for it.

The address is chosen by a client, and this server posts to it: so it must be of a push service that we know by name."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

LONGEST = 2048


class SubscriptionRefusedError(Exception):
    """This is no subscription; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """`p256dh` and `auth` are base64url without padding, as browsers give them."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def origin(self) -> str:
        """The push service: scheme, host and port."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    def canonical(self) -> str:
        """Returns the JSON by which we keep it: the same subscription is always the same text."""
        return json.dumps(
            {"auth": self.auth, "endpoint": self.endpoint, "p256dh": self.p256dh}, separators=(",", ":"), sort_keys=True
        )


def parse(text: str) -> Subscription:
    """Reads a browser's PushSubscription.toJSON(), or our own canonical form; raises SubscriptionRefusedError."""
    try:
        given = json.loads(text) if len(text) <= 2 * LONGEST else None
    except (ValueError, RecursionError) as error:
        raise SubscriptionRefusedError("not the JSON of a subscription") from error
    if not isinstance(given, dict):
        raise SubscriptionRefusedError("not the JSON of a subscription")
    keys = given.get("keys", given)
    keys = keys if isinstance(keys, dict) else {}
    endpoint = given.get("endpoint")
    if not isinstance(endpoint, str) or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise SubscriptionRefusedError("endpoint is missing or malformed")
    found = Subscription(endpoint, _key(keys, "p256dh", 65), _key(keys, "auth", 16))
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(found.p256dh))
    except ValueError as error:
        raise SubscriptionRefusedError("p256dh is no point of the curve P-256") from error
    if len(found.canonical()) > LONGEST:
        raise SubscriptionRefusedError(f"longer than {LONGEST} characters")
    return found


def allowing(hosts: Sequence[str], local_url: str | None) -> Callable[[str], bool]:
    """Makes the judge of endpoints: HTTPS to a named host (`*.example.com` for any below), or our own local service."""
    exact = {host.lower() for host in hosts if not host.startswith("*.")}
    below = tuple(host[1:].lower() for host in hosts if host.startswith("*."))

    def allowed(endpoint: str) -> bool:
        try:
            parts = urlsplit(endpoint)
            port = parts.port
        except ValueError:
            return False
        # A backslash or an @ is read differently by different readers of one address.
        if "@" in endpoint or "\\" in endpoint or not parts.hostname:
            return False
        if local_url is not None and f"{parts.scheme}://{parts.netloc}" == local_url:
            return True
        host = parts.hostname
        return parts.scheme == "https" and port in (None, 443) and (host in exact or host.endswith(below))

    return allowed


def _key(keys: dict[str, object], name: str, size: int) -> str:
    value = keys.get(name)
    try:
        raw = _bytes(value) if isinstance(value, str) else b""
    except (Error, ValueError):
        raw = b""
    if len(raw) != size:
        raise SubscriptionRefusedError(f"{name} is not {size} bytes in base64url")
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    plain = text.rstrip("=")
    return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
