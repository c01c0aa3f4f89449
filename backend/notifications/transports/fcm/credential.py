"""Where the service account comes from."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

Account = Mapping[str, object]
AccountSource = Callable[[], Account]


class CredentialUnavailableError(Exception):
    """No service account can be had just now; the message says what to look at."""


def from_file(path: Path) -> AccountSource:
    """Reads the JSON key that the Firebase console gives, anew each time, so that a rotated key needs no restart."""

    def read() -> Account:
        try:
            return _object(path.read_text(encoding="utf-8"), str(path))
        except OSError as error:
            raise CredentialUnavailableError(f"cannot read the service account {path}: {error.strerror}") from error

    return read


def from_dev_server(base_url: str) -> AccountSource:
    """Asks a local `fieldbeat dev-fcm` for the account it made itself."""

    def fetch() -> Account:
        try:
            answer = httpx.get(f"{base_url.rstrip('/')}/service-account.json", timeout=5, trust_env=False)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise CredentialUnavailableError(f"no local FCM server answers at {base_url}: {error}") from error
        return _object(answer.text, base_url)

    return fetch


def _object(text: str, source: str) -> Account:
    try:
        account = json.loads(text)
    except ValueError as error:
        raise CredentialUnavailableError(f"{source} holds no JSON") from error
    if not isinstance(account, dict):
        raise CredentialUnavailableError(f"{source} holds no service account")
    return account
