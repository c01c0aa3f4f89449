"""Tables of what is proposed, for people."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from rich.markup import escape
from rich.table import Table

from mobile_client_stub.cli.show import clock, table
from mobile_client_stub.plan import DayPlan
from mobile_client_stub.week import WeekPlan
from mobile_client_stub.wire import Row

LEFT_OUT_SHOWN = 15


def plan(proposed: DayPlan, zone: tzinfo) -> tuple[Table, Table]:
    """Returns the stops of a proposed day, and what was left out with the reason."""
    return stops(proposed, zone), left_out(proposed.left_out, proposed.figures.get("dropped", len(proposed.left_out)))


def stops(proposed: DayPlan, zone: tzinfo, before: Mapping[str, str] | None = None) -> Table:
    """Returns the stops of a proposed day in order; `before`: when they were planned till now, by account."""
    was = [] if before is None else ["before"]
    made = table(f"Proposed for {proposed.day:%A %d %B}", ">#", "arrive", "from", "to", *was, "where", "why")
    for number, stop in enumerate(proposed.stops, 1):
        times = [clock(stop[name], zone) for name in ("arrival", "plannedStart", "plannedEnd")]
        if before is not None:
            times.append(clock(before.get(stop["accountId"]), zone) or "new")
        made.add_row(str(number), *times, _where(stop), escape(stop["why"] or ""))
    return made


def left_out(drops: Sequence[Row], count: int) -> Table:
    """Returns who was left out, and why; the worthiest of them."""
    made = table(f"Left out: {count}", "where", "reason", "in words")
    for drop in drops[:LEFT_OUT_SHOWN]:
        made.add_row(_where(drop), drop["reason"], escape(drop["detail"]))
    if len(drops) > LEFT_OUT_SHOWN:
        made.add_row("…", "", "")
    return made


def plan_in_short(proposed: DayPlan, zone: tzinfo) -> str:
    """Returns when one sets out and is back, and how long one is on the road."""
    road = int(proposed.figures.get("travelSeconds", 0)) // 60
    return f"Out at {clock(proposed.leave_at, zone)}, back at {clock(proposed.back_at, zone)}, {road} min on the road."


def week(proposed: WeekPlan, zone: tzinfo) -> Table:
    """Returns the days of a proposed week."""
    made = table("The week so far", "day", ">visits", "out", "back", ">on the road")
    for day in proposed.days:
        road = f"{int(day.figures.get('travelSeconds', 0)) // 60} min"
        times = clock(day.leave_at, zone), clock(day.back_at, zone)
        made.add_row(f"{day.day:%A %d %B}", str(len(day.stops)), *times, road)
    return made


def week_in_short(proposed: WeekPlan) -> str:
    """Returns how good a week is."""
    count = sum(len(day.stops) for day in proposed.days)
    days = sum(bool(day.stops) for day in proposed.days)
    words = [f"{count} visit{'s' * (count != 1)} on {days} day{'s' * (days != 1)}"]
    words.append(f"{int(proposed.figures.get('travelSeconds', 0)) // 60} min on the road")
    if "coverage" in proposed.figures:
        words.append(f"{100 * float(proposed.figures['coverage']):.0f} % of what is due")
    return ", ".join(words)


def runs(under_way: Sequence[Row], zone: tzinfo) -> Table:
    """Returns the plans that are still being made."""
    made = table("Being planned", ">#", "what", "for", "asked at", "state")
    for number, run in enumerate(under_way, 1):
        asked = clock(run["createdAt"], zone)
        made.add_row(str(number), run_in_short(run), escape(_whose(run)), asked, run["state"])
    return made


def run_in_short(run: Row) -> str:
    """Returns what a run plans."""
    return f"{'week' if run['kind'] == 'WEEK' else 'call cycle'} from {run['firstDay']}"


def _whose(run: Row) -> str:
    if run["scope"] == "ORG":
        return "everybody"
    name = run["leader"]["fullName"] if run["leader"] else "somebody no longer yours"
    return f"the people of {name}" if run["scope"] == "TEAM" else str(name)


def _where(stop: Row) -> str:
    return escape(stop["account"]["name"]) if stop["account"] else "[dim]no longer yours[/dim]"
