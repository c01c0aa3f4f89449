"""What an appointment may be, who may touch it, and the errors that say so."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.crm.models import Account
from backend.field.models import Appointment
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Invalid, NotFound, NotPermitted
from backend.kit.geo import checked_point
from backend.territories.coverage import sees

LONGEST = timedelta(days=7)
_TEXTS = {"title": 200, "notes": 5_000, "place": 200}


def appointment_not_found() -> NotFound:
    """No such appointment, or none the caller may see."""
    return NotFound("APPOINTMENT_NOT_FOUND", "There is no such appointment.", fields={"appointmentId": "not found"})


def occurrence_not_found() -> NotFound:
    """The series has none that begins then."""
    return NotFound("OCCURRENCE_NOT_FOUND", "The series has none then.", fields={"at": "none begins then"})


def check_may_touch(actor: Actor, row: Appointment) -> None:
    """What is private to somebody is changed by that person only."""
    if row.private and row.user_id != actor.user_id:
        raise NotPermitted("APPOINTMENT_PRIVATE", "It is private.", fields={"appointmentId": "another's, and private"})


def check_given(changes: Mapping[str, Any]) -> None:
    """Refuses nothing where something must be; only where it is, and about whom, may be unknown."""
    for name, value in changes.items():
        if value is None and name not in ("lat", "lng", "account"):
            shown = name.replace("_at", "At")
            raise Invalid("REQUIRED", f"{shown} is required.", fields={shown: "required"})


def check_appointment(row: Appointment) -> None:
    """Refuses an appointment without a title, that ends before it starts, lasts more than a week, or has half a point."""
    for name, most in _TEXTS.items():
        value = getattr(row, name).strip()
        setattr(row, name, value)
        if len(value) > most:
            raise Invalid("BAD_VALUE", f"{name} has at most {most} characters.", fields={name: "too long"})
    if not row.title:
        raise Invalid("REQUIRED", "An appointment has a title.", fields={"title": "required"})
    clock.checked(row.starts_at, "startsAt")
    clock.checked(row.ends_at, "endsAt")
    if not timedelta(0) < row.ends_at - row.starts_at <= LONGEST:
        words = "An appointment ends after it starts, and within a week."
        raise Invalid("APPOINTMENT_SPAN", words, fields={"endsAt": "not within a week after startsAt"})
    if (row.lat is None) != (row.lng is None):
        raise Invalid("REQUIRED", "lat and lng are given together.", fields={"lng": "with lat"})
    if row.lat is not None and row.lng is not None:
        checked_point(row.lat, row.lng)


def checked_zone(name: str) -> ZoneInfo:
    """Returns a zone by its name, as in America/Chicago."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid("UNKNOWN_ZONE", "zone is a name as in America/Chicago.", fields={"zone": "not known"}) from error


def check_about(row: Appointment, account: Account | None) -> None:
    """It is about an account that is its person's."""
    if account is not None and not sees(row.user_id, account.pk):
        raise NotFound(
            "ACCOUNT_NOT_FOUND", "There is no such account for that person.", fields={"accountId": "not found"}
        )


def check_single(changes: Mapping[str, Any]) -> None:
    """One time of a series has no rule of its own."""
    if changes.get("rrule"):
        raise Invalid("BAD_RRULE", "One time alone has no rule.", fields={"rrule": "one time alone"})


def at_required() -> Invalid:
    """Which time of the series is meant was not said."""
    return Invalid("REQUIRED", "Say which one: at is the beginning it has in its series.", fields={"at": "required"})


def check_at(at: datetime | None) -> datetime:
    """Returns the beginning that names one time of a series."""
    if at is None:
        raise at_required()
    return clock.checked(at, "at")
