"""Who we are to push services (RFC 8292): one key pair, which browsers learn when they subscribe."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from backend.kit import clock
from backend.kit.private_file import kept_text

_VALID = timedelta(hours=12)
_RENEW = timedelta(hours=11)


class Vapid:
    """Signs for each push service, anew when a signature grows old."""

    def __init__(self, private_key: str, contact: str) -> None:
        """`private_key` is 32 bytes in base64url; `contact` a mailto: or https: address. Raises ValueError."""
        self._signer = Vapid02(private_key=_private(private_key))
        self._contact = contact
        self._signed: dict[str, tuple[float, str]] = {}

    @property
    def public_key(self) -> str:
        """What a browser is given as applicationServerKey, in base64url."""
        point = self._signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return urlsafe_b64encode(point).decode().rstrip("=")

    def authorization(self, origin: str) -> str:
        """Returns the Authorization header for the push service at `origin`."""
        now = clock.now()
        until, header = self._signed.get(origin, (0.0, ""))
        if not now.timestamp() < until <= (now + _RENEW).timestamp():
            claims = {"sub": self._contact, "aud": origin, "exp": int((now + _VALID).timestamp())}
            header = str(self._signer.sign(claims)["Authorization"])
            self._signed[origin] = ((now + _RENEW).timestamp(), header)
        return header


def new_key() -> str:
    """Makes a private key as text."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def kept_key(path: Path) -> str:
    """Returns the key kept in `path`, made at the first call, readable by its owner only."""
    return kept_text(path, new_key)


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != 32:
        raise ValueError("a VAPID key has 32 bytes")
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
