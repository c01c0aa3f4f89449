"""What a change of territories means for planned visits, and that it is done as it was told."""

from datetime import timedelta

import pytest

from backend.field.models import Visit, VisitSource
from backend.kit import clock
from backend.planning.realign import impact
from backend.planning.realign.pages import fates
from backend.planning.realign.visits import outcomes
from backend.territories import coverage
from backend.territories.alignment import drafts, edits
from backend.territories.alignment.undoing import roll_back
from backend.territories.models import AccountShare, Alignment, AlignmentVisit, LaterVisits
from tests.factories.world import World, acting
from tests.territories.drafted import activated, drafted, draw, looked, stores, worked

SOON, LATER = timedelta(days=3), timedelta(days=30)


def planned(field: World, count: int) -> list[Visit]:
    """Plans a visit of Ana's at each of some stores: one soon, the others later, an hour apart."""
    draw(field)
    made = stores(field, count, south=42)
    visits = [
        field.visit(account, start=clock.now() + (LATER if number else SOON) + timedelta(hours=number))
        for number, account in enumerate(made)
    ]
    Visit.objects.update(source=VisitSource.PLAN)
    return visits


def given_to_cy(field: World, later: LaterVisits = LaterVisits.SUGGEST, keep_days: int = 7) -> Alignment:
    """Drafts that Cy has the north instead of Ana; no account moves."""
    draft = drafted(field, edits.release(field.north.pk, field.ana.pk), edits.assign(field.north.pk, field.cy.pk))
    draft = drafts.set_options(actor=acting(field.dee), alignment=draft, later_visits=later, keep_days=keep_days)
    return looked(field, draft)


def told(alignment: Alignment) -> dict[str, str]:
    """Returns what becomes of which visit, by its account: as a draft tells it, or as it was done."""
    if alignment.state == "draft":
        return {str(one.visit.account): f"{one.fate} {one.rep}" for one in outcomes(alignment)}
    rows = AlignmentVisit.objects.filter(alignment=alignment, done=True)
    return {str(one.account_id): f"{one.fate} {one.taker_id}" for one in rows}


@pytest.mark.parametrize("later", LaterVisits)
@pytest.mark.parametrize("days", [0, 7, 366])
def test_what_is_told_of_visits_is_what_becomes_of_them(field: World, later: LaterVisits, days: int) -> None:
    visits = planned(field, 3)
    # Agreed with the customer; and another that Cy cannot come to.
    Visit.objects.filter(pk__in=[visits[1].pk]).update(source=VisitSource.MANUAL)
    field.visit(field.account("Cy's own", field.south), field.cy, start=visits[2].planned_start)
    draft = given_to_cy(field, later, days)
    before, counts = told(draft), {one.fate: one.count for one in fates(draft)}
    done = activated(field, draft)
    assert told(done) == before
    assert {one.fate: one.count for one in fates(done)} == counts


def test_near_visits_stay_with_their_rep_who_still_sees_the_account(field: World) -> None:
    soon, later = planned(field, 2)
    done = activated(field, given_to_cy(field))
    for visit in (soon, later):
        visit.refresh_from_db()
    assert (soon.state, soon.rep, later.state) == ("planned", field.ana, "cancelled")
    share = AccountShare.objects.get()
    assert (share.account_id, share.user, share.shared_by) == (soon.account_id, field.ana, field.dee)
    assert share.valid_to == soon.planned_end + timedelta(days=1)
    assert done.effective_at is not None
    with clock.moved_to(done.effective_at + timedelta(minutes=1)):
        assert coverage.sees(field.ana.pk, soon.account_id)
        assert not coverage.sees(field.ana.pk, later.account_id)
    with clock.moved_to(soon.planned_end + timedelta(days=2)):
        assert not coverage.sees(field.ana.pk, soon.account_id)


def test_an_appointment_is_never_called_off(field: World) -> None:
    _, free, taken = planned(field, 3)
    Visit.objects.filter(pk__in=[free.pk, taken.pk]).update(source=VisitSource.MANUAL)
    field.visit(field.account("Cy's own", field.south), field.cy, start=taken.planned_start + timedelta(minutes=10))
    activated(field, given_to_cy(field, LaterVisits.SUGGEST))
    for visit in (free, taken):
        visit.refresh_from_db()
    assert (free.state, free.rep, taken.state, taken.rep) == ("planned", field.cy, "planned", field.ana)


def test_a_visit_that_has_begun_meanwhile_is_let_be(field: World) -> None:
    _, later = planned(field, 2)
    draft = given_to_cy(field)
    assert told(draft)[str(later.account_id)].startswith("suggested")
    Visit.objects.filter(pk=later.pk).update(state="in_progress")
    done = activated(field, looked(field, draft))
    later.refresh_from_db()
    assert (later.state, later.rep) == ("in_progress", field.ana)
    assert str(later.account_id) not in told(done)


def test_a_rollback_gives_visits_back(field: World) -> None:
    kept, handed, called_off = planned(field, 3)
    Visit.objects.filter(pk=handed.pk).update(source=VisitSource.MANUAL)
    done = activated(field, given_to_cy(field))
    assert done.effective_at is not None
    with clock.moved_to(done.effective_at + timedelta(seconds=1)):
        undo = worked(roll_back(actor=acting(field.dee), alignment=done, note="no"))
    for visit in (kept, handed, called_off):
        visit.refresh_from_db()
    assert (kept.rep, handed.rep, called_off.state) == (field.ana, field.ana, "cancelled")
    again = Visit.objects.get(account=called_off.account_id, state="planned")
    assert (again.rep, again.planned_start, again.source) == (field.ana, called_off.planned_start, VisitSource.PLAN)
    assert set(AlignmentVisit.objects.filter(alignment=undo).values_list("fate", "done")) == {
        ("returned", True), ("renewed", True),
    }  # fmt: skip
    until = AccountShare.objects.get().valid_to
    assert until is not None
    assert until < kept.planned_end


def test_deals_and_work_of_a_territory_that_changes_its_rep(field: World) -> None:
    visits = planned(field, 2)
    field.deal(visits[0].account)
    draft = given_to_cy(field)
    found = impact.impact(draft)
    assert [(one.giver, one.taker, one.accounts) for one in found.pairs] == [(field.ana.pk, field.cy.pk, 2)]
    assert [(one.giver, one.taker, one.count, str(one.amount)) for one in found.deals] == [
        (field.ana.pk, field.cy.pk, 1, "1200.00")
    ]
    [work] = found.work
    # Tier A: every 14 days, half an hour.
    assert (work.accounts, work.visits[0], work.minutes[0]) == ((2, 2), 2 * 365 / 14, 2 * 365 / 14 * 30)
    assert impact.deviation(found.work, 0) == 0
