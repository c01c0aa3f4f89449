"""How good the plans of a rep, a team or an org were over time, and a picture of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, Sum

from backend.planning.models import DayFigures

MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Point:
    """One day: of all plans together, minutes on the road for each visit, points visited of points due (0 to 1), and
    overdue accounts left; None where nothing was planned that could be counted."""

    day: date
    plans: int
    stops: int
    travel_minutes_per_visit: float | None
    coverage: float | None
    overdue_left: int


def series(org_id: UUID, reps: Sequence[UUID], first: date, last: date, *, published: bool = True) -> list[Point]:
    """Returns the days on which something was planned for the reps, in order; published plans only, or all; one query.

    Of a week or a cycle each day has its own travel and stops; due points and overdue accounts are those of the whole."""
    found = DayFigures.objects.filter(org_id=org_id, rep_id__in=reps, day__gte=first, day__lte=last)
    if published:
        found = found.filter(published=True)
    rows = (
        found.values("day")
        .annotate(
            plans=Count("id"),
            all_stops=Sum("stops"),
            travel=Sum("travel_seconds"),
            won=Sum("prize", filter=Q(due_prize__gt=0)),
            due=Sum("due_prize"),
            left=Sum("overdue_left"),
        )
        .order_by("day")
    )
    return [
        Point(
            day=row["day"],
            plans=row["plans"],
            stops=row["all_stops"],
            travel_minutes_per_visit=round(row["travel"] / 60 / row["all_stops"], 1) if row["all_stops"] else None,
            coverage=round((row["won"] or 0.0) / row["due"], 4) if row["due"] else None,
            overdue_left=row["left"],
        )
        for row in rows
    ]


WIDTH, HEIGHT, LEFT, TOP, GAP = 720, 150, 60, 30, 20


def picture(points: Sequence[Point], title: str) -> str:
    """Returns an SVG with three lines over time, one beneath the other."""
    rows: list[tuple[str, list[float | None]]] = [
        ("minutes on the road per visit", [one.travel_minutes_per_visit for one in points]),
        ("due points visited, %", [None if one.coverage is None else 100 * one.coverage for one in points]),
        ("overdue accounts left", [float(one.overdue_left) for one in points]),
    ]
    days = [one.day for one in points]
    tall = TOP + len(rows) * (HEIGHT + 2 * GAP)
    body = "".join(
        _panel(name, values, days, TOP + GAP + number * (HEIGHT + 2 * GAP))
        for number, (name, values) in enumerate(rows)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + LEFT + GAP}" height="{tall}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{LEFT}" y="20" font-size="15">{_text(title)}</text>{body}</svg>'
    )


def _panel(name: str, values: Sequence[float | None], days: Sequence[date], top: int) -> str:
    known = [value for value in values if value is not None]
    most = max([*known, 1.0])
    first, length = (days[0], max(1, (days[-1] - days[0]).days)) if days else (None, 1)
    dots = [
        (LEFT + WIDTH * (day - first).days / length, top + HEIGHT * (1 - value / most))
        for day, value in zip(days, values, strict=True)
        if value is not None and first is not None
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="#1f5fa8"/>' for x, y in dots)
    ends = (
        f'<text x="{LEFT}" y="{top + HEIGHT + 14}">{days[0]}</text>'
        f'<text x="{LEFT + WIDTH}" y="{top + HEIGHT + 14}" text-anchor="end">{days[-1]}</text>'
        if days
        else f'<text x="{LEFT + 10}" y="{top + HEIGHT // 2}">nothing was planned</text>'
    )
    return (
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#bbb"/>'
        f'<text x="{LEFT + 6}" y="{top - 4}">{_text(name)}</text>'
        f'<text x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{most:.0f}</text>'
        f'<text x="{LEFT - 6}" y="{top + HEIGHT}" text-anchor="end">0</text>'
        f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>{marks}{ends}'
    )


def _text(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
