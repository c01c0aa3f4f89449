"""A day's stops in a given order: timed and judged by the referee, and written in place of those that stood there."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.kit.errors import Conflict
from backend.kit.geo import LatLng
from backend.planning import rules, weights
from backend.planning.candidates import Wishes
from backend.planning.keeping import added_up, stops_of, sums
from backend.planning.load import Span, load_span
from backend.planning.models import DayFigures, PlanPart, PlanRun, PlanStop, VisitPlan
from backend.planning.solver.solution import Broken, Solution, judge
from backend.planning.travel.choose import provider_for


@dataclass(frozen=True, slots=True)
class Timed:
    """An order that the referee let through, with the stops it is of."""

    span: Span
    solution: Solution
    stops: tuple[PlanStop, ...]


def timed(plan: VisitPlan, order: Sequence[PlanStop], *, insert: PlanStop | None = None) -> Timed:
    """Returns the order as the day would go; with `insert`, the best of all orders that have it somewhere.

    Raises Conflict naming the stop that does not fit, and why."""
    span = _span(plan, [*order, *([insert] if insert is not None else [])])
    if insert is None:
        verdict = _judged(span, order)
        if isinstance(verdict, Solution):
            return Timed(span, verdict, tuple(order))
        raise _refusal(span, order, verdict)
    best: Timed | None = None
    broken: Broken | None = None
    for position in range(len(order) + 1):
        stops = (*order[:position], insert, *order[position:])
        verdict = _judged(span, stops)
        if isinstance(verdict, Broken):
            broken = verdict
        elif best is None or verdict.score > best.solution.score:
            best = Timed(span, verdict, stops)
    if best is None:
        assert broken is not None
        raise _refusal(span, [*order, insert], broken)
    return best


def rewritten(plan: VisitPlan, day: Timed) -> None:
    """Writes the day in place of the plan's stops, and counts it anew."""
    keep = {stop.account_id: stop for stop in day.stops}
    routes = [route for route in day.solution.routes if route.stops] or list(day.solution.routes[:1])
    rows = stops_of(plan, day.span, routes)
    for row in rows:
        before = keep[row.account_id]
        row.id, row.locked, row.day_locked, row.pinned = before.id, before.locked, before.day_locked, before.pinned
        if before.why and not before.fixed:
            # What it is worth was weighed with all that is due; how late it is, is told as of its day.
            row.prize = before.prize
            row.overdue = before.overdue
    PlanStop.objects.filter(pk__in=[row.pk for row in rows]).delete()
    plan.stops.all().delete()
    PlanStop.objects.bulk_create(rows)
    plan.leave_at, plan.back_at = day.span.at(routes[0].leave), day.span.at(routes[-1].back)
    plan.figures = {**plan.figures, **sums(routes, float(sum(row.prize for row in rows)))}
    plan.save(update_fields=["leave_at", "back_at", "figures"])
    count_anew(plan)


def count_anew(plan: VisitPlan) -> None:
    """Brings the figures of the plan, its part and its run to what stands in their rows."""
    if plan.part is None:
        plan.figures = {**plan.figures, **_left(plan, float(plan.figures["prize"]))}
        plan.save(update_fields=["figures"])
    else:
        part = plan.part
        days = list(part.plans.values_list("figures", flat=True))
        total = added_up(days)
        part.figures = {**part.figures, **total, **_left(part, float(total["prize"]))}
        part.save(update_fields=["figures"])
        run = PlanRun.objects.select_for_update(of=("self",)).get(pk=part.run_id)
        run.figures = added_up(list(run.parts.exclude(figures={}).values_list("figures", flat=True)))
        run.save(update_fields=["figures"])
    whole = plan.figures if plan.part is None else plan.part.figures
    DayFigures.objects.filter(plan=plan).update(
        stops=plan.figures["stops"],
        travel_seconds=plan.figures["travelSeconds"],
        prize=plan.figures["prize"],
        due_prize=whole["duePrize"],
        overdue_left=whole["overdueLeft"],
    )


