"""What a rep does on the road without a line: deals, leads, tasks, visits, hours, each as they would online."""

from datetime import timedelta

from backend.crm.models import Account, Activity, Lead, OpportunityLine
from backend.field.models import Absence, WorkingHours
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.sync.mutators.registry import names
from backend.sync.protocol import Status
from tests.factories.replica import Phone, codes
from tests.factories.world import World

DONE = (Status.APPLIED, None)


def test_the_lines_of_a_deal(field: World, phone: Phone) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    ana, cy, line = phone(field.ana), phone(field.cy), new_id()
    args = {"opportunityId": str(deal.pk), "productId": str(field.product.pk), "quantity": "2", "unitPrice": 11}
    reply = ana.push(
        ana.mutation("opportunityLine.add", line, args=args),
        ana.mutation("opportunityLine.patch", line, base={"quantity": 2}, set={"quantity": "2.5"}),
        ana.mutation("opportunityLine.patch", line, base={"unitPrice": "11"}, set={"unitPrice": None}),
        ana.mutation("opportunityLine.add", new_id(), args={**args, "quantity": 0}),
        ana.mutation("opportunityLine.add", new_id(), args={**args, "productId": str(new_id())}),
    )
    assert codes(reply) == [
        DONE,
        DONE,
        (Status.REJECTED, "REQUIRED"),
        (Status.REJECTED, "OUT_OF_RANGE"),
        (Status.REJECTED, "PRODUCT_NOT_FOUND"),
    ]
    ana.pull()
    assert [(row["quantity"], row["unitPrice"]) for row in ana.of("opportunityLine").values()] == [("2.50", "11.00")]
    assert codes(cy.push(cy.mutation("opportunityLine.remove", line))) == [(Status.REJECTED, "LINE_NOT_FOUND")]
    base = {"quantity": "2.50", "unitPrice": 11}
    assert codes(ana.push(ana.mutation("opportunityLine.remove", line, base=base))) == [DONE]
    assert codes(ana.push(ana.mutation("opportunityLine.remove", line))) == [(Status.REJECTED, "DELETED")]
    assert OpportunityLine.objects.get().deleted_at is not None


def test_a_lead_from_first_word_to_account(field: World, phone: Phone) -> None:
    ana, cy, lead, account = phone(field.ana), phone(field.cy), new_id(), new_id()
    reply = ana.push(
        ana.mutation("lead.create", lead, args={"company": "New Bar"}),
        ana.mutation("lead.patch", lead, base={"phone": ""}, set={"phone": "515"}),
        ana.mutation("lead.move", lead, args={"status": "working"}),
        ana.mutation("lead.move", lead, args={"status": "qualified"}),
        ana.mutation("lead.convert", lead, args={"accountId": str(account)}),
        ana.mutation("lead.patch", lead, base={"phone": "515"}, set={"phone": "516"}),
    )
    assert codes(reply) == [
        DONE,
        DONE,
        DONE,
        (Status.REJECTED, "CONVERT_INSTEAD"),
        DONE,
        (Status.CONFLICT, "LEAD_STATUS"),
    ]
    assert (Account.objects.get(pk=account).phone, Lead.objects.get().status) == ("515", "qualified")
    assert codes(cy.push(cy.mutation("lead.move", lead, args={"status": "working"}))) == [
        (Status.REJECTED, "LEAD_NOT_FOUND")
    ]


