"""Writing down what the solver found: a plan for each day, who is left out, and how good it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from backend.identity.models import User
from backend.kit import clock
from backend.planning.candidates import Candidate
from backend.planning.explain import detail, removed_detail, unlocated_detail
from backend.planning.load import Span
from backend.planning.models import DayFigures, DropReason, PlanDrop, PlanPart, PlanStop, VisitPlan
from backend.planning.solver.solution import Route
from backend.planning.solver.solve import Result

Figures: TypeAlias = dict[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where plans come from: who asked, with which seed and weights, for which part, after which plan."""

    org_id: UUID
    user_id: UUID
    seed: int
    weights_version: int = 0
    part: PlanPart | None = None
    based_on: VisitPlan | None = None
    replaces: bool = False


def keep_day(origin: Origin, rep: User, span: Span, result: Result) -> VisitPlan:
    """Writes the plan of a single day, with whoever is left out of it."""
    (day,) = span.days
    plan = _plan(origin, rep, day, span, result, figures(span, result))
    here = span.start_point
    if here is not None:
        plan.from_lat, plan.from_lng = here.lat, here.lng
    plan.save(force_insert=True)
    PlanStop.objects.bulk_create(stops_of(plan, span, _routes(span, result, day)))
    PlanDrop.objects.bulk_create(_drops(span, result, plan=plan, part=None))
    keep_figures([plan], plan.figures)
    return plan


def keep_days(
    origin: Origin, rep: User, span: Span, result: Result, for_good: Mapping[str, int | float | str] | None
) -> list[VisitPlan]:
    """Writes a plan for each day of a part, and whoever is left out of all of them.

    `for_good` are the figures of all days together; None where a better plan will take the place of this one, whose
    figures nobody need remember."""
    assert origin.part is not None
    plans = [_plan(origin, rep, day, span, result, day_figures(span, result, day)) for day in span.days]
    VisitPlan.objects.bulk_create(plans)
    PlanStop.objects.bulk_create(
        [stop for plan in plans for stop in stops_of(plan, span, _routes(span, result, plan.day))]
    )
    PlanDrop.objects.bulk_create(_drops(span, result, plan=None, part=origin.part))
    if for_good is not None:
        keep_figures(plans, for_good)
    return plans


def figures(span: Span, result: Result) -> Figures:
    """Returns what the whole is worth: points and counts, seconds on the road, at work and waiting, `coverage` of the due
    points from 0 to 1, how many overdue accounts are left, and minutes on the road for each visit."""
    due = sum(one.prize for one in span.due)
    served = {stop.client_id for route in result.solution.routes for stop in route.stops}
    left = [one for name, one in span.candidates.items() if name not in served] + [*span.unlocated, *span.removed]
    visited = {span.candidates[name].account_id for name in served}
    last = span.days[-1]
    return {
        **sums(result.solution.routes, result.solution.prize),
        "dropped": len(left),
        "passedOver": span.passed_over,
        "iterations": result.iterations,
        "engine": str(result.engine),
        "duePrize": due,
        "coverage": round(result.solution.prize / due, 4) if due else 1.0,
        # Accounts, not visits: of several that fall due at one account in the days some may be left out.
        "overdueLeft": len({one.account_id for one in left if one.overdue(last)} - visited),
        **span.travel.figures(),
    }


def day_figures(span: Span, result: Result, day: date) -> Figures:
    """Returns the same sums for one of several days."""
    routes = _routes(span, result, day)
    prize = sum(span.candidates[stop.client_id].prize for route in routes for stop in route.stops)
    return {**sums(routes, prize), **span.travel.figures()}


def added_up(parts: Sequence[Mapping[str, int | float | str]]) -> Figures:
    """Returns the figures of several parts as one."""
    names = ("stops", "dropped", "duePrize", "prize", "travelSeconds", "serviceSeconds", "waitSeconds", "overdueLeft")
    total: Figures = {name: sum(float(part.get(name, 0)) for part in parts) for name in names}
    due, stops = float(total["duePrize"]), float(total["stops"])
    total["coverage"] = round(float(total["prize"]) / due, 4) if due else 1.0
    total["travelMinutesPerVisit"] = round(float(total["travelSeconds"]) / 60 / stops, 1) if stops else 0.0
    return total