def _left(owner: VisitPlan | PlanPart, prize: float) -> dict[str, int | float]:
    left = list(owner.drops.filter(fixed=False).values_list("account_id", "prize", "overdue"))
    of_owner = {"plan": owner} if isinstance(owner, VisitPlan) else {"plan__part": owner}
    visited = set(PlanStop.objects.filter(**of_owner).values_list("account_id", flat=True))
    due = prize + sum(one for _, one, _ in left)
    return {
        "dropped": owner.drops.count(),
        "duePrize": due,
        "coverage": round(prize / due, 4) if due else 1.0,
        "overdueLeft": len({account_id for account_id, _, overdue in left if overdue} - visited),
    }


def _span(plan: VisitPlan, stops: Sequence[PlanStop]) -> Span:
    accounts = frozenset(stop.account_id for stop in stops if not stop.fixed)
    here = None
    if plan.from_lat is not None and plan.from_lng is not None:
        here = LatLng(plan.from_lat, plan.from_lng)
    wishes = Wishes(
        only=accounts,
        replaces=plan.replaces,
        here=here,
        locked={stop.account_id: (stop.planned_start,) for stop in stops if stop.locked},
        pinned=frozenset(stop.account_id for stop in stops if stop.pinned),
    )
    weigh = weights.of_version(plan.org_id, plan.weights_version)
    span = load_span(plan.rep, [plan.day], provider_for(plan.rep), weigh, wishes)
    _check_all_there(span, stops)
    return span


def _check_all_there(span: Span, stops: Sequence[PlanStop]) -> None:
    known = set(span.candidates)
    unlocated = {one.account_id for one in span.unlocated}
    for position, stop in enumerate(stops):
        if _client_id(stop) in known:
            continue
        if stop.account_id in unlocated:
            raise rules.does_not_fit({f"stops[{position}]": "nobody knows where it is"}, "Nobody knows where it is.")
        words = "the rep does not cover the account, or a visit is planned already"
        raise rules.does_not_fit({f"stops[{position}]": words}, f"Not possible: {words}.")


def _client_id(stop: PlanStop) -> str:
    return str(stop.visit_id) if stop.fixed else str(stop.account_id)


def _judged(span: Span, stops: Sequence[PlanStop]) -> Solution | Broken:
    """Returns the referee's verdict on the order. Where a day has several shifts, each takes as many as it can."""
    names = [_client_id(stop) for stop in stops]
    order: dict[str, list[str]] = {shift.id: [] for shift in span.problem.shifts}
    shifts = sorted(span.problem.shifts, key=lambda shift: shift.window.start)
    broken: Broken | None = None
    while names and shifts:
        shift = shifts.pop(0)
        for count in range(len(names), 0, -1):
            verdict = judge(span.problem, {shift.id: names[:count]})
            if isinstance(verdict, Solution):
                order[shift.id], names = names[:count], names[count:]
                break
            broken = broken or verdict[0]
            if len(span.problem.shifts) == 1:
                return verdict[0]
    if names:
        assert broken is not None
        return broken
    whole = judge(span.problem, order)
    return whole if isinstance(whole, Solution) else whole[0]


_WORDS = {
    "NO_WAY": "there is no way there",
    "WINDOW_MISSED": "it would be reached after its doors close, or after its fixed time",
    "SHIFT_OVERRUN": "the working hours end before the rep is back",
    "BREAK_MISSED": "no time is left for the break",
}


def _refusal(span: Span, stops: Sequence[PlanStop], broken: Broken) -> Conflict:
    words = _WORDS.get(broken.code, broken.code.lower().replace("_", " "))
    positions = {_client_id(stop): position for position, stop in enumerate(stops)}
    at: UUID | None = span.candidates[broken.client_id].account_id if broken.client_id in span.candidates else None
    field = "stops" if at is None else f"stops[{positions.get(broken.client_id, len(stops) - 1)}]"
    name = "" if at is None else f"{span.candidates[broken.client_id].name}: "
    return rules.does_not_fit({field: words, "breaks": broken.code}, f"That does not fit. {name}{words}.")
