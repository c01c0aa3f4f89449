"""Decoding a mutation's untyped values; each refusal names the field."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from backend.kit.errors import Invalid
from backend.sync.protocol import Mutation


def _invalid(name: str, what: str) -> Invalid:
    return Invalid("BAD_VALUE", f"{name} must be {what}.", fields={name: f"not {what}"})


def entity_id(mutation: Mutation) -> UUID:
    """Returns the id the mutation is about; required."""
    if mutation.entity_id is None:
        raise Invalid("REQUIRED", "entityId is required.", fields={"entityId": "required"})
    return mutation.entity_id


def uuid(args: Mapping[str, Any], name: str) -> UUID:
    """Returns a required UUID argument."""
    value = optional_uuid(args, name)
    if value is None:
        raise Invalid("REQUIRED", f"{name} is required.", fields={name: "required"})
    return value


def optional_uuid(args: Mapping[str, Any], name: str) -> UUID | None:
    """Returns a UUID argument, or None."""
    value = args.get(name)
    if value is None:
        return None
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise _invalid(name, "a UUID") from error


def instant(args: Mapping[str, Any], name: str) -> datetime | None:
    """Returns an instant in UTC, or None; it must be given with its zone."""
    value = args.get(name)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise _invalid(name, "an ISO 8601 instant") from error
    if parsed.tzinfo is None:
        raise _invalid(name, "an instant with its zone")
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:
        # The database would keep it, and nobody could read it again.
        raise _invalid(name, "an instant of the years 1 to 9999") from error


def happened(mutation: Mutation, name: str) -> datetime | None:
    """Returns when it happened as the phone claims: the instant it names, or else when it wrote the mutation down."""
    at = instant(mutation.args, name)
    return mutation.client_time if at is None else at


def required_instant(args: Mapping[str, Any], name: str) -> datetime:
    """Returns a required instant."""
    value = instant(args, name)
    if value is None:
        raise Invalid("REQUIRED", f"{name} is required.", fields={name: "required"})
    return value


def day(args: Mapping[str, Any], name: str) -> date | None:
    """Returns a day, or None."""
    value = args.get(name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise _invalid(name, "a day YYYY-MM-DD") from error


def required_day(args: Mapping[str, Any], name: str) -> date:
    """Returns a required day."""
    value = day(args, name)
    if value is None:
        raise Invalid("REQUIRED", f"{name} is required.", fields={name: "required"})
    return value


def text(args: Mapping[str, Any], name: str) -> str:
    """Returns a text argument, "" when absent."""
    value = args.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _invalid(name, "text")
    return value


def number(args: Mapping[str, Any], name: str) -> float | None:
    """Returns a finite number, or None."""
    value = args.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise _invalid(name, "a finite number")
    return float(value)


def flag(args: Mapping[str, Any], name: str) -> bool:
    """Returns yes or no, no when absent."""
    value = args.get(name)
    if value is not None and not isinstance(value, bool):
        raise _invalid(name, "true or false")
    return bool(value)


def only(args: Mapping[str, Any], *names: str) -> None:
    """Refuses keys the mutation does not have: a misspelt field must not vanish."""
    for key in args:
        if key not in names:
            raise Invalid("UNKNOWN_FIELD", f"This mutation has no {key[:60]!r}.", fields={key[:60]: "unknown"})
