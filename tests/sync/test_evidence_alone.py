"""A rep's work is never lost: what can stand alone is taken, what comes too late has a home, and a leader vouches."""

from datetime import timedelta

import pytest

from backend.attachments.models import Attachment
from backend.crm.models import Account, Activity
from backend.field.models import CheckIn, Visit, VisitReport
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.sync.mutators.registry import EVIDENCE
from backend.sync.protocol import Mutation, Status
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica, codes
from tests.factories.world import World, acting


def check_in(replica: Replica, visit: Visit) -> Mutation:
    """Makes the check-in of a rep at the door."""
    return replica.mutation("visit.checkIn", visit.pk, args={"checkInId": str(new_id())})


def report(replica: Replica, visit: Visit) -> Mutation:
    """Makes the report of a visit."""
    return replica.mutation("visit.complete", visit.pk, args={"reportId": str(new_id()), "outcome": "order"})


def settle(replica: Replica, issue: SyncIssue, action: str) -> list[tuple[Status, str | None]]:
    """Answers an issue from a phone."""
    return codes(replica.push(replica.mutation("syncIssue.resolve", issue.pk, args={"action": action})))


def task(field: World, account: Account | None, **more: object) -> Activity:
    """Gives Ana something to do."""
    values = {"org": field.org, "account": account, "owner": field.ana, "kind": "task", "subject": "Call"}
    return Activity.objects.create(**values | more)


def test_all_evidence_is_taken_if_it_can_stand_without_what_was_refused(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit, todo = field.visit(account), task(field, account)
    ana, now = phone(field.ana), clock.now()
    bad = ana.mutation("account.create", new_id(), args={"name": ""})
    on = {"depends_on": (bad.id,)}
    photo = {"accountId": str(account.pk), "kind": "photo", "mimeType": "image/jpeg", "size": 9, "sha256": "a" * 64}
    span = {"plannedStart": now.isoformat(), "plannedEnd": (now + timedelta(hours=1)).isoformat()}
    items = [{"id": str(new_id()), "productId": str(field.product.pk), "quantity": "1"}]
    sent = [
        ana.mutation("visit.create", new_id(), args={"accountId": str(account.pk), **span}, **on),
        ana.mutation("visit.checkIn", visit.pk, args={"checkInId": str(new_id())}, **on),
        ana.mutation("visit.complete", visit.pk, args={"reportId": str(new_id()), "outcome": "order"}, **on),
        ana.mutation("activity.create", new_id(), args={"kind": "note", "subject": "Keys"}, **on),
        ana.mutation("activity.complete", todo.pk, **on),
        ana.mutation("order.submit", new_id(), args={"accountId": str(account.pk), "items": items}, **on),
        ana.mutation("attachment.add", new_id(), args=photo, **on),
    ]
    edit = ana.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "x"}, **on)
    first, *others, last = codes(ana.push(bad, *sent, edit))
    assert first == (Status.REJECTED, "REQUIRED")
    assert dict(zip((one.name for one in sent), others, strict=True)) == {
        one.name: (Status.APPLIED, None) for one in sent
    }
    assert {one.name for one in sent} == EVIDENCE - {"attachment.commit"}
    assert last == (Status.REJECTED, "DEPENDENCY_REJECTED")


def test_evidence_that_hangs_on_what_was_refused_says_so_and_can_be_done_later(field: World, phone: Phone) -> None:
    ana, now, bar = phone(field.ana), clock.now(), new_id()
    bad = ana.mutation("account.create", bar, args={"name": ""})
    span = {"plannedStart": now.isoformat(), "plannedEnd": (now + timedelta(hours=1)).isoformat()}
    planned = ana.mutation("visit.create", new_id(), args={"accountId": str(bar), **span}, depends_on=(bad.id,))
    photo = {"accountId": str(bar), "kind": "photo", "mimeType": "image/jpeg", "size": 9, "sha256": "a" * 64}
    taken = ana.mutation("attachment.add", new_id(), args=photo, depends_on=(bad.id,))
    sent = ana.mutation("attachment.commit", taken.entity_id, depends_on=(taken.id,))
    refused = (Status.REJECTED, "DEPENDENCY_REJECTED")
    assert codes(ana.push(bad, planned, taken, sent)) == [(Status.REJECTED, "REQUIRED"), refused, refused, refused]
    assert codes(ana.push(ana.mutation("account.create", bar, args={"name": "New Bar"}))) == [(Status.APPLIED, None)]
    for one in (planned, taken):
        issue = SyncIssue.objects.get(op_id=one.id)
        assert "retry" in issue.actions
        assert settle(ana, issue, "retry") == [(Status.APPLIED, None)]
    assert (Visit.objects.get().account_id, Attachment.objects.get().account_id) == (bar, bar)


