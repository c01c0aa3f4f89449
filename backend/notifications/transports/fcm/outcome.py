"""firebase-admin's answers as our five outcomes."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from firebase_admin import exceptions, messaging
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

from backend.kit import clock
from backend.notifications.transports.base import AddressGone, Outcome, Permanent, Sent, Transient, Unknown

QUOTA_PAUSE = 60.0
"""Seconds to wait after a 429 that names no time (Google's own advice)."""

CONFIGURATION_PAUSE = 300.0
"""Seconds to wait when our own set-up is refused: somebody has to change it, so hurrying is of no use."""


def outcome(response: Any) -> Outcome:
    """Returns what one firebase_admin.messaging.SendResponse means."""
    if response.success:
        return Sent(str(response.message_id))
    if response.exception is None:
        return Unknown("FCM answered without a message name")
    return of_error(response.exception)


def refusal(response: Any) -> str | None:
    """Returns the reason when FCM refused not the message but this server (401, 403), for somebody to be told."""
    answer = getattr(response.exception, "http_response", None)
    if answer is None or answer.status_code not in (401, 403):
        return None
    return f"{response.exception.code}: {response.exception}"[:500]


def of_error(error: Any) -> Outcome:
    """Returns what one firebase_admin FirebaseError means."""
    why = f"{error.code}: {error}"[:500]
    answer = error.http_response
    if answer is None:
        return Transient(None, why) if _never_left(error) else Unknown(why)
    if isinstance(error, messaging.UnregisteredError):
        return AddressGone(why)
    if isinstance(error, messaging.SenderIdMismatchError):
        return AddressGone(why)
    if answer.status_code == 429:
        return Transient(retry_after(answer.headers) or QUOTA_PAUSE, why)
    if answer.status_code in (401, 403, 404):
        # not about this phone: our key, project or permissions; a plain 404 must not cost anybody their address
        return Transient(retry_after(answer.headers) or CONFIGURATION_PAUSE, why)
    if answer.status_code >= 500 or answer.status_code == 408:
        return Transient(retry_after(answer.headers), why)
    if isinstance(error, exceptions.InvalidArgumentError) and _blames_address(answer):
        return AddressGone(why)
    return Permanent(why)


def retry_after(headers: Any) -> float | None:
    """Returns the seconds that a Retry-After header asks for, in either of its two forms."""
    value = str(headers.get("Retry-After", "")).strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        instant = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return max(0.0, (aware - clock.now()).total_seconds())


def _never_left(error: Any) -> bool:
    """True when no connection was made, so that nothing can have been taken."""
    cause = error.cause
    inner = cause.args[0] if cause is not None and cause.args else None
    reason = getattr(inner, "reason", inner)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)


def _blames_address(answer: Any) -> bool:
    try:
        details = answer.json()["error"].get("details", [])
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    fields = {violation.get("field") for detail in details for violation in detail.get("fieldViolations", [])}
    return bool(fields & {"message.token", "message.fid"})
