"""Planning: plan, replan. Both need the server."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.markup import escape

from mobile_client_stub.cli import find, show_plan
from mobile_client_stub.cli.phone import Phone
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere, NotReached, Refused
from mobile_client_stub.plan import DayPlan
from mobile_client_stub.view import Stop
from mobile_client_stub.week import WeekPlan
from mobile_client_stub.wire import Row

STALE = re.compile(r"(?:(?P<day>\d{4}-\d\d-\d\d)\.)?stops\[(?P<position>\d+)\]")


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (plan, replan):
        app.command(command.__name__)(command)


def plan(
    context: typer.Context,
    day: Annotated[str | None, typer.Argument(help="today, tomorrow, YYYY-MM-DD, week, or cancel.")] = None,
    first: Annotated[
        str | None,
        typer.Argument(
            help="The first of the seven days of a week, today without it; which plan to cancel: its number, or all."
        ),
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Accept without being asked.")] = False,
) -> None:
    """Have a day or a week proposed, and accept it; or cancel a plan that is still being made."""
    phone: Phone = context.obj
    device = phone.signed_in()
    if first is not None and day not in ("week", "cancel"):
        raise typer.BadParameter("A second day goes with week only: plan week tomorrow.")
    with _server_needed(phone):
        if day == "cancel":
            _cancel(phone, device, first)
        elif day == "week":
            _plan_week(phone, device, find.day(first, device.local_day()), accept)
        else:
            _plan_day(phone, device, find.day(day, device.local_day()), accept)


def _plan_day(phone: Phone, device: Device, wanted: date, accept: bool) -> None:
    with phone.out.status("Planning the day"):
        proposed = device.propose_day(wanted)
    for table in show_plan.plan(proposed, device.zone()):
        if table.row_count:
            phone.out.print(table)
    if not proposed.stops:
        phone.say("There is nothing to visit on that day.")
        return
    phone.say(show_plan.plan_in_short(proposed, device.zone()))
    if _accepted(phone, accept):
        _take(phone, device, proposed, "today" if wanted == device.local_day() else f"today {wanted}")


def _plan_week(phone: Phone, device: Device, first: date, accept: bool) -> None:
    with phone.out.status("Planning the week; Ctrl-C takes the best so far"):
        run = device.propose_week(first)
        try:
            found = _watched(phone, device, run)
        except KeyboardInterrupt:
            device.stop_week(run)
            found = _watched(phone, device, run)
    if found.trouble:
        phone.say(f"[red]No plan[/red]: {escape(found.trouble)}")
        raise typer.Exit(1)
    zone, drops = device.zone(), found.left_out
    for day in found.days:
        if day.stops:
            phone.out.print(show_plan.stops(day, zone))
    if drops:
        phone.out.print(show_plan.left_out(drops, int(found.figures.get("dropped", len(drops)))))
    if not any(day.stops for day in found.days):
        phone.say("There is nothing to visit in those days.")
        return
    phone.say(f"{show_plan.week_in_short(found)}.")
    if not _accepted(phone, accept):
        return
    with _told_which(phone, found.days):
        phone.tell_report(device.accept_week(found))
    made = sum(not stop["fixed"] for day in found.days for stop in day.stops)
    phone.say(f"[green]Accepted[/green]: {made} visits are on this phone; see `today {found.days[0].day}`.")


def _cancel(phone: Phone, device: Device, which: str | None) -> None:
    runs = device.runs_under_way()
    if not runs:
        phone.say("No plan is being made.")
        return
    if which is None and len(runs) > 1:
        phone.out.print(show_plan.runs(runs, device.zone()))
        phone.say("Say which: `plan cancel 1`, or `plan cancel all`.")
        raise typer.Exit(1)
    chosen = runs if which in (None, "all") else [find.pick(runs, str(which), show_plan.run_in_short, "plan under way")]
    for run in chosen:
        try:
            device.stop_week(run["id"])
        except Refused as refused:
            phone.say(f"[red]Not cancelled[/red]: {escape(show_plan.run_in_short(run))}: {escape(str(refused))}")
            raise typer.Exit(1) from None
        phone.say(f"[green]Cancelled[/green]: {escape(show_plan.run_in_short(run))}.")


def _watched(phone: Phone, device: Device, run: str) -> WeekPlan:
    """Shows the first usable plan, and how much better it gets; returns the last."""
    last, said = None, ""
    for found in device.follow_week(run):
        short = show_plan.week_in_short(found)
        if found.days and last is None:
            phone.out.print(show_plan.week(found, device.zone()))
            phone.say(f"First plan: {short}.")
        elif found.days and short != said:
            phone.say(f"Better: {short}.")
        last, said = found, short
    assert last is not None
    return last


def replan(
    context: typer.Context,
    at: Annotated[str | None, typer.Option(help="LAT,LNG of the phone; without it, where you checked in last.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Accept without being asked.")] = False,
) -> None:
    """Have what is left of today planned anew, from where you are; a visit under way stays as it is."""
    phone: Phone = context.obj
    device = phone.signed_in()
    here = find.point(at) if at else device.last_check_in()
    if here is None:
        raise NotHere("You have checked in nowhere today: give --at LAT,LNG.")
    with _server_needed(phone):
        with phone.out.status("Planning the rest of the day"):
            # What was done offline decides what is left.
            report = device.sync()
            proposed = device.replan_from_here(*here)
        phone.tell_report(report)
        _rest(phone, device, proposed, accept)


def _rest(phone: Phone, device: Device, proposed: DayPlan, accept: bool) -> None:
    today = device.today(proposed.day)
    planned = [one for one in today if one.visit["state"] == "planned"]
    for one in today:
        if one.visit["state"] == "in_progress" and one.place:
            phone.say(f"You are at [bold]{escape(one.place.name)}[/bold]; that visit stays as it is.")
    if proposed.stops:
        before = {str(one.visit["accountId"]): str(one.visit["plannedStart"]) for one in planned}
        phone.out.print(show_plan.stops(proposed, device.zone(), before))
    gone = _given_up(proposed, planned)
    if gone:
        phone.out.print(show_plan.left_out(gone, len(gone)))
        phone.say(f"[yellow]{len(gone)} of today's visits would be given up[/yellow].")
    if not proposed.stops and not gone:
        phone.say("There is nothing left to visit today.")
        return
    phone.say(show_plan.plan_in_short(proposed, device.zone()))
    if _accepted(phone, accept):
        _take(phone, device, proposed, "today")


def _given_up(proposed: DayPlan, planned: Sequence[Stop]) -> list[Row]:
    stays = {stop["accountId"] for stop in proposed.stops}
    why = {drop["accountId"]: drop for drop in proposed.left_out}
    return [
        why.get(one.visit["accountId"], {"reason": "", "detail": ""})
        | {"account": {"name": one.place.name} if one.place else None}
        for one in planned
        if one.visit["source"] == "plan" and one.visit["accountId"] not in stays
    ]


def _take(phone: Phone, device: Device, proposed: DayPlan, seen: str) -> None:
    with _told_which(phone, [proposed]):
        phone.tell_report(device.accept_plan(proposed))
    phone.say(f"[green]Accepted[/green]: {len(proposed.stops)} visits are on this phone; see `{seen}`.")


def _accepted(phone: Phone, accept: bool) -> bool:
    if accept or (sys.stdin.isatty() and typer.confirm("Accept this plan?", default=True)):
        return True
    phone.say("Not accepted; the same with `--accept` accepts.")
    return False


@contextmanager
def _server_needed(phone: Phone) -> Iterator[None]:
    try:
        yield
    except NotReached as trouble:
        phone.say(f"{trouble} Planning needs the server.")
        raise typer.Exit(1) from None


@contextmanager
def _told_which(phone: Phone, days: Sequence[DayPlan]) -> Iterator[None]:
    """Names the stops for which a plan was refused, by their accounts."""
    try:
        yield
    except Refused as refused:
        phone.say(f"[red]Not accepted[/red]: {escape(str(refused))}")
        for words in _stops_named(refused.fields, days):
            phone.say(f"  {words}")
        raise typer.Exit(1) from None


def _stops_named(fields: Mapping[str, str], days: Sequence[DayPlan]) -> Iterator[str]:
    by_day = {str(day.day): day for day in days}
    for name, words in fields.items():
        meant = STALE.fullmatch(name)
        day = by_day.get(meant["day"] or str(days[0].day)) if meant else None
        if meant and day and int(meant["position"]) < len(day.stops):
            stop = day.stops[int(meant["position"])]
            account = stop["account"]["name"] if stop["account"] else "no longer yours"
            yield f"{day.day:%A}, [bold]{escape(account)}[/bold]: {escape(words)}"
        else:
            yield escape(words)
