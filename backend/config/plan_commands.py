"""`fieldbeat plans figures`: how good plans were, day by day, as a table or a picture."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

Ready = Callable[[], AbstractContextManager[None]]
MONTH = timedelta(days=30)


def add_to(app: typer.Typer, ready: Ready, out: Console) -> None:
    """Adds the commands; `ready` gives them a database."""
    plans = typer.Typer(no_args_is_help=True, help="See how good the plans were.")
    app.add_typer(plans, name="plans")

    @plans.callback()
    def _plans() -> None: ...

    @plans.command()
    def figures(
        username: Annotated[str, typer.Argument(help="A rep, or a manager or admin for everybody beneath.")],
        first: Annotated[str | None, typer.Option("--from", help="The first day, as 2027-06-07.")] = None,
        last: Annotated[str | None, typer.Option("--to", help="The last day.")] = None,
        svg: Annotated[Path | None, typer.Option(help="Write a picture there, too.")] = None,
        proposed: Annotated[bool, typer.Option("--proposed", help="Count proposals, published or not.")] = False,
    ) -> None:
        """Show minutes on the road for each visit, due points visited, and overdue accounts left, day by day."""
        with ready():
            from backend.identity.models import User
            from backend.kit import clock
            from backend.kit.errors import NotFound
            from backend.planning.series import picture, series

            person = User.objects.filter(username__iexact=username).exclude(org=None).first()
            if person is None or person.org_id is None:
                raise NotFound("USER_NOT_FOUND", f"There is no user named {username!r}.", fields={"user": "not found"})
            end = _day(last, "--to") or clock.now().date()
            begin = _day(first, "--from") or end - MONTH
            points = series(person.org_id, _beneath(person.pk), begin, end, published=not proposed)
            table = Table("day", "plans", "stops", "minutes per visit", "coverage", "overdue left")
            for one in points:
                travel = "" if one.travel_minutes_per_visit is None else f"{one.travel_minutes_per_visit:.1f}"
                coverage = "" if one.coverage is None else f"{one.coverage:.1%}"
                table.add_row(f"{one.day}", f"{one.plans}", f"{one.stops}", travel, coverage, f"{one.overdue_left}")
            out.print(table)
            if svg is not None:
                svg.write_text(picture(points, f"{person.name_shown}, {begin} to {end}"), encoding="utf-8")
                out.print(f"The picture is in {svg}.", highlight=False)


def _day(text: str | None, name: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no day; write it as 2027-06-07.", param_hint=name) from error


def _beneath(user_id: UUID) -> list[UUID]:
    from backend.territories.coverage import visible_root_kinds

    return [root for root, kind in visible_root_kinds(user_id).items() if kind == "user"] or [user_id]
