"""What becomes of one delivery at one moment: quiet hours in a person's zone, the digest, the budget, a visit, a change of mind."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.notifications.delivery.decide import (
    LONGEST_VISIT,
    Digest,
    Hold,
    Send,
    Standing,
    Suppress,
    Wishes,
    decide,
    next_digest,
    quiet_until,
)

CHICAGO = ZoneInfo("America/Chicago")
ZONES = [
    "America/Chicago",
    "Europe/Berlin",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
]
"""With changes of the clock by an hour, by half an hour, and none."""

MINUTE = timedelta(minutes=1)
MOMENTS = st.integers(0, 730 * 24 * 3_600).map(
    lambda ahead: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=ahead)
)
WALL = st.times().map(lambda at: at.replace(second=0, microsecond=0))
NIGHTS = st.tuples(WALL, WALL)

on_any_machine = settings(deadline=None)


def due(moment: datetime, **more: object) -> Standing:
    return replace(Standing("high", "now", moment + timedelta(days=30)), **more)  # type: ignore[arg-type]


def wishing(zone: str = "America/Chicago", **more: object) -> Wishes:
    return replace(Wishes(ZoneInfo(zone)), **more)  # type: ignore[arg-type]


def chicago(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


def on_the_wall(moment: datetime, zone: ZoneInfo, quiet: tuple[time, time]) -> bool:
    """Whether a clock on the wall shows a quiet hour: the rule as a person would say it."""
    shown = moment.astimezone(zone).time()
    begins, ends = quiet
    return begins <= shown < ends if begins < ends else begins != ends and (shown >= begins or shown < ends)


@on_any_machine
@given(MOMENTS, NIGHTS, st.sampled_from(ZONES))
def test_quiet_hours_are_those_of_the_clock_on_the_persons_wall(
    moment: datetime, quiet: tuple[time, time], zone: str
) -> None:
    wishes = wishing(zone, quiet=quiet)
    # An hour around a change of the clock, when the wall shows a time twice or never, has tests of its own.
    offsets = {(moment + timedelta(hours=ahead)).astimezone(wishes.zone).utcoffset() for ahead in range(-26, 27)}
    if len(offsets) == 1:
        assert (quiet_until(wishes, moment) is not None) == on_the_wall(moment, wishes.zone, quiet)


@on_any_machine
@given(MOMENTS, NIGHTS, st.sampled_from(ZONES))
def test_what_quiet_hours_hold_goes_out_at_their_end_and_not_a_minute_earlier(
    moment: datetime, quiet: tuple[time, time], zone: str
) -> None:
    wishes = wishing(zone, quiet=quiet)
    decision = decide(due(moment), wishes, moment)
    if isinstance(decision, Hold):
        assert decision.reason == "quiet"
        assert moment < decision.until <= moment + timedelta(hours=26)
        before = max(moment, decision.until - MINUTE)
        assert decide(due(moment), wishes, before) == Hold(decision.until, "quiet")
        assert decide(due(moment), wishes, decision.until) == Send()
    else:
        assert decision == Send()


def test_a_night_is_an_hour_shorter_when_the_clock_goes_forward_and_longer_when_it_goes_back() -> None:
    night = wishing(quiet=(time(22), time(7)))
    lengths = []
    for day in (chicago(2026, 3, 6, 22), chicago(2026, 3, 7, 22), chicago(2026, 10, 31, 22)):
        assert decide(due(day), night, day - MINUTE) == Send()
        decision = decide(due(day), night, day)
        assert isinstance(decision, Hold)
        assert decision.until.astimezone(CHICAGO).time() == time(7)
        lengths.append((decision.until - day) / timedelta(hours=1))
    assert lengths == [9, 8, 10]


def test_quiet_hours_that_end_in_the_hour_the_clock_passes_over_end_with_it() -> None:
    night = wishing(quiet=(time(22), time(2, 30)))
    moment = chicago(2026, 3, 8, 1, 59)
    assert decide(due(moment), night, moment) == Hold(chicago(2026, 3, 8, 3), "quiet")


def test_ana_in_chicago_sleeps_while_cy_in_shanghai_works() -> None:
    moment, night = chicago(2026, 6, 3, 23), (time(21), time(7))
    ana, cy = wishing("America/Chicago", quiet=night), wishing("Asia/Shanghai", quiet=night)
    assert decide(due(moment), ana, moment) == Hold(chicago(2026, 6, 4, 7), "quiet")
    assert decide(due(moment), cy, moment) == Send()


@on_any_machine
@given(MOMENTS, WALL, st.sampled_from(ZONES))
def test_the_digest_is_the_next_and_goes_out_at_its_time_on_the_wall(moment: datetime, at: time, zone: str) -> None:
    wishes = wishing(zone, digest_time=at)
    when = next_digest(moment, wishes)
    assert moment < when <= moment + timedelta(hours=49)
    assert decide(due(moment, mode="digest"), wishes, moment) == Digest(when)
    # One that the clock passes over is at the change itself.
    shown = when.astimezone(wishes.zone).time()
    assert (
        shown == at or when.astimezone(wishes.zone).utcoffset() != (when - MINUTE).astimezone(wishes.zone).utcoffset()
    )


def test_at_the_boundary_what_came_before_goes_out_and_what_comes_with_it_waits_a_day() -> None:
    wishes = wishing(digest_time=time(17))
    boundary, tomorrow = chicago(2026, 6, 3, 17), chicago(2026, 6, 4, 17)
    just_before = boundary - timedelta(microseconds=1)
    assert decide(due(just_before, mode="digest"), wishes, just_before) == Digest(boundary)
    waiting = due(boundary, mode="digest", digest_at=boundary)
    assert decide(waiting, wishes, just_before) == Digest(boundary)
    assert decide(waiting, wishes, boundary) == Send(together=True)
    assert decide(due(boundary, mode="digest"), wishes, boundary) == Digest(tomorrow)


def test_what_is_gathered_is_not_too_old_for_its_digest_but_a_day_after_it() -> None:
    wishes, boundary = wishing(digest_time=time(17)), chicago(2026, 6, 3, 17)
    waiting = due(boundary, mode="digest", digest_at=boundary, expires_at=boundary - timedelta(hours=3))
    assert decide(waiting, wishes, boundary) == Send(together=True)
    assert decide(waiting, wishes, boundary + timedelta(days=1)) == Suppress("too old")


@on_any_machine
@given(
    st.lists(st.integers(1, 3_600), max_size=8, unique=True),
    st.integers(0, 4),
    st.integers(0, 2),
)
def test_an_hour_never_brings_more_than_the_budget(ago: list[int], budget: int, in_flight: int) -> None:
    moment = datetime(2026, 6, 3, 12, tzinfo=UTC)
    sent = [moment - timedelta(seconds=seconds) for seconds in ago]
    standing, wishes = due(moment, sent=sent, in_flight=in_flight), wishing(budget=budget)
    decision = decide(standing, wishes, moment)
    within = [at for at in sent if at > moment - timedelta(hours=1)]
    if len(within) + in_flight < budget:
        assert decision == Send()
        return
    assert isinstance(decision, Hold)
    assert (decision.reason, decision.until > moment) == ("budget", True)
    if budget and not in_flight:
        # At that instant, and not before, there is room again.
        assert decide(replace(standing, in_flight=0), wishes, decision.until) == Send()
        assert isinstance(decide(standing, wishes, decision.until - timedelta(microseconds=1)), Hold)


def test_while_ana_is_in_a_visit_nothing_disturbs_her_and_after_it_what_waited_comes() -> None:
    begun = chicago(2026, 6, 3, 10)
    moment = begun + timedelta(minutes=20)
    in_visit = due(moment, visit_since=begun)
    assert decide(in_visit, wishing(), moment) == Hold(begun + LONGEST_VISIT, "visit")
    assert decide(replace(in_visit, visit_since=None), wishing(), moment + MINUTE) == Send()
    assert decide(in_visit, wishing(hold_in_visit=False), moment) == Send()
    assert decide(in_visit, wishing(), begun + LONGEST_VISIT) == Send()  # she forgot to end it


def test_outside_working_hours_it_waits_for_the_next_and_without_any_until_tomorrow() -> None:
    work = [(chicago(2026, 6, 3, 9), chicago(2026, 6, 3, 17)), (chicago(2026, 6, 4, 9), chicago(2026, 6, 4, 17))]
    wishes = wishing(working_hours_only=True)
    for moment, expected in (
        (chicago(2026, 6, 3, 8, 59), Hold(chicago(2026, 6, 3, 9), "working_hours")),
        (chicago(2026, 6, 3, 9), Send()),
        (chicago(2026, 6, 3, 17), Hold(chicago(2026, 6, 4, 9), "working_hours")),
    ):
        assert decide(due(moment, work=work), wishes, moment) == expected
        assert decide(due(moment, work=work), wishing(), moment) == Send()
    moment = chicago(2026, 6, 3, 12)
    assert decide(due(moment), wishes, moment) == Hold(moment + timedelta(days=1), "working_hours")


STANDINGS = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["now", "digest"]),
        "synced": st.booleans(),
        "in_flight": st.integers(0, 3),
        "visit_since": st.none() | st.just(chicago(2026, 6, 3, 10)),
    }
)


@on_any_machine
@given(STANDINGS, NIGHTS, st.integers(0, 2))
def test_what_is_critical_comes_at_once_whatever_the_hour(
    standing: dict[str, object], quiet: tuple[time, time], budget: int
) -> None:
    moment = chicago(2026, 6, 3, 11)
    critical = due(moment, severity="critical", **standing)
    wishes = wishing(quiet=quiet, budget=budget, working_hours_only=True)
    assert decide(critical, wishes, moment) == Send()
    tamed = decide(critical, replace(wishes, critical_always=False), moment)
    assert tamed == decide(replace(critical, severity="high"), wishes, moment)


def test_not_even_what_is_critical_reaches_who_must_not_have_it() -> None:
    moment = chicago(2026, 6, 3, 11)
    critical = due(moment, severity="critical")
    assert decide(replace(critical, obstacle="read already"), wishing(), moment) == Suppress("read already")
    assert decide(replace(critical, mode="off"), wishing(), moment) == Suppress("the person turned it off")
    assert decide(replace(critical, expires_at=moment), wishing(), moment) == Suppress("too old")


def test_what_the_phone_has_synced_is_not_told_again() -> None:
    moment = chicago(2026, 6, 3, 11)
    assert decide(due(moment, synced=True), wishing(), moment) == Suppress("the phone has synced it already")


def test_a_change_of_mind_counts_for_what_waits() -> None:
    moment = chicago(2026, 6, 3, 23)
    waiting = due(moment, mode="digest", digest_at=chicago(2026, 6, 4, 17))
    night = wishing(quiet=(time(21), time(7)))
    assert decide(waiting, night, moment) == Digest(chicago(2026, 6, 4, 17))
    assert decide(replace(waiting, mode="now"), night, moment) == Hold(chicago(2026, 6, 4, 7), "quiet")
    assert decide(replace(waiting, mode="now"), wishing(), moment) == Send()
    assert decide(replace(waiting, mode="off"), wishing(), moment) == Suppress("the person turned it off")