@pytest.mark.parametrize(
    ("claimed", "offset", "truly"),
    [
        (timedelta(hours=-3), 0, timedelta(hours=-3)),
        (timedelta(hours=-3), -3_600_000, timedelta(hours=-4)),
        (timedelta(hours=5), 0, timedelta(0)),
        (timedelta(days=365 * 73), 0, timedelta(0)),
        (timedelta(days=365 * 73), -365 * 73 * 86_400_000 - 60_000, timedelta(minutes=-1)),
    ],
)
def test_a_task_was_done_when_the_phone_says_and_never_in_the_future(
    field: World, phone: Phone, claimed: timedelta, offset: int, truly: timedelta
) -> None:
    todo, ana, now = task(field, field.account("Hilltop", field.north)), phone(field.ana), clock.now()
    args = {"at": (now + claimed).isoformat()}
    with clock.moved_to(now):
        ana.push(ana.mutation("activity.complete", todo.pk, args=args, clock_offset_ms=offset))
    todo.refresh_from_db()
    assert (todo.status, todo.done_at) == ("done", now + truly)


def test_without_an_at_a_task_was_done_when_it_was_written_down(field: World, phone: Phone) -> None:
    todo, ana = task(field, field.account("Hilltop", field.north)), phone(field.ana)
    then = clock.now() - timedelta(hours=2)
    ana.push(ana.mutation("activity.complete", todo.pk, client_time=then))
    assert Activity.objects.get().done_at == then


