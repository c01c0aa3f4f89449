"""The errors a domain may raise: each carries a stable code and the fields it concerns."""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """An expected refusal; `code` is stable, `message` is free text, `fields` maps a field name to what is wrong with it;
    `after` how many seconds later it may be tried again, where that is known."""

    family: ClassVar[str] = "ERROR"

    def __init__(
        self, code: str, message: str, *, fields: Mapping[str, str] | None = None, after: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.after = after
        self.fields: dict[str, str] = dict(fields or {})


class Invalid(DomainError):
    """The input breaks a rule; sending it again unchanged will fail again."""

    family = "INVALID"


class NotFound(DomainError):
    """No such row, or none the caller may see: the two look alike on purpose."""

    family = "NOT_FOUND"


class NotPermitted(DomainError):
    """The caller is known and may not do this."""

    family = "NOT_PERMITTED"


class Unauthenticated(DomainError):
    """Nobody is signed in, or the token is no longer good."""

    family = "UNAUTHENTICATED"


class Conflict(DomainError):
    """The row is not in a state that allows this, or somebody else was first."""

    family = "CONFLICT"


class Busy(DomainError):
    """Nothing was done and nothing is wrong: try again a little later."""

    family = "RETRY"
