"""What goes wrong at FCM when it is asked for, and FCM's words for it."""

from typing import Any

NAMES = {"UNREGISTERED": "404", "SENDER_ID_MISMATCH": "403", "THIRD_PARTY_AUTH_ERROR": "401", "QUOTA_EXCEEDED": "429"}
"""FCM's own names, which may be asked for as well."""

KINDS = ("429", "503", "500", "404", "403", "401", "400", "cut", "slow", "oauth_down", *NAMES)

_ANSWERS = {
    "429": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    "503": (503, "UNAVAILABLE", "UNAVAILABLE"),
    "500": (500, "INTERNAL", "INTERNAL"),
    "404": (404, "NOT_FOUND", "UNREGISTERED"),
    "403": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    "401": (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
    "400": (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
}


def answer(kind: str, message: str) -> tuple[int, dict[str, Any]]:
    """Returns the status and the body that FCM v1 gives for one of the faults that have an answer."""
    status, code, fcm_code = _ANSWERS[NAMES.get(kind, kind)]
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": fcm_code}
    return status, {"error": {"code": status, "message": message, "status": code, "details": [detail]}}
