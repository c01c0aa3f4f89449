"""Reads one setting's text; a wrong one raises ValueError with the end of a sentence that says what to do."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (a port out of range is only found when it is asked for)
    except ValueError as error:
        raise ValueError(f"is not an address ({error}); check its host and port") from error
    return parts


def postgres_url(text: str) -> str:
    """Returns a PostgreSQL connection URI; every other database is refused."""
    scheme, _, rest = text.partition("://")
    if scheme not in ("postgres", "postgresql") or not rest:
        named = scheme if rest else "nothing"
        raise ValueError(
            f"names {named}, but Fieldbeat needs PostgreSQL 15 to 18; "
            "write it as postgresql://user:password@host:5432/name"
        )
    try:
        parts = conninfo_to_dict(text)
    except ProgrammingError:
        # What libpq says repeats the address, and so the password.
        raise ValueError(
            "cannot be understood; check its host and port, and write odd signs as %40 and the like"
        ) from None
    for port in str(parts.get("port") or "5432").split(","):
        if port and not (port.isdigit() and 0 < int(port) < 65536):
            raise ValueError("has a port that is none; check its host and port")
    if not parts.get("dbname"):
        raise ValueError(
            "names no database; end it with the database's name, as in postgresql://user@host:5432/fieldbeat"
        )
    return text


def redis_url(text: str) -> str:
    """Returns a Redis address (redis://, rediss://)."""
    parts = _split(text)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("is not a Redis address; write it as redis://host:6379/0, or leave it out")
    return text


def http_base(text: str) -> str:
    """Returns an http(s) base address without a slash at its end."""
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("is not a web address; write it as http://127.0.0.1:9099, or leave it out")
    return text.rstrip("/")


def origins(text: str) -> tuple[str, ...]:
    """Returns web origins, split at commas."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in found:
        parts = _split(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ValueError(
                f"holds {origin!r}, which is not an origin; write each as https://app.example.com, with commas between"
            )
    return found


def hosts(text: str) -> tuple[str, ...]:
    """Returns host names, split at commas; `*` alone means any."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for host in found:
        if "/" in host or " " in host or (host != "*" and "*" in host.removeprefix("*.")):
            raise ValueError(
                f"holds {host!r}, which is not a host name; write names alone, as in crm.example.com,10.0.0.5"
            )
    if not found:
        raise ValueError("names no host; write at least one, or leave it out")
    return found


def whole(low: int, high: int) -> Callable[[str], int]:
    """Makes a reader of a whole number between `low` and `high`, both allowed."""

    def read(text: str) -> int:
        wanted = f"write a whole number from {low} to {high}"
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"is not a number; {wanted}") from None
        if not low <= value <= high:
            raise ValueError(f"is out of range; {wanted}")
        return value

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """Makes a reader of a number between `low` and `high`, both allowed."""

    def read(text: str) -> float:
        wanted = f"write a number from {low:g} to {high:g}, with a point"
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"is not a number; {wanted}") from None
        if not low <= value <= high:
            raise ValueError(f"is out of range; {wanted}")
        return value

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Makes a reader of one word among `choices`, whatever its case."""

    def read(text: str) -> str:
        for choice in choices:
            if text.lower() == choice.lower():
                return choice
        raise ValueError(f"is none of the choices; write {' or '.join(choices)}")

    return read


def yes_no(text: str) -> bool:
    """Returns whether the text is 1; only 1 and 0 are words here."""
    if text not in ("0", "1"):
        raise ValueError("is neither 1 nor 0; write 1 for yes, 0 for no")
    return text == "1"


EVERYBODY = frozenset({"everybody"})
_WHO = frozenset({"rep", "manager", "admin", "partner", "scripts", "everybody"})


def free_documents(text: str) -> frozenset[str]:
    """Returns who may send documents of their own."""
    found = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    if not found or found - _WHO:
        raise ValueError(f"names nobody known; write some of {', '.join(sorted(_WHO))}, with commas between")
    return found


def word(text: str) -> str:
    """Returns a name or key without spaces."""
    if any(sign.isspace() for sign in text):
        raise ValueError("holds a space; write it without")
    return text


def host(text: str) -> str:
    """Returns the name or number of an address to listen on."""
    if "/" in text or " " in text:
        raise ValueError("is not a host; write an address alone, as in 127.0.0.1 or 0.0.0.0")
    return text


def folder(text: str) -> Path:
    """Returns an absolute folder path; it need not exist yet."""
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError("is a file; name a folder, which is made when absent")
    return path


def token(text: str) -> str:
    """Returns a word that nobody guesses, fit for a header."""
    if len(text) < 24 or not text.isascii() or any(sign.isspace() for sign in text):
        raise ValueError("is too short or has odd characters; make one with: openssl rand -hex 24")
    return text


def secret(text: str) -> str:
    """Returns a secret of 32 characters or more."""
    if len(text) < 32:
        raise ValueError("is shorter than 32 characters; make one with: openssl rand -base64 48")
    if len(set(text)) < 10:
        raise ValueError("repeats too few characters to be a secret; make one with: openssl rand -base64 48")
    return text


def service_account(text: str) -> Path:
    """Returns the path of a Google service-account file that can be read."""
    path = Path(text).expanduser().absolute()
    advice = "name the JSON file of a service account, from Firebase's project settings"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}); {advice}") from error
    except ValueError:
        raise ValueError(f"is not JSON; {advice}") from None
    if not isinstance(content, dict) or content.get("type") != "service_account":
        raise ValueError(f"holds no service account; {advice}")
    return path


def vapid_key(text: str) -> str:
    """Returns 32 bytes in base64url."""
    try:
        size = len(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        size = 0
    if size != 32:
        raise ValueError(
            "is not 32 bytes in base64url; take the private key that npx web-push generate-vapid-keys prints"
        )
    return text.rstrip("=")


def contact(text: str) -> str:
    """Returns a mailto: or https: address."""
    if not (text.startswith("mailto:") and "@" in text) and not text.startswith("https://"):
        raise ValueError("is neither a mail nor a web address; write it as mailto:ops@example.com")
    return text


def mail_url(text: str) -> str:
    """Returns how mail leaves: console:, file:///folder, smtp:// or smtps://."""
    parts = _split(text)
    good = (
        text in ("console:", "console://")
        or (parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc)
        or (parts.scheme in ("smtp", "smtps") and bool(parts.hostname))
    )
    if not good:
        raise ValueError("is no way for mail; write smtp://user:password@host:587, console: or file:///some/folder")
    return text


def mail_address(text: str) -> str:
    """Returns a sender, with a name before the address or not."""
    if "@" not in parseaddr(text)[1] or any(sign in text for sign in "\r\n"):
        raise ValueError("is no mail address; write it as Fieldbeat <alerts@example.com>")
    return text
