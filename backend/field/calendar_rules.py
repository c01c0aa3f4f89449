"""What hours, breaks, absences and holidays may be, and the errors that say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from backend.field.holidays import known_region
from backend.field.models import WorkPlace
from backend.field.rules import check_hours
from backend.identity.actor import Actor
from backend.identity.rules import check_admin
from backend.kit import clock
from backend.kit.errors import Invalid, NotFound
from backend.kit.geo import LatLng

MOST_SHIFTS = 6
MOST_BREAKS = 6
_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class BreakHours:
    """A break of so many minutes that lies somewhere between two local times."""

    start: time
    end: time
    minutes: int

    def stored(self) -> dict[str, str | int]:
        """Returns it as its row has it."""
        return {"from": f"{self.start:%H:%M}", "to": f"{self.end:%H:%M}", "minutes": self.minutes}


@dataclass(frozen=True, slots=True)
class ShiftHours:
    """A shift of a weekday in local times; it begins and ends at a place, at a point, or, with None, at home."""

    start: time
    end: time
    breaks: tuple[BreakHours, ...] = ()
    start_place: WorkPlace | LatLng | None = None
    end_place: WorkPlace | LatLng | None = None


def check_shifts(shifts: Sequence[ShiftHours]) -> list[ShiftHours]:
    """Returns the shifts of a day in order; refuses shifts or breaks that overlap, and breaks outside their shift."""
    if len(shifts) > MOST_SHIFTS:
        raise Invalid("TOO_MANY", f"A day has at most {MOST_SHIFTS} shifts.", fields={"shifts": "too many"})
    ordered = sorted(shifts, key=lambda one: one.start.replace(tzinfo=None))
    for number, one in enumerate(ordered):
        check_hours(one.start, one.end)
        if number and one.start < ordered[number - 1].end:
            raise Invalid("SHIFTS_OVERLAP", "Shifts of a day follow each other.", fields={"shifts": "overlap"})
        _check_breaks(one)
    return ordered


def _check_breaks(shift: ShiftHours) -> None:
    if len(shift.breaks) > MOST_BREAKS:
        raise Invalid("TOO_MANY", f"A shift has at most {MOST_BREAKS} breaks.", fields={"breaks": "too many"})
    last = shift.start
    for one in sorted(shift.breaks, key=lambda one: one.start.replace(tzinfo=None)):
        check_hours(one.start, one.end)
        if one.start < last or one.end > shift.end:
            words = "Breaks lie within their shift, and follow each other."
            raise Invalid("BREAK_SPAN", words, fields={"breaks": "outside the shift, or overlap"})
        if not timedelta(0) < timedelta(minutes=one.minutes) <= _apart(one.start, one.end):
            raise Invalid(
                "BREAK_LENGTH", "A break is as long as its window or shorter.", fields={"minutes": "too long"}
            )
        last = one.end


def _apart(start: time, end: time) -> timedelta:
    return datetime.combine(_DAY, end) - datetime.combine(_DAY, start)


def check_part_of_day(starts: time | None, ends: time | None) -> None:
    """Refuses a part of a day that has one end only, or that ends before it starts."""
    if (starts is None) != (ends is None):
        raise Invalid("REQUIRED", "starts and ends are given together.", fields={"ends": "with starts"})
    if starts is not None and ends is not None:
        check_hours(starts, ends)


def check_days_asked(first: date, last: date, *, most: int = 62) -> None:
    """Refuses days that end before they begin, or that are too many to answer at once."""
    clock.checked_day(first, "firstDay")
    clock.checked_day(last, "lastDay")
    if not 0 <= (last - first).days < most:
        raise Invalid("OUT_OF_RANGE", f"At most {most} days, in order.", fields={"lastDay": "out of range"})


def check_region(country: str, subdivision: str) -> None:
    """Refuses a region whose holidays nobody here knows; "" is nobody's."""
    if country == "" and subdivision == "":
        return
    if not known_region(country, ""):
        words = "country is a code of ISO 3166-1, as in US, whose holidays are known."
        raise Invalid("UNKNOWN_REGION", words, fields={"country": "not known"})
    if not known_region(country, subdivision):
        raise Invalid("UNKNOWN_REGION", f"{country} has no such part.", fields={"subdivision": "not known"})


def check_may_set_org(actor: Actor) -> None:
    """What holds for everybody is set by an admin."""
    check_admin(actor)


def check_name(name: str) -> str:
    """Returns a name of 1 to 100 characters."""
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("BAD_VALUE", "A name has 1 to 100 characters.", fields={"name": "1 to 100 characters"})
    return name.strip()


def place_not_found(place_id: UUID) -> NotFound:
    """The org has no such place of work."""
    return NotFound("WORK_PLACE_NOT_FOUND", f"There is no place {place_id}.", fields={"placeId": "not found"})


def place_in_use() -> Invalid:
    """Somebody's day begins or ends there."""
    return Invalid("WORK_PLACE_IN_USE", "Somebody's day begins or ends there.", fields={"placeId": "in use"})


def company_day_not_found() -> NotFound:
    """The org has no day of its own then."""
    return NotFound("COMPANY_DAY_NOT_FOUND", "There is no such day.", fields={"day": "not found"})