def test_a_task_falls_away_and_a_call_that_was_made_does_not(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    made = {"org": field.org, "account": account, "owner": field.ana, "subject": "x"}
    task = Activity.objects.create(**made, kind="task")
    call = Activity.objects.create(**made, kind="call", status="done")
    ana, pal = phone(field.ana), phone(field.ben)
    assert codes(ana.push(ana.mutation("activity.cancel", call.pk), ana.mutation("activity.cancel", task.pk))) == [
        (Status.CONFLICT, "ACTIVITY_ENDED"),
        DONE,
    ]
    assert codes(pal.push(pal.mutation("activity.complete", task.pk))) == [(Status.CONFLICT, "ACTIVITY_ENDED")]
    User.objects.filter(pk=field.cy.pk).update(manager=field.ben)
    task.refresh_from_db()
    assert (task.status, call.status) == ("cancelled", "done")


def test_a_visit_is_moved_and_named(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana, ben = phone(field.ana), phone(field.ben)
    begin, end = visit.planned_start, visit.planned_end
    base = {"plannedStart": begin.isoformat(), "plannedEnd": end.isoformat(), "purpose": ""}
    hours = {
        n: {"plannedStart": (begin + n).isoformat(), "plannedEnd": (end + n).isoformat()} for n in map(_hours, (1, 2))
    }
    assert codes(ben.push(ben.mutation("visit.patch", visit.pk, base=base, set=hours[_hours(1)]))) == [DONE]
    wanted = {**hours[_hours(2)], "purpose": "tasting"}
    assert codes(ana.push(ana.mutation("visit.patch", visit.pk, base=base, set=wanted))) == [
        (Status.MERGED, "FIELD_CONFLICT")
    ]
    visit.refresh_from_db()
    assert (visit.planned_start, visit.purpose) == (begin + _hours(1), "tasting")
    short = {"plannedEnd": (begin - _hours(1)).isoformat()}
    assert codes(ana.push(ana.mutation("visit.patch", visit.pk, set=short))) == [(Status.REJECTED, "VISIT_SPAN")]
    assert codes(ana.push(ana.mutation("visit.patch", visit.pk, set={"plannedEnd": None}))) == [
        (Status.REJECTED, "REQUIRED")
    ]
    with clock.moved_to(clock.now()):
        ana.push(ana.mutation("visit.checkIn", visit.pk, args={"checkInId": str(new_id())}))
    assert codes(ana.push(ana.mutation("visit.patch", visit.pk, set={"purpose": "x"}))) == [
        (Status.CONFLICT, "VISIT_STATE")
    ]


def _hours(number: int) -> timedelta:
    return timedelta(hours=number)


def test_hours_and_days_away(field: World, phone: Phone) -> None:
    ana, away, saturday = phone(field.ana), new_id(), new_id()
    reply = ana.push(
        ana.mutation("workingHours.set", saturday, args={"weekday": 6, "start": "09:00", "end": "13:00"}),
        ana.mutation("workingHours.set", args={"weekday": 5}),
        ana.mutation("workingHours.set", args={"weekday": 8}),
        ana.mutation("workingHours.set", args={"weekday": 1, "start": "9"}),
        ana.mutation("absence.add", away, args={"firstDay": "2026-12-24", "lastDay": "2026-12-27"}),
        ana.mutation("absence.add", away, args={"firstDay": "2026-12-24", "lastDay": "2026-12-27"}),
        ana.mutation("absence.add", new_id(), args={"firstDay": "2026-12-27", "lastDay": "2026-12-24"}),
    )
    assert codes(reply) == [
        DONE,
        DONE,
        (Status.REJECTED, "OUT_OF_RANGE"),
        (Status.REJECTED, "BAD_VALUE"),
        DONE,
        (Status.REJECTED, "ID_TAKEN"),
        (Status.REJECTED, "ABSENCE_SPAN"),
    ]
    ana.pull()
    assert ana.of("workingHours")[str(saturday)]["start"] == "09:00:00"
    assert 5 not in {row["weekday"] for row in ana.of("workingHours").values()}
    cy = phone(field.cy)
    assert codes(cy.push(cy.mutation("absence.remove", away))) == [(Status.REJECTED, "ABSENCE_NOT_FOUND")]
    assert codes(ana.push(ana.mutation("absence.remove", away))) == [DONE]
    assert (Absence.objects.get().deleted_at is not None, WorkingHours.objects.count()) == (True, 6)


def test_the_wire_has_the_mutations_of_version_one_still(field: World, phone: Phone) -> None:
    """Phones of version 1 answer an issue without saying how: it is put away, and they are told `resolved`."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.protocol = 1
    ana.push(ana.mutation("account.patch", account.pk, set={"name": ""}))
    ana.push(ana.mutation("syncIssue.resolve", SyncIssue.objects.get().pk))
    ana.pull()
    assert [row["state"] for row in ana.of("syncIssue").values()] == ["resolved"]
    assert SyncIssue.objects.get().state == "discarded"
    assert "fields" not in next(iter(ana.of("syncIssue").values()))
    assert {"account.patch", "contact.create", "activity.complete", "visit.cancel"} <= set(names())
