"""firebase-admin's errors as our outcomes."""

from typing import Any

from firebase_admin import exceptions, messaging

from backend.notifications.transports.answers import CONFIGURATION_PAUSE, QUOTA_PAUSE, never_left, retry_after
from backend.notifications.transports.base import AddressGone, Outcome, Permanent, Transient, Unknown


def refusal(error: Any) -> str | None:
    """Returns the reason when FCM refused not the message but this server (401, 403), for somebody to be told."""
    answer = getattr(error, "http_response", None)
    if answer is None or answer.status_code not in (401, 403):
        return None
    return f"{error.code}: {error}"[:500]


def of_error(error: Any) -> Outcome:
    """Returns what one firebase_admin FirebaseError means."""
    why = f"{error.code}: {error}"[:500]
    answer = error.http_response
    if answer is None:
        return Transient(None, why) if never_left(error.cause) else Unknown(why)
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


def _blames_address(answer: Any) -> bool:
    try:
        details = answer.json()["error"].get("details", [])
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    fields = {violation.get("field") for detail in details for violation in detail.get("fieldViolations", [])}
    return bool(fields & {"message.token", "message.fid"})