def keep_figures(plans: Sequence[VisitPlan], whole: Mapping[str, int | float | str]) -> None:
    """Writes what is kept of the plans for good; `whole` are the figures of all of them together."""
    DayFigures.objects.bulk_create(
        DayFigures(
            org_id=plan.org_id,
            rep_id=plan.rep_id,
            day=plan.day,
            plan=plan,
            at=plan.created_at,
            stops=plan.figures["stops"],
            travel_seconds=plan.figures["travelSeconds"],
            prize=plan.figures["prize"],
            due_prize=float(whole["duePrize"]),
            overdue_left=int(whole["overdueLeft"]),
            weights_version=plan.weights_version,
        )
        for plan in plans
    )


def sums(routes: Sequence[Route], prize: float) -> Figures:
    """Returns what routes add up to."""
    stops = [stop for route in routes for stop in route.stops]
    travel = sum(route.travel for route in routes)
    return {
        "prize": prize,
        "stops": len(stops),
        "travelSeconds": travel,
        "serviceSeconds": sum(stop.leave - stop.start for stop in stops),
        "waitSeconds": sum(stop.wait for stop in stops),
        "travelMinutesPerVisit": round(travel / 60 / len(stops), 1) if stops else 0.0,
    }


def _routes(span: Span, result: Result, day: date) -> list[Route]:
    found = [route for route in result.solution.routes if span.day_of[route.shift_id] == day]
    return sorted(found, key=lambda route: route.leave)


def _plan(origin: Origin, rep: User, day: date, span: Span, result: Result, worth: Figures) -> VisitPlan:
    routes = _routes(span, result, day)
    used = [route for route in routes if route.stops] or routes[:1]
    return VisitPlan(
        org_id=origin.org_id,
        rep=rep,
        day=day,
        seed=origin.seed,
        leave_at=span.at(used[0].leave),
        back_at=span.at(used[-1].back),
        figures=worth,
        part=origin.part,
        weights_version=origin.weights_version,
        replaces=origin.replaces,
        based_on=origin.based_on,
        created_by_id=origin.user_id,
        created_at=clock.now(),
    )


def stops_of(plan: VisitPlan, span: Span, routes: Sequence[Route]) -> list[PlanStop]:
    """Returns the stops of a day's routes as rows, not yet written."""
    last = span.days[-1]
    rows: list[PlanStop] = []
    for route in routes:
        for stop in route.stops:
            candidate = span.candidates[stop.client_id]
            rows.append(
                PlanStop(
                    plan=plan,
                    position=len(rows),
                    account_id=candidate.account_id,
                    visit=candidate.visit,
                    fixed=candidate.fixed,
                    locked=candidate.locked,
                    day_locked=candidate.day_locked,
                    pinned=candidate.pinned,
                    overdue=candidate.overdue(last),
                    arrival=span.at(stop.arrival),
                    planned_start=span.at(stop.start),
                    planned_end=span.at(stop.leave),
                    wait_seconds=stop.wait,
                    prize=candidate.prize,
                    why=candidate.why_on(plan.day)[:200],
                )
            )
    return rows


def _drops(span: Span, result: Result, *, plan: VisitPlan | None, part: PlanPart | None) -> list[PlanDrop]:
    last = span.days[-1]

    def row(candidate: Candidate, reason: str, words: str, displaced: Sequence[UUID] = ()) -> PlanDrop:
        return PlanDrop(
            plan=plan,
            part=part,
            account_id=candidate.account_id,
            visit=candidate.visit,
            reason=DropReason(reason),
            detail=words[:300],
            displaced_by=list(displaced),
            pinned=candidate.pinned,
            fixed=candidate.fixed,
            removed_from=candidate.removed_from,
            overdue=candidate.overdue(last),
            prize=candidate.prize,
            why=candidate.why[:200],
        )

    rows = [row(one, DropReason.NO_COORDINATES, unlocated_detail()) for one in span.unlocated]
    rows += [row(one, DropReason.REMOVED, removed_detail()) for one in span.removed]
    for drop in result.dropped:
        candidate = span.candidates[drop.client_id]
        displaced = [span.candidates[name].account_id for name in drop.displaced_by]
        rows.append(row(candidate, str(drop.reason.value), detail(span, candidate, drop), displaced))
    return rows
