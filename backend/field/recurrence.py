"""Appointments that come again: rules of RFC 5545, at the same local time whatever becomes of the clock."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from backend.kit.errors import Invalid

LONGEST = timedelta(days=3_653)
"""A series is not looked at further than ten years from its first time."""
MOST_TIMES = 1_000
MOST_INTERVAL = 100
_PARTS = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY", "WKST"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
}


@dataclass(frozen=True, slots=True)
class Series:
    """The first time, how long it is, where its clock hangs, and its rule ("" for a single time)."""

    starts_at: datetime
    length: timedelta
    zone: ZoneInfo
    rule: str = ""
    until: datetime | None = None

    @property
    def first(self) -> datetime:
        """Returns the local time of the first, without its zone."""
        return local(self.starts_at, self.zone)

    def starts(self, after: datetime, before: datetime, *, without: Collection[datetime] = ()) -> Iterator[datetime]:
        """Gives the beginnings, in order, of those that end after the one instant and begin before the other."""
        if not self.rule:
            if self.starts_at < before and self.starts_at + self.length > after:
                yield self.starts_at
            return
        last = self.first + LONGEST
        from_day = local(after - self.length, self.zone) - timedelta(days=1)
        for at in _rule(self.rule, self.first).xafter(max(self.first, from_day), inc=True):
            begins = instant(at, self.zone)
            if begins >= before or at > last or (self.until is not None and begins > self.until):
                return
            if begins + self.length > after and begins not in without:
                yield begins

    def last_end(self) -> datetime:
        """Returns when the last of them ends."""
        if not self.rule:
            return self.starts_at + self.length
        if self.until is not None:
            return max(self.until, self.starts_at) + self.length
        if "COUNT=" in self.rule:
            return max(self.starts(self.starts_at, instant(self.first + LONGEST, self.zone))) + self.length
        return instant(self.first + LONGEST, self.zone) + self.length

    def count_before(self, at: datetime) -> int:
        """Returns how many begin before an instant, those called off among them."""
        return sum(1 for begins in self.starts(self.starts_at, at) if begins < at)


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Returns what a clock in the zone shows, without the zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def instant(at: datetime, zone: ZoneInfo) -> datetime:
    """Returns the instant of a local time as RFC 5545 has it: one that there is not is as long after the change as it would
    be, of one that there is twice it is the first."""
    return at.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _rule(text: str, first: datetime) -> rrule:
    found = rrulestr(text, dtstart=first)
    assert not isinstance(found, rruleset)
    return found


def checked_rule(text: str, series: Series) -> tuple[str, datetime | None]:
    """Returns a rule as it is kept, without UNTIL, and the instant of that; raises Invalid, naming `rrule`."""
    parts = _parts(text)
    until = _until(parts.pop("UNTIL", ""), series.zone)
    if until is not None and "COUNT" in parts:
        raise _refused("a rule ends by UNTIL or by COUNT")
    if not 1 <= _number(parts.get("INTERVAL", "1")) <= MOST_INTERVAL:
        raise _refused(f"INTERVAL is from 1 to {MOST_INTERVAL}")
    if not 1 <= _number(parts.get("COUNT", "1")) <= MOST_TIMES:
        raise _refused(f"COUNT is from 1 to {MOST_TIMES}")
    kept = ";".join(f"{name}={value}" for name, value in parts.items())
    if len(kept) > 200:
        raise _refused("a rule has at most 200 characters")
    try:
        first = next(iter(_rule(kept, series.first)), None)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise _refused(f"that is no rule: {error}") from error
    if first != series.first or (until is not None and until < series.starts_at):
        raise _refused("the first time must be one that the rule gives")
    return kept, until


def _parts(text: str) -> dict[str, str]:
    if len(text) > 300:
        raise _refused("a rule has at most 200 characters")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name in parts:
            raise _refused("a rule is NAME=VALUE;NAME=VALUE")
        parts[name] = value
    known = _PARTS.get(parts.get("FREQ", ""))
    if known is None:
        raise _refused(f"FREQ is one of {', '.join(_PARTS)}")
    if unknown := sorted(set(parts) - known - {"FREQ", "INTERVAL", "COUNT", "UNTIL"}):
        raise _refused(f"a rule that is {parts['FREQ']} has no {', '.join(unknown)}")
    return {"FREQ": parts.pop("FREQ"), **parts}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _until(text: str, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) == 8:
            day = datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
            return instant(datetime.combine(day, time(23, 59, 59)), zone)
        at = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - it is given one below
        return at.replace(tzinfo=UTC) if text.endswith("Z") else instant(at, zone)
    except (ValueError, OverflowError) as error:
        raise _refused("UNTIL is a day or an instant, as in 20271231 or 20271231T170000Z") from error


def _refused(words: str) -> Invalid:
    return Invalid("BAD_RRULE", f"{words[:1].upper()}{words[1:]}.", fields={"rrule": words[:200]})
