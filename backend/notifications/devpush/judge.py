"""What a push service asks of who sends: a VAPID signature, and headers in order."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from backend.kit import clock

BODY_BYTES = 4096
URGENCIES = ("very-low", "low", "normal", "high")
_DAY = 86_400
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


class PushRefusedError(Exception):
    """The message is not taken: an HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def check_signature(authorization: str, *, audience: str, bound_to: str | None) -> None:
    """Refuses (401, 403) who does not prove to be the holder of the key that the browser subscribed with."""
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if scheme.lower() != "vapid" or not {"t", "k"} <= set(parts):
        raise PushRefusedError(401, "Authorization: vapid t=..., k=... is expected")
    try:
        point = urlsafe_b64decode(parts["k"] + "=" * (-len(parts["k"]) % 4))
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        claims = jwt.decode(
            parts["t"],
            key,
            algorithms=["ES256"],
            audience=audience,
            options={"require": ["exp", "aud", "sub"], "verify_exp": False},
        )
    except (ValueError, jwt.InvalidTokenError) as error:
        raise PushRefusedError(401, f"the VAPID signature is refused: {error}") from error
    if not 0 < int(claims["exp"]) - clock.now().timestamp() <= _DAY:
        raise PushRefusedError(401, "the VAPID signature has run out, or lasts for more than a day")
    if bound_to is not None and _bare(bound_to) != _bare(parts["k"]):
        raise PushRefusedError(403, "the browser subscribed with another VAPID key")


def check_message(headers: Mapping[str, str], body: bytes) -> None:
    """Refuses (400, 413) what RFC 8030 and 8291 do not allow."""
    if not headers.get("ttl", "").isdecimal():
        raise PushRefusedError(400, "TTL is missing")
    if len(body) > BODY_BYTES:
        raise PushRefusedError(413, f"{len(body)} bytes of {BODY_BYTES}")
    if body and headers.get("content-encoding") != "aes128gcm":
        raise PushRefusedError(400, "Content-Encoding must be aes128gcm")
    topic = headers.get("topic")
    if topic is not None and not _TOPIC.fullmatch(topic):
        raise PushRefusedError(400, "Topic must be 1 to 32 characters of base64url")
    if headers.get("urgency", "normal") not in URGENCIES:
        raise PushRefusedError(400, f"Urgency must be one of {', '.join(URGENCIES)}")


def _bare(key: str) -> str:
    return key.rstrip("=")