def test_a_task_of_a_store_that_was_lost_is_done_all_the_same_and_not_edited(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    bens = task(field, account, owner=field.ben)
    ana, cy = phone(field.ana), phone(field.cy)
    stranger = cy.mutation("activity.complete", bens.pk)
    assert codes(cy.push(stranger)) == [(Status.REJECTED, "ACTIVITY_NOT_FOUND")]
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    cancelled = ana.mutation("activity.cancel", bens.pk)
    assert codes(ana.push(cancelled, ana.mutation("activity.complete", bens.pk))) == [
        (Status.REJECTED, "OUT_OF_SCOPE"),
        (Status.APPLIED, None),
    ]
    cy.pull()
    assert [row["status"] for row in cy.of("activity").values()] == ["done"]


def test_a_visit_in_progress_that_was_deleted_comes_back_beside_the_one_that_goes_on(
    field: World, phone: Phone
) -> None:
    account = field.account("Hilltop", field.north)
    gone, now = field.visit(account), field.visit(account)
    ana, ben = phone(field.ana), phone(field.ben)
    ana.push(check_in(ana, gone))
    Visit.objects.filter(pk=gone.pk).update(deleted_at=clock.now())
    assert codes(ana.push(check_in(ana, now), report(ana, gone))) == [
        (Status.APPLIED, None),
        (Status.MERGED, "VISIT_DELETED"),
    ]
    ana.pull()
    states = {row["id"]: row["state"] for row in ana.of("visit").values()}
    assert states == {str(gone.pk): "planned", str(now.pk): "in_progress"}
    assert [(row["late"], row["visitId"]) for row in ana.of("visitReport").values()] == [(True, str(gone.pk))]
    issue = SyncIssue.objects.get()
    assert issue.actions == ["keepMine", "discard"]
    assert settle(ben, issue, "keepMine") == [(Status.APPLIED, None)]
    gone.refresh_from_db()
    begun = CheckIn.objects.get(visit=gone)
    assert (gone.state, gone.started_at, gone.ended_at) == (
        "completed",
        begun.at,
        VisitReport.objects.get().submitted_at,
    )


def test_a_check_in_alone_waits_in_the_inbox_until_the_rep_is_free(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    gone, now = field.visit(account), field.visit(account)
    ana = phone(field.ana)
    ana.push(check_in(ana, gone))
    Visit.objects.filter(pk=gone.pk).update(deleted_at=clock.now())
    again = ana.push(check_in(ana, now), check_in(ana, gone))
    assert codes(again) == [(Status.APPLIED, None), (Status.MERGED, "VISIT_DELETED")]
    issue = SyncIssue.objects.get()
    assert settle(ana, issue, "keepMine") == [(Status.CONFLICT, "ALREADY_IN_PROGRESS")]
    issue.refresh_from_db()
    assert (issue.state, issue.code) == ("open", "ALREADY_IN_PROGRESS")
    assert codes(ana.push(report(ana, now))) == [(Status.APPLIED, None)]
    assert settle(ana, issue, "keepMine") == [(Status.APPLIED, None)]
    assert codes(ana.push(report(ana, gone))) == [(Status.APPLIED, None)]
    assert set(Visit.objects.values_list("state", flat=True)) == {"completed"}


def test_who_leads_vouches_for_work_at_a_store_that_its_author_never_saw(field: World, phone: Phone) -> None:
    """Cy was sent there by telephone: the server cannot know it, and who leads both can."""
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    cy, bea, dee = phone(field.cy), phone(field.bea), phone(field.dee)
    cy.pull()
    note = {"accountId": str(account.pk), "kind": "note", "subject": "Keys at the bar"}
    sent = [
        cy.mutation("activity.create", new_id(), args=note),
        check_in(cy, visit),
        cy.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "Ring twice"}),
    ]
    refused = [(Status.REJECTED, code) for code in ("ACCOUNT_NOT_FOUND", "VISIT_NOT_FOUND", "ACCOUNT_NOT_FOUND")]
    assert codes(cy.push(*sent)) == refused
    issues = [SyncIssue.objects.get(op_id=one.id) for one in sent]
    assert [issue.root for issue in issues] == [None] * 3
    for issue, answer in zip(issues, refused, strict=True):
        assert settle(cy, issue, "retry") == [answer]
        assert settle(bea, issue, "retry") == [answer], "Bea leads Cy, and sees no more of the north than he does"
    assert settle(dee, issues[0], "retry") == [(Status.APPLIED, None)]
    assert settle(dee, issues[1], "retry") == [(Status.MERGED, "NOT_YOUR_VISIT")]
    assert settle(dee, issues[2], "retry") == [(Status.APPLIED, None)]
    written = Activity.objects.get()
    assert (written.owner_id, written.account_id) == (field.cy.pk, account.pk)
    assert (CheckIn.objects.get().rep_id, CheckIn.objects.get().late) == (field.cy.pk, True)
    account.refresh_from_db()
    assert account.notes == "Ring twice"
    issues[0].refresh_from_db()
    assert (issues[0].state, issues[0].resolved_by_id) == ("resolved", field.dee.pk)
    cy.pull()
    assert cy.of("account") == cy.of("visit") == cy.of("activity") == cy.of("checkIn") == {}
    told = {row["name"]: (row["state"], row["theirs"]) for row in cy.of("syncIssue").values()}
    assert told["activity.create"] == ("resolved", {})
    assert told["visit.checkIn"][0] == "open"


def test_what_stands_there_is_not_told_to_who_never_saw_it(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(notes="The owner drinks")
    cy, dee = phone(field.cy), phone(field.dee)
    cy.pull()
    edit = cy.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "Ring twice"})
    assert codes(cy.push(edit)) == [(Status.REJECTED, "ACCOUNT_NOT_FOUND")]
    issue = SyncIssue.objects.get()
    assert settle(dee, issue, "retry") == [(Status.CONFLICT, "FIELD_CONFLICT")]
    cy.pull()
    assert "The owner drinks" not in str(cy.of("syncIssue"))
    [row] = cy.of("syncIssue").values()
    assert (row["state"], row["code"]) == ("open", "FIELD_CONFLICT")
    zoe = phone(field.zoe)
    assert settle(zoe, issue, "retry") == [(Status.REJECTED, "ISSUE_NOT_FOUND")]
