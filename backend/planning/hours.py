"""When a rep works, and from where: the one place where planning asks the calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.field.holidays import holidays_of
from backend.field.models import Visit
from backend.field.spans import Span
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.planning import rules
from backend.planning.stale import UNDER_WAY, absence_of, span_of

QUARTER = timedelta(minutes=15)


def why_free(rep: User, day: date) -> Exception:
    """Returns the refusal that tells a day off from an absence, and from a holiday."""
    away = absence_of(rep, day)
    if away is not None:
        return rules.rep_absent(away.first_day, away.last_day)
    holiday = holidays_of(rep, [day]).get(day)
    return rules.no_working_hours() if holiday is None else rules.rep_on_holiday(holiday)


def free_time(
    rep: User,
    day: date,
    worked: Sequence[Span],
    visits: Sequence[Visit],
    points: dict[UUID, LatLng],
    here: LatLng | None = None,
) -> list[Span]:
    """Returns what is left of the stretches worked on a day: all on a day to come, today what follows now and the visit
    under way.

    `here`: where the rep stands now; a visit under way is ended where it is. Raises Conflict when the rep does not
    work on the day, or when nothing is left."""
    if not worked:
        raise why_free(rep, day)
    now, place = clock.now(), here
    earliest = worked[0].start if here is None and now <= worked[0].start else next_quarter(now)
    for visit in visits:
        if visit.state in UNDER_WAY:
            earliest = max(earliest, next_quarter(span_of(visit, now)[1]))
            place = points.get(visit.account_id) or place
    left = [part for one in worked if (part := one.begun(earliest)) is not None]
    if not left:
        raise rules.day_over()
    # Who has begun the day, or stands somewhere, does not begin it at home.
    return left if place is None else [replace(left[0], start_place=place), *left[1:]]


def next_quarter(moment: datetime) -> datetime:
    """Returns the next full quarter of an hour, so that a plan made at 14:03 does not begin at 14:03:27."""
    past = timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
    return moment - past + QUARTER if past else moment
