"""Turns the address of a mail server into Django's settings."""

from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT = 10
"""Seconds that a mail server has for each step."""


def mail_settings(url: str | None, sender: str) -> dict[str, Any]:
    """Returns the EMAIL_* settings; without an address mail goes nowhere."""
    found: dict[str, Any] = {"DEFAULT_FROM_EMAIL": sender, "EMAIL_TIMEOUT": TIMEOUT}
    backend = "django.core.mail.backends."
    if url is None:
        return found | {"EMAIL_BACKEND": backend + "dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme == "console":
        return found | {"EMAIL_BACKEND": backend + "console.EmailBackend"}
    if parts.scheme == "file":
        return found | {"EMAIL_BACKEND": backend + "filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    secure = parts.scheme == "smtps"
    return found | {
        "EMAIL_BACKEND": backend + "smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        # A relay on the same machine seldom has a certificate.
        "EMAIL_USE_TLS": not secure and parts.hostname not in ("localhost", "127.0.0.1", "::1"),
    }
