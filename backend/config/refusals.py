"""How a door that is not GraphQL says no: `{code, message, retry, fields}`, with the words of GraphQL's extensions."""

from starlette.responses import Response

from backend.kit.errors import DomainError
from backend.schema.errors import RETRY_CLASS
from backend.schema.frames import encoded

_OF_FAMILY = {
    "INVALID": 400,
    "NOT_FOUND": 404,
    "NOT_PERMITTED": 403,
    "UNAUTHENTICATED": 401,
    "CONFLICT": 409,
    "RETRY": 503,
}
_OF_CODE = {
    "TOO_LARGE": 413,
    "TOO_LONG": 413,
    "TOO_MANY_UPLOADS": 429,
    "ALREADY_STORED": 422,
    "ATTACHMENT_REFUSED": 422,
    "CHECKSUM_MISMATCH": 460,
    "CONTENT_MISMATCH": 422,
    "TYPE_MISMATCH": 422,
    "PICTURE_UNREADABLE": 422,
    "PICTURE_TOO_LARGE": 422,
    "LINK_EXPIRED": 403,
    "BODY_STALLED": 408,
    "ORG_FILES_FULL": 507,
    "DISK_FULL": 507,
}


def told(error: DomainError) -> dict[str, object]:
    """Returns what is said of an error."""
    return {
        "code": error.code,
        "message": error.message,
        "retry": RETRY_CLASS.get(error.family, "NEVER"),
        "fields": error.fields,
    }


def refusal(error: DomainError, status: int | None = None) -> Response:
    """Returns the answer that an error makes; `status` when it is not the one of its code or family."""
    chosen = status or _OF_CODE.get(error.code) or _OF_FAMILY.get(error.family, 400)
    headers = {"cache-control": "no-store"}
    return Response(encoded(told(error)), status_code=chosen, media_type="application/json", headers=headers)
