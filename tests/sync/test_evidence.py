"""What a rep saw and did is kept, whatever became of the visit meanwhile; and a person says whether it counts."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.crm.models import Account, Opportunity
from backend.events.models import OutboxEvent
from backend.field.actions import leave_undone
from backend.field.lifecycle import VisitState
from backend.field.models import CheckIn, Visit, VisitReport
from backend.identity.actions import revoke_device
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue, SyncOp
from backend.sync.protocol import Mutation, Status
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica, codes
from tests.factories.world import World, acting


def check_in(replica: Replica, visit: Visit, **more: object) -> Mutation:
    """Makes the check-in of a rep at the door."""
    args = {"checkInId": str(new_id()), "lat": 42.03, "lng": -93.62, "accuracyM": 8, "at": clock.now().isoformat()}
    return replica.mutation("visit.checkIn", visit.pk, args=args, **more)


def report(replica: Replica, visit: Visit, outcome: str = "order") -> Mutation:
    """Makes the report of a visit."""
    return replica.mutation("visit.complete", visit.pk, args={"reportId": str(new_id()), "outcome": outcome})


def called_off(field: World, visit: Visit) -> None:
    """Ben calls the visit off."""
    leave_undone(actor=acting(field.ben), visit=visit, state=VisitState.CANCELLED, reason="store closed")


def settle(replica: Replica, issue: SyncIssue, action: str) -> list[tuple[Status, str | None]]:
    """Answers an issue from a phone."""
    return codes(replica.push(replica.mutation("syncIssue.resolve", issue.pk, args={"action": action})))


def test_a_visit_made_although_called_off_keeps_its_evidence_for_rep_and_manager(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana, ben = phone(field.ana), phone(field.ben)
    called_off(field, visit)
    sent = [check_in(ana, visit), report(ana, visit)]
    assert codes(ana.push(*sent)) == [(Status.MERGED, "VISIT_STATE")] * 2
    assert [result.replayed for result in ana.push(*sent).results] == [True, True]
    ana.pull()
    ben.pull()
    for replica in (ana, ben):
        assert [row["late"] for row in replica.of("checkIn").values()] == [True]
        assert [(row["late"], row["outcome"]) for row in replica.of("visitReport").values()] == [(True, "order")]
        assert [row["state"] for row in replica.of("visit").values()] == ["cancelled"]
        assert {tuple(row["actions"]) for row in replica.of("syncIssue").values()} == {("keepMine", "discard")}
    assert [event.name for event in OutboxEvent.objects.all()] == ["sync.issue_raised"] * 2


def test_ana_says_it_was_made_and_it_is(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    called_off(field, visit)
    ana.push(check_in(ana, visit), report(ana, visit))
    first, second = SyncIssue.objects.order_by("created_at")
    assert settle(ana, first, "keepMine") == [(Status.APPLIED, None)]
    visit.refresh_from_db()
    assert (visit.state, visit.reason, visit.started_at) == ("completed", "", CheckIn.objects.get().at)
    assert settle(ana, second, "keepMine") == [(Status.APPLIED, None)]
    happened = OutboxEvent.objects.order_by("pk").values_list("name", flat=True)
    assert list(happened) == ["sync.issue_raised", "sync.issue_raised", "visit.completed"]


def test_a_check_in_alone_begins_the_visit_again(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    called_off(field, visit)
    ana.push(check_in(ana, visit))
    assert settle(ana, SyncIssue.objects.get(), "keepMine") == [(Status.APPLIED, None)]
    assert codes(ana.push(report(ana, visit))) == [(Status.APPLIED, None)]
    assert VisitReport.objects.get().late is False


def test_a_visit_given_to_another_rep_keeps_both_reports(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    ana, cy = phone(field.ana), phone(field.cy)
    ana.pull()
    Visit.objects.filter(pk=visit.pk).update(rep=field.cy)
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    assert codes(cy.push(check_in(cy, visit), report(cy, visit, "cys"))) == [(Status.APPLIED, None)] * 2
    assert codes(ana.push(check_in(ana, visit), report(ana, visit, "anas"))) == [(Status.MERGED, "NOT_YOUR_VISIT")] * 2
    told = VisitReport.objects.order_by("late").values_list("author__username", "outcome", "late")
    assert list(told) == [("cy", "cys", False), ("ana", "anas", True)]
    cy.pull()
    assert {row["authorId"] for row in cy.of("visitReport").values()} == {str(field.ana.pk), str(field.cy.pk)}
    visit.refresh_from_db()
    assert (visit.rep_id, visit.state) == (field.cy.pk, "completed")


def test_a_manager_may_say_that_another_than_its_rep_made_it(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    ana, dee = phone(field.ana), phone(field.dee)
    ana.pull()
    Visit.objects.filter(pk=visit.pk).update(rep=field.cy)
    ana.push(check_in(ana, visit), report(ana, visit))
    issue = SyncIssue.objects.order_by("created_at").last()
    assert issue is not None
    assert settle(ana, issue, "keepMine") == [(Status.REJECTED, "NOT_YOUR_VISIT")]
    assert settle(dee, issue, "keepMine") == [(Status.APPLIED, None)]
    visit.refresh_from_db()
    issue.refresh_from_db()
    assert (visit.rep_id, visit.state, issue.resolved_by_id) == (field.ana.pk, "completed", field.dee.pk)


def test_a_second_visit_at_once_is_evidence_and_settled_later(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    one, two = field.visit(account), field.visit(account)
    ana = phone(field.ana)
    reply = ana.push(check_in(ana, one), check_in(ana, two), report(ana, two), report(ana, one))
    assert codes(reply) == [
        (Status.APPLIED, None),
        (Status.MERGED, "ALREADY_IN_PROGRESS"),
        (Status.MERGED, "VISIT_STATE"),
        (Status.APPLIED, None),
    ]
    issue = SyncIssue.objects.get(code="VISIT_STATE")
    assert settle(ana, issue, "keepMine") == [(Status.APPLIED, None)]
    assert set(Visit.objects.values_list("state", flat=True)) == {"completed"}


def test_a_visit_deleted_meanwhile_comes_back_with_its_evidence(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    ana.pull()
    Visit.objects.filter(pk=visit.pk).update(deleted_at=clock.now())
    reply = ana.push(ana.mutation("visit.skip", visit.pk, args={"reason": "x"}), check_in(ana, visit))
    assert codes(reply) == [(Status.REJECTED, "DELETED"), (Status.MERGED, "VISIT_DELETED")]
    ana.pull()
    assert [row["state"] for row in ana.of("visit").values()] == ["planned"]


@pytest.mark.trap(16)
def test_grace_ends_72_hours_after_the_phone_was_told(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit = field.visit(account, field.cy)
    ana = phone(field.ana)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull()
    note = {"accountId": str(account.pk), "kind": "note", "subject": "Keys"}
    told = clock.now()
    with clock.moved_to(told + timedelta(hours=71)):
        reply = ana.push(ana.mutation("activity.create", new_id(), args=note), check_in(ana, visit))
        assert [status for status, _ in codes(reply)] == [Status.APPLIED, Status.MERGED]
        edit = ana.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "x"})
        assert codes(ana.push(edit)) == [(Status.REJECTED, "OUT_OF_SCOPE")]
    with clock.moved_to(told + timedelta(hours=73)):
        reply = ana.push(ana.mutation("activity.create", new_id(), args=note), check_in(ana, visit))
        assert codes(reply) == [(Status.REJECTED, "ACCOUNT_NOT_FOUND"), (Status.REJECTED, "VISIT_NOT_FOUND")]
    assert CheckIn.objects.get().rep_id == field.ana.pk


def test_a_partner_is_no_witness(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    User.objects.filter(pk=field.ben.pk).update(role=Role.PARTNER)
    field.ben.refresh_from_db()
    Visit.objects.filter(pk=visit.pk).update(rep=field.ben)
    ben = phone(field.ben)
    assert [status for status, _ in codes(ben.push(check_in(ben, visit)))] == [Status.REJECTED]
    assert CheckIn.objects.count() == 0


def test_evidence_is_not_held_back_by_what_it_builds_on(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    bad = ana.mutation("visit.checkIn", visit.pk, args={"checkInId": "x"})
    told = ana.mutation(
        "visit.complete", visit.pk, args={"reportId": str(new_id()), "outcome": "order"}, depends_on=(bad.id,)
    )
    assert codes(ana.push(bad, told)) == [(Status.REJECTED, "BAD_VALUE"), (Status.MERGED, "VISIT_STATE")]
    never = ana.mutation("visit.create", new_id(), args={"accountId": str(new_id())})
    lost = ana.mutation("visit.checkIn", never.entity_id, args={"checkInId": str(new_id())}, depends_on=(never.id,))
    assert [code for _, code in codes(ana.push(never, lost))][1] == "DEPENDENCY_REJECTED"


@pytest.mark.trap(21)
@pytest.mark.parametrize("years", [73, -20])
def test_a_clock_that_is_decades_off_is_set_right_by_its_offset(field: World, phone: Phone, years: int) -> None:
    """Trap 21: the claim is kept, the server orders."""
    visit = field.visit(field.account("Hilltop", field.north))
    ana, now = phone(field.ana), clock.now()
    truly = now - timedelta(hours=3)
    wrong = truly + timedelta(days=365 * years)
    offset = round((truly - wrong).total_seconds() * 1000)
    args = {"checkInId": str(new_id()), "at": wrong.isoformat()}
    ana.push(ana.mutation("visit.checkIn", visit.pk, args=args, client_time=wrong, clock_offset_ms=offset))
    seen, row = CheckIn.objects.get(), SyncOp.objects.get()
    assert abs(seen.at - truly) < timedelta(seconds=1)
    assert seen.claimed_at == wrong
    assert (row.client_time, row.corrected_time) == (wrong, wrong + timedelta(milliseconds=offset))
    assert Visit.objects.get().started_at == seen.at


@pytest.mark.parametrize("offset", [10**17, -(10**17), 6_000_000_000_000])
def test_an_offset_beyond_the_calendar_is_none(field: World, phone: Phone, offset: int) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    claimed = datetime(2026, 1, 1, tzinfo=UTC)
    sent = ana.mutation("account.patch", account.pk, set={"notes": "x"}, client_time=claimed, clock_offset_ms=offset)
    assert codes(ana.push(sent)) == [(Status.APPLIED, None)]
    assert Account.objects.get(pk=account.pk).notes == "x"


@pytest.mark.trap(16)
def test_a_note_on_a_deal_of_a_store_that_was_lost_is_kept(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    deal, gone = field.deal(account), field.deal(account, name="Called off")
    ana, cy = phone(field.ana), phone(field.cy)
    note = {"kind": "note", "subject": "Keys"}
    stranger = cy.mutation("activity.create", new_id(), args={**note, "opportunityId": str(deal.pk)})
    assert codes(cy.push(stranger)) == [(Status.REJECTED, "OPPORTUNITY_NOT_FOUND")]
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    Opportunity.objects.filter(pk=gone.pk).update(deleted_at=clock.now())
    sent = [
        ana.mutation("activity.create", new_id(), args={**note, "opportunityId": str(one.pk)}) for one in (deal, gone)
    ]
    assert codes(ana.push(*sent)) == [(Status.APPLIED, None)] * 2
    cy.pull()
    assert [row["ownerId"] for row in cy.of("activity").values()] == [str(field.ana.pk)] * 2


def test_who_leads_the_witness_but_not_the_store_does_not_take_the_visit_from_its_rep(
    field: World, phone: Phone
) -> None:
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    ana, ben, dee = phone(field.ana), phone(field.ben), phone(field.dee)
    ana.pull()
    Visit.objects.filter(pk=visit.pk).update(rep=field.cy)
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.push(check_in(ana, visit), report(ana, visit))
    issue = SyncIssue.objects.order_by("created_at").last()
    assert issue is not None
    assert settle(ben, issue, "keepMine") == [(Status.REJECTED, "OUT_OF_SCOPE")]
    visit.refresh_from_db()
    assert (visit.rep_id, visit.state) == (field.cy.pk, "planned")
    assert settle(dee, issue, "keepMine") == [(Status.APPLIED, None)]


def test_a_revoked_phones_refused_mutation_can_still_be_done(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, ben = phone(field.ana), phone(field.ben)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    args = {"accountId": str(account.pk), "kind": "note", "subject": ""}
    ana.push(ana.mutation("activity.create", new_id(), args=args))
    revoke_device(actor=acting(field.dee), device_id=ana.device.pk, reason="lost")
    issue = SyncIssue.objects.get()
    SyncIssue.objects.filter(pk=issue.pk).update(mutation={**issue.mutation, "args": {**args, "subject": "Called"}})
    assert settle(ben, issue, "retry") == [(Status.APPLIED, None)]
