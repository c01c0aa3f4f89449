"""The service account that the server makes itself, and the bearers it gives for signed assertions."""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from backend.kit import clock
from backend.kit.private_file import kept_text

PROJECT = "fieldbeat-dev"
AUDIENCE = "https://oauth2.googleapis.com/token"
_SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
BEARER_SECONDS = 3600


class AssertionRefusedError(Exception):
    """The signed claim does not prove to be from our service account; the message says why."""


class ServiceAccount:
    """One RSA key kept in a folder, and the bearers of this process."""

    def __init__(self, folder: Path) -> None:
        """Reads the key from `folder`, or makes one there; raises OSError when the folder cannot be written."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = kept_text(folder / "service-account.json", lambda: json.dumps(_make_account(), indent=2))
        self._json: dict[str, str] = json.loads(made)
        private = serialization.load_pem_private_key(self._json["private_key"].encode(), password=None)
        self._public = private.public_key()
        self._bearers: dict[str, datetime] = {}

    def as_json(self, base_url: str) -> dict[str, str]:
        """Returns the account as the Firebase console would give it, with our own token address in it."""
        return {**self._json, "token_uri": f"{base_url}/token"}

    def grant(self, assertion: str) -> str:
        """Returns a bearer for a good RS256 assertion; raises AssertionRefusedError."""
        try:
            claims = jwt.decode(
                assertion,
                self._public,  # type: ignore[arg-type]
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=self._json["client_email"],
                options={"require": ["exp", "iat", "iss", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            raise AssertionRefusedError(str(error)) from error
        if not _SCOPES & set(str(claims.get("scope", "")).split()):
            raise AssertionRefusedError("the scope does not include messaging")
        bearer = f"dev.{secrets.token_urlsafe(24)}"
        self._bearers[bearer] = clock.now() + timedelta(seconds=BEARER_SECONDS)
        return bearer

    def knows(self, authorization: str) -> bool:
        """Says whether an Authorization header holds a bearer that we gave and that has not run out."""
        scheme, _, bearer = authorization.partition(" ")
        until = self._bearers.get(bearer)
        return scheme.lower() == "bearer" and until is not None and clock.now() < until


def _make_account() -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    email = f"push@{PROJECT}.iam.gserviceaccount.com"
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "client_email": email,
        "client_id": str(secrets.randbelow(10**20)),
    }
