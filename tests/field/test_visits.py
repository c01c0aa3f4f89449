"""A visit's life: what may follow what, who may do it, and what is kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from backend.events.models import OutboxEvent
from backend.field import actions
from backend.field.geofence import Fix
from backend.field.lifecycle import MOVES, VisitState, may_move
from backend.field.models import CheckIn, Visit, VisitReport
from backend.kit import clock
from backend.kit.errors import Conflict, DomainError, Invalid, NotPermitted
from backend.kit.geo import LatLng
from tests.factories.world import World, acting

DOOR = Fix(LatLng(42.03, -93.62), accuracy_m=10)


def walk(field: World, visit: Visit, to: VisitState) -> Visit:
    """Brings a visit into a state by the way a rep would."""
    ana = acting(field.ana)
    if to is VisitState.EN_ROUTE:
        actions.set_out(actor=ana, visit=visit)
    elif to is VisitState.IN_PROGRESS:
        actions.check_in(actor=ana, visit=visit, fix=DOOR)
    elif to is VisitState.COMPLETED:
        actions.check_in(actor=ana, visit=visit, fix=DOOR)
        actions.complete(actor=ana, visit=visit, outcome="order")
    elif to in (VisitState.SKIPPED, VisitState.CANCELLED):
        actions.leave_undone(actor=ana, visit=visit, state=to, reason="closed")
    return Visit.objects.get(pk=visit.pk)


def attempt(field: World, visit: Visit, to: VisitState) -> None:
    """Tries to bring a visit into a state directly."""
    ana = acting(field.ana)
    if to is VisitState.EN_ROUTE:
        actions.set_out(actor=ana, visit=visit)
    elif to is VisitState.IN_PROGRESS:
        actions.check_in(actor=ana, visit=visit, fix=DOOR)
    elif to is VisitState.COMPLETED:
        actions.complete(actor=ana, visit=visit, outcome="order")
    else:
        actions.leave_undone(actor=ana, visit=visit, state=to, reason="closed")


@pytest.mark.parametrize("before", list(VisitState))
@pytest.mark.parametrize("after", [state for state in VisitState if state is not VisitState.PLANNED])
def test_a_visit_moves_as_the_lifecycle_says_and_never_otherwise(
    field: World, before: VisitState, after: VisitState
) -> None:
    visit = walk(field, field.visit(field.account("Hilltop", field.north)), before)
    assert visit.state == before
    if may_move(before, after):
        attempt(field, visit, after)
        assert Visit.objects.get(pk=visit.pk).state == after
    else:
        with pytest.raises(Conflict) as error:
            attempt(field, visit, after)
        assert (error.value.code, error.value.fields) == ("VISIT_STATE", {"state": f"is {before}"})
        assert Visit.objects.get(pk=visit.pk).version == visit.version


def test_every_state_has_its_moves_and_the_ends_have_none() -> None:
    assert set(MOVES) == set(VisitState)
    assert [state for state in VisitState if not MOVES[state]] == ["completed", "skipped", "cancelled"]


def test_a_rep_is_in_one_visit_at_a_time_whoever_writes(field: World) -> None:
    account = field.account("Hilltop", field.north)
    walk(field, field.visit(account), VisitState.IN_PROGRESS)
    second = field.visit(account)
    with pytest.raises(Conflict) as error:
        actions.check_in(actor=acting(field.ana), visit=second, fix=DOOR)
    assert error.value.code == "ALREADY_IN_PROGRESS"
    with pytest.raises(DatabaseError, match="visit_one_in_progress"), transaction.atomic():
        Visit.objects.filter(pk=second.pk).update(state="in_progress")
    assert CheckIn.objects.count() == 1


@pytest.mark.parametrize(
    ("fix", "verdict", "metres"),
    [
        (Fix(LatLng(42.03, -93.62), 10), "inside", 0),
        (Fix(LatLng(42.031, -93.62), 30), "inside", 111),
        (Fix(LatLng(42.031, -93.62), 60), "unsure", 111),
        (Fix(LatLng(42.04, -93.62), 20), "outside", 1111),
        (Fix(LatLng(42.032, -93.62), 100), "unsure", 222),
        (None, "no_location", None),
    ],
)
def test_the_verdict_and_what_it_rests_on_are_kept(
    field: World, fix: Fix | None, verdict: str, metres: int | None
) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    evidence = actions.check_in(actor=acting(field.ana), visit=visit, fix=fix)
    assert evidence.verdict == verdict
    assert (round(evidence.distance_m) if evidence.distance_m is not None else None) == metres
    assert evidence.accuracy_m == (fix.accuracy_m if fix else None)


def test_evidence_and_report_cannot_be_changed_by_anybody(field: World) -> None:
    walk(field, field.visit(field.account("Hilltop", field.north)), VisitState.COMPLETED)
    for row in (CheckIn.objects.get(), VisitReport.objects.get()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            row.save()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            row.delete()


def test_only_its_rep_works_a_visit_and_a_manager_may_call_it_off(field: World) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    for other in (field.ben, field.cy, field.dee):
        with pytest.raises(NotPermitted):
            actions.check_in(actor=acting(other), visit=visit, fix=DOOR)
        with pytest.raises(NotPermitted):
            actions.leave_undone(actor=acting(other), visit=visit, state=VisitState.SKIPPED, reason="x")
    actions.leave_undone(actor=acting(field.ben), visit=visit, state=VisitState.CANCELLED, reason="store closed")
    assert Visit.objects.get(pk=visit.pk).reason == "store closed"


@pytest.mark.parametrize("what", ["no reason", "no outcome", "long outcome", "answers", "span", "day", "not yours"])
def test_refusals_name_the_field_and_change_nothing(field: World, what: str) -> None:
    account = field.account("Hilltop", field.north)
    visit, ana, now = field.visit(account), acting(field.ana), clock.now()
    busy = field.visit(account)
    actions.check_in(actor=ana, visit=busy, fix=DOOR)
    doings: dict[str, tuple[Callable[[], object], type[DomainError], str]] = {
        "no reason": (
            lambda: actions.leave_undone(actor=ana, visit=visit, state=VisitState.SKIPPED, reason=" "),
            Invalid,
            "reason",
        ),
        "no outcome": (lambda: actions.complete(actor=ana, visit=busy, outcome=" "), Invalid, "outcome"),
        "long outcome": (lambda: actions.complete(actor=ana, visit=busy, outcome="x" * 41), Invalid, "outcome"),
        "answers": (
            lambda: actions.complete(actor=ana, visit=busy, outcome="x", answers=[1]),  # type: ignore[arg-type]
            Invalid,
            "answers",
        ),
        "span": (
            lambda: actions.schedule_visit(actor=ana, account=account, rep=field.ana, start=now, end=now),
            Invalid,
            "plannedEnd",
        ),
        "day": (
            lambda: actions.schedule_visit(
                actor=ana, account=account, rep=field.ana, start=now, end=now + timedelta(hours=25)
            ),
            Invalid,
            "plannedEnd",
        ),
        "not yours": (
            lambda: actions.schedule_visit(
                actor=acting(field.cy), account=account, rep=field.ana, start=now, end=now + timedelta(hours=1)
            ),
            NotPermitted,
            "repId",
        ),
    }
    act, family, named = doings[what]
    with pytest.raises(DomainError) as error:
        act()
    assert (type(error.value), list(error.value.fields)) == (family, [named])
    assert (Visit.objects.count(), VisitReport.objects.count()) == (2, 0)


def test_a_visit_nobody_began_is_told_once(field: World) -> None:
    account, now = field.account("Hilltop", field.north), clock.now()
    late = field.visit(account, start=now - timedelta(hours=3))
    field.visit(account, start=now - timedelta(days=9))
    field.visit(account, start=now + timedelta(hours=3))
    actions.announce_overdue()
    actions.announce_overdue()
    [event] = OutboxEvent.objects.all()
    assert (event.name, event.payload["visit_id"]) == ("visit.overdue", str(late.pk))
