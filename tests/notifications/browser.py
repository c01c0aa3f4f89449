"""A browser without a window: its keys, its subscription, and what it reads of a push."""

import json
import os
from base64 import urlsafe_b64encode
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.kit.ids import new_id
from backend.notifications.devpush.server import Running
from backend.notifications.devpush.store import Pushed
from backend.notifications.transports.base import Address


class Browser:
    """Subscribed at a local push service, for one VAPID key or for any."""

    def __init__(self, push: Running, key: str | None = None) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.subscribed = push.state.store.subscribe(new_id().hex, new_id().hex, key)
        self.endpoint = push.state.endpoint(self.subscribed)

    @property
    def subscription(self) -> str:
        """What pushManager.subscribe() gives, as JSON."""
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self._auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    @property
    def address(self) -> Address:
        """Where we reach it."""
        return Address("webpush", self.subscription)

    def read(self, message: Pushed) -> dict[str, Any]:
        """Decrypts what was pushed to it."""
        plain = http_ece.decrypt(message.body, private_key=self._private, auth_secret=self._auth, version="aes128gcm")
        read: dict[str, Any] = json.loads(plain)
        return read


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
