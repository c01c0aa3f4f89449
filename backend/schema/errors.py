"""The only place where an error becomes GraphQL: code, retry class and fields; anything unexpected is masked."""

from collections.abc import Mapping

from django.conf import settings
from django.db import DataError
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from backend.kit.errors import Busy, DomainError
from backend.kit.ids import new_id
from backend.kit.logs import logger
from backend.kit.reach import AFTER, CODE, MESSAGE, unreachable
from backend.telemetry import metrics

_log = logger("graphql")

RETRY_CLASS = {
    "INVALID": "NEVER",
    "NOT_FOUND": "NEVER",
    "NOT_PERMITTED": "NEVER",
    "CONFLICT": "NEVER",
    "UNAUTHENTICATED": "AUTH",
    "UPGRADE": "UPGRADE",
    "RETRY": "RETRY",
    "RESET": "RESET",
}

_INVALID: Mapping[str, object] = {"code": "GRAPHQL_INVALID", "retry": "NEVER", "fields": {}}
_NO_OPERATION = (CannotGetOperationTypeError, InvalidOperationTypeError, MissingQueryError)
_VALUE_REFUSED = "22"
"""The class of SQLSTATE by which PostgreSQL refuses a value."""


def told(error: DomainError) -> dict[str, object]:
    """Returns the extensions that say what an expected refusal is."""
    said: dict[str, object] = {
        "code": error.code,
        "retry": RETRY_CLASS.get(error.family, "NEVER"),
        "fields": error.fields,
    }
    return said if error.after is None else {**said, "retryAfter": error.after}


def refused(error: DomainError) -> GraphQLError:
    """Returns the error of a whole operation that was refused before it began."""
    return GraphQLError(error.message, extensions=told(error))


class CodedErrors(MaskErrors):
    """Gives every error `extensions {code, retry, fields, errorId}`."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=lambda _: True)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Returns the error as a client may see it."""
        original = error.original_error
        while isinstance(original, GraphQLError):
            original = original.original_error
        extensions: Mapping[str, object]
        if isinstance(original, DomainError):
            return _copy(error, original.message, told(original))
        if isinstance(original, _NO_OPERATION):
            return _copy(error, "There is no such operation.", _INVALID)
        if original is None:
            extensions = {**_INVALID, **(error.extensions or {})}
            return _copy(error, _unsuggested(error.message), extensions)
        if _unkeepable(original):
            # What the database says of a value may repeat it, which is nobody's business in a log.
            _log.warning("value_refused", error=type(original).__name__)
            return _copy(error, "A value was given that cannot be kept.", {**_INVALID, "code": "BAD_VALUE"})
        if unreachable(original):
            _log.warning("database_unavailable", error=type(original).__name__)
            lost = Busy(CODE, MESSAGE, after=AFTER)
            return _copy(error, lost.message, told(lost))
        error_id = str(new_id())
        _log.error("unexpected_error", error_id=error_id, error=type(original).__name__, exc_info=original)
        extensions = {"code": "UNEXPECTED", "retry": "RETRY", "fields": {}, "errorId": error_id}
        return _copy(error, "Something went wrong on our side.", extensions)


def _unsuggested(message: str) -> str:
    """Returns what GraphQL says of a wrong name, without the names that are near to it where those are nobody's business."""
    return message if settings.INTROSPECTION else message.partition(" Did you mean ")[0]


def _copy(error: GraphQLError, message: str, extensions: Mapping[str, object]) -> GraphQLError:
    metrics.ERRORS.add(str(extensions["code"]))
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=dict(extensions),
    )


def _unkeepable(error: Exception) -> bool:
    """Says whether a value of the asker's broke it: NUL, half a surrogate pair, a number beyond its column."""
    if isinstance(error, UnicodeEncodeError):
        return True
    if not isinstance(error, DataError):
        return False
    # The driver refuses NUL itself. Its other errors without a state are about rows it cannot read, which are our fault.
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state.startswith(_VALUE_REFUSED) or "NUL" in str(error)
