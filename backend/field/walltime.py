"""Times on a wall, and the instants they are: also on the two days of the year when the clock is changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Returns the instant (UTC) at which a clock in the zone shows the time on the day.

    A time that the clock passes over is the instant of the change; of one that it shows twice it is the first. So a later
    time is never an earlier instant, and a shift through the change is as long as it really is."""
    wall = datetime.combine(day, at)
    before = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == wall:
        return before
    early, late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), before
    ahead = early.astimezone(zone).utcoffset()
    # The change lies between the two readings of a time that there is not.
    while late - early > SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == ahead:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def day_instants(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Returns the instants at which the day begins and ends there: 23, 24 or 25 hours apart."""
    return instant_of(day, time.min, zone), instant_of(day + timedelta(days=1), time.min, zone)
