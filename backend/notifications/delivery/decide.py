"""Whether one delivery goes out now, waits, or never goes: all of it follows from what is given here. Pure: no Django.

Asked again whenever something may have changed, so that a preference changed meanwhile is obeyed; what waits is asked
again when its time has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from backend.field.walltime import instant_of
from backend.notifications.occurrence import Severity

Mode = Literal["now", "digest", "off"]
Reason = Literal["quiet", "working_hours", "visit", "budget"]
Span = tuple[datetime, datetime]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LONGEST_VISIT = timedelta(hours=3)
"""A visit that somebody forgot to end does not keep alerts back for longer."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """When a person may be disturbed: local times of `zone`. `quiet` may go over midnight; equal ends mean none.

    `budget`: how many messages an hour may bring on one channel, None for no limit."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None = None
    working_hours_only: bool = False
    digest_time: time = time(17, 0)
    budget: int | None = None
    hold_in_visit: bool = True
    critical_always: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one delivery.

    `mode`: what the person wants of this rule on this channel. `obstacle`: why it must not be sent at all (withdrawn, not
    seen any more, ...). `synced`: the phone holds already what happened. `digest_at`: the digest it waits for. `work`:
    stretches of work from now on, in order. `visit_since`: when the visit under way began. `sent`: when messages of the
    last hour went out on this channel; `in_flight`: how many more are on their way."""

    severity: Severity
    mode: Mode
    expires_at: datetime
    obstacle: str = ""
    synced: bool = False
    digest_at: datetime | None = None
    work: Sequence[Span] = ()
    visit_since: datetime | None = None
    sent: Sequence[datetime] = ()
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Send:
    """It goes out now; `together` with all else of the same digest."""

    together: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits until an instant, and is asked again then, or earlier when the reason is gone."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Digest:
    """It goes out with others at an instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Suppress:
    """It never goes out."""

    reason: str


Decision = Send | Hold | Digest | Suppress


def decide(standing: Standing, wishes: Wishes, moment: datetime) -> Decision:
    """Returns what becomes of a delivery at a moment. What holds it says until when: always later than the moment."""
    if standing.obstacle:
        return Suppress(standing.obstacle)
    if standing.mode == "off":
        return Suppress("the person turned it off")
    if moment >= _last_call(standing):
        return Suppress("too old")
    if standing.severity == "critical" and wishes.critical_always:
        return Send()
    if standing.synced:
        return Suppress("the phone has synced it already")
    together = standing.mode == "digest"
    if together and (standing.digest_at is None or standing.digest_at > moment):
        return Digest(next_digest(moment, wishes))
    held = _quiet(wishes, moment) or _off_work(standing, wishes, moment) or _visit(standing, wishes, moment)
    if held is None and not together:
        held = _over_budget(standing, wishes, moment)
    return held or Send(together)


def next_digest(moment: datetime, wishes: Wishes) -> datetime:
    """Returns the first instant after the moment at which the person's digest goes out."""
    day = moment.astimezone(wishes.zone).date() - DAY
    while (found := instant_of(day, wishes.digest_time, wishes.zone)) <= moment:
        day += DAY
    return found


def quiet_until(wishes: Wishes, moment: datetime) -> datetime | None:
    """Returns when the quiet hours end in which the moment lies, None when it lies in none."""
    if wishes.quiet is None or wishes.quiet[0] == wishes.quiet[1]:
        return None
    begins, ends = wishes.quiet
    today = moment.astimezone(wishes.zone).date()
    for first in (today - DAY, today):
        last = first if begins < ends else first + DAY
        start, end = instant_of(first, begins, wishes.zone), instant_of(last, ends, wishes.zone)
        if start <= moment < end:
            return end
    return None


def _last_call(standing: Standing) -> datetime:
    """What is gathered for a digest is not too old for it: it may be sent until a day after its digest."""
    if standing.mode != "digest":
        return standing.expires_at
    if standing.digest_at is None:
        return datetime.max.replace(tzinfo=UTC)
    return max(standing.expires_at, standing.digest_at + DAY)


def _quiet(wishes: Wishes, moment: datetime) -> Hold | None:
    until = quiet_until(wishes, moment)
    return None if until is None else Hold(until, "quiet")


def _off_work(standing: Standing, wishes: Wishes, moment: datetime) -> Hold | None:
    if not wishes.working_hours_only or any(start <= moment < end for start, end in standing.work):
        return None
    ahead = [start for start, _ in standing.work if start > moment]
    # Who has no hours in sight may get some: ask again tomorrow.
    return Hold(min(ahead, default=moment + DAY), "working_hours")


def _visit(standing: Standing, wishes: Wishes, moment: datetime) -> Hold | None:
    if standing.visit_since is None or not wishes.hold_in_visit:
        return None
    until = standing.visit_since + LONGEST_VISIT
    return Hold(until, "visit") if until > moment else None


def _over_budget(standing: Standing, wishes: Wishes, moment: datetime) -> Hold | None:
    if wishes.budget is None:
        return None
    recent = sorted(at for at in standing.sent if at > moment - HOUR)
    if len(recent) + standing.in_flight < wishes.budget:
        return None
    if wishes.budget == 0:
        return Hold(moment + HOUR, "budget")
    if len(recent) < wishes.budget:
        # Others are on their way and may fail: soon it is known.
        return Hold(moment + timedelta(minutes=1), "budget")
    return Hold(recent[-wishes.budget] + HOUR, "budget")
