"""Appointments as they come: the phone reckons the times of a series itself, so that it can without a line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from mobile_client_stub.clock import instant
from mobile_client_stub.wire import Row

LONGEST = timedelta(days=3_653)


@dataclass(frozen=True, slots=True)
class Meeting:
    """One time of an appointment."""

    row: Row
    start: datetime
    end: datetime

    @property
    def title(self) -> str:
        """What it is, as far as this person may know."""
        return str(self.row["title"]) or "busy"


def on_day(rows: Iterable[Row], day: date, zone: ZoneInfo) -> list[Meeting]:
    """Returns the times that touch a day in the zone, in order."""
    known = list(rows)
    begin = datetime.combine(day, time.min, zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
    moved = {(row["seriesId"], instant(row["recurrenceAt"])) for row in known if row["seriesId"]}
    found = [
        Meeting(row, start, start + length)
        for row in known
        for length in [instant(row["endsAt"]) - instant(row["startsAt"])]
        for start in _starts(row, begin - length, end)
        if start < end and start + length > begin and (row["id"], start) not in moved
    ]
    return sorted(found, key=lambda one: (one.start, str(one.row["id"])))


def _starts(row: Row, after: datetime, before: datetime) -> Iterable[datetime]:
    first = instant(row["startsAt"])
    if not row["rrule"]:
        yield first
        return
    zone = ZoneInfo(row["zone"])
    begins = first.astimezone(zone).replace(tzinfo=None)
    until = instant(row["until"]) if row["until"] else None
    off = {instant(one) for one in row["exdates"]}
    since = max(begins, after.astimezone(zone).replace(tzinfo=None) - timedelta(days=1))
    for at in rrulestr(row["rrule"], dtstart=begins).xafter(since, inc=True):
        start = at.replace(tzinfo=zone).astimezone(UTC)
        if start >= before or at > begins + LONGEST or (until is not None and start > until):
            return
        if start not in off:
            yield start
