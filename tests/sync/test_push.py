"""Each thing a rep did is settled once, and nothing a rep did is lost."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account, Activity
from backend.events.models import OutboxEvent
from backend.field.actions import leave_undone
from backend.field.lifecycle import VisitState
from backend.field.models import CheckIn, Visit, VisitReport
from backend.kit import clock
from backend.kit.errors import Invalid
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue, SyncOp
from backend.sync.protocol import Halt, Mutation, PushReply, Status
from backend.sync.push import push
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica, codes
from tests.factories.world import World, acting


def check_in(replica: Replica, visit: Visit) -> Mutation:
    """Makes the check-in of a rep who stands at the door."""
    args = {"checkInId": str(new_id()), "lat": 42.0301, "lng": -93.62, "accuracyM": 8, "at": clock.now().isoformat()}
    return replica.mutation("visit.checkIn", visit.pk, args=args)


def report(replica: Replica, visit_id: UUID) -> Mutation:
    """Makes the report of a visit."""
    return replica.mutation(
        "visit.complete", visit_id, args={"reportId": str(new_id()), "outcome": "order", "summary": "Took 12 gin"}
    )


def test_a_days_work_is_applied_once_and_comes_back(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit, deal = field.visit(account), field.deal(account)
    ana = phone(field.ana)
    ana.pull()
    reply = ana.push(
        check_in(ana, visit),
        report(ana, visit.pk),
        ana.mutation(
            "opportunity.moveStage",
            deal.pk,
            base={"stageId": str(field.stages["new"].pk)},
            args={"stageId": str(field.stages["offer"].pk)},
        ),
    )
    assert codes(reply) == [(Status.APPLIED, None)] * 3
    assert (reply.last_seq, reply.halt) == (3, None)
    ana.pull()
    assert [row["state"] for row in ana.of("visit").values()] == ["completed"]
    assert [(row["verdict"], round(row["distanceM"])) for row in ana.of("checkIn").values()] == [("inside", 11)]
    assert [row["outcome"] for row in ana.of("visitReport").values()] == ["order"]
    assert ana.of("opportunity")[str(deal.pk)]["stageId"] == str(field.stages["offer"].pk)
    assert len(ana.of("stageHistory")) == 2


@pytest.mark.trap(10)
def test_a_push_sent_again_gives_the_stored_answers_and_does_nothing(field: World, phone: Phone) -> None:
    """Trap 10: the reply was lost."""
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    sent = [check_in(ana, visit), report(ana, visit.pk)]
    first, again = ana.push(*sent), ana.push(*sent)
    assert [result.replayed for result in again.results] == [True, True]
    assert [replace(result, replayed=False) for result in again.results] == first.results
    assert CheckIn.objects.count() == VisitReport.objects.count() == 1
    assert OutboxEvent.objects.count() == 2


@pytest.mark.trap(11)
@pytest.mark.trap(22)
def test_a_gap_stops_and_an_old_number_with_another_body_is_a_fork(field: World, phone: Phone) -> None:
    """Traps 11 and 22."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    note = ana.mutation("account.patch", account.pk, set={"notes": "one"})
    late = replace(ana.mutation("account.patch", account.pk, set={"notes": "three"}), seq=3)
    gap = ana.push(late)
    assert (gap.halt, gap.last_seq, gap.results) == (Halt.SEQ_GAP, 0, [])
    ana.push(note)
    forked = ana.push(replace(note, set={"notes": "other"}))
    assert (forked.halt, forked.results) == (Halt.DEVICE_FORKED, [])
    assert Account.objects.get(pk=account.pk).notes == "one"


@pytest.mark.trap(22)
def test_a_forked_phone_requeues_under_new_numbers_without_doubling(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    old, new = phone(field.ana), phone(field.ana)
    args = {"accountId": str(account.pk), "kind": "note", "subject": "Called"}
    note = old.mutation("activity.create", new_id(), args=args)
    old.push(note)
    [result] = new.push(note).results
    assert (result.status, result.replayed) == (Status.APPLIED, True)
    assert Activity.objects.count() == 1


def test_anothers_mutation_id_gives_nothing_away(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, cy = phone(field.ana), phone(field.cy)
    note = ana.mutation("account.patch", account.pk, set={"notes": "mine"})
    ana.push(note)
    [result] = cy.push(note).results
    assert (result.status, result.code) == (Status.REJECTED, "MUTATION_ID_TAKEN")


@pytest.mark.trap(11)
def test_two_sockets_of_one_phone_take_turns(field: World, phone: Phone) -> None:
    """Trap 11: the same two mutations on two lines at once."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    sent = [
        ana.mutation(
            "activity.create", new_id(), args={"accountId": str(account.pk), "kind": "note", "subject": str(n)}
        )
        for n in range(5)
    ]
    replies: list[PushReply] = []

    def send() -> None:
        try:
            replies.append(push(actor=acting(field.ana, ana.device), device_id=ana.device.pk, mutations=sent))
        finally:
            connections.close_all()

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 4
    assert Activity.objects.count() == SyncOp.objects.count() == 5
    assert all([result.status for result in reply.results] == [Status.APPLIED] * 5 for reply in replies)


@pytest.mark.trap(17)
def test_a_poison_mutation_consumes_its_number_and_the_rest_flows(field: World, phone: Phone) -> None:
    """Trap 17: and what it wanted is kept for its person."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    reply = ana.push(
        ana.mutation("account.patch", account.pk, set={"serviceMinutes": -5}),
        ana.mutation("no.such", account.pk),
        ana.mutation("account.patch", account.pk, set={"notes": "good"}),
    )
    assert codes(reply) == [
        (Status.REJECTED, "OUT_OF_RANGE"),
        (Status.REJECTED, "UNKNOWN_MUTATION"),
        (Status.APPLIED, None),
    ]
    assert reply.results[0].fields == {"serviceMinutes": "out of range"}
    ana.pull()
    assert {(row["code"], row["state"]) for row in ana.of("syncIssue").values()} == {
        ("OUT_OF_RANGE", "open"),
        ("UNKNOWN_MUTATION", "open"),
    }
    issue = next(row for row in ana.of("syncIssue").values() if row["code"] == "OUT_OF_RANGE")
    assert issue["mine"]["set"] == {"serviceMinutes": -5}


def test_what_builds_on_a_rejected_mutation_is_rejected_by_name(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    bad = ana.mutation("account.patch", account.pk, set={"name": ""})
    built = ana.mutation("account.patch", account.pk, set={"notes": "x"}, depends_on=(bad.id,))
    assert codes(ana.push(bad, built)) == [(Status.REJECTED, "REQUIRED"), (Status.REJECTED, "DEPENDENCY_REJECTED")]


def test_cy_can_touch_nothing_of_anas_and_learns_nothing(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit, deal, relation = field.visit(account), field.deal(account), field.contact(account)
    cy, zoe = phone(field.cy), phone(field.zoe)
    for stranger in (cy, zoe):
        reply = stranger.push(
            stranger.mutation("account.patch", account.pk, set={"notes": "x"}),
            stranger.mutation("opportunity.patch", deal.pk, set={"notes": "x"}),
            stranger.mutation("contact.patch", relation.pk, set={"role": "x"}),
            check_in(stranger, visit),
            stranger.mutation("visit.cancel", visit.pk, args={"reason": "x"}),
            stranger.mutation(
                "activity.create", new_id(), args={"accountId": str(account.pk), "kind": "note", "subject": "x"}
            ),
            stranger.mutation("account.patch", new_id(), set={"notes": "x"}),
        )
        assert [code for _, code in codes(reply)] == [
            "ACCOUNT_NOT_FOUND",
            "OPPORTUNITY_NOT_FOUND",
            "CONTACT_NOT_FOUND",
            "VISIT_NOT_FOUND",
            "VISIT_NOT_FOUND",
            "ACCOUNT_NOT_FOUND",
            "ACCOUNT_NOT_FOUND",
        ]
    account.refresh_from_db()
    assert (account.notes, account.version) == ("", 1)


@pytest.mark.trap(16)
def test_work_done_offline_on_a_store_that_was_moved_is_not_lost(field: World, phone: Phone) -> None:
    """Trap 16: check-in and report count for Ana, her edit of the store waits in her inbox."""
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    ana, cy = phone(field.ana), phone(field.cy)
    ana.pull()
    cy.pull()
    sent = [
        check_in(ana, visit),
        report(ana, visit.pk),
        ana.mutation(
            "activity.create", new_id(), args={"accountId": str(account.pk), "kind": "note", "subject": "Keys"}
        ),
        ana.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "new door code"}),
    ]
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    reply = ana.push(*sent)
    assert codes(reply) == [
        (Status.APPLIED, None),
        (Status.APPLIED, None),
        (Status.APPLIED, None),
        (Status.REJECTED, "OUT_OF_SCOPE"),
    ]
    ana.pull()
    cy.pull()
    assert ana.of("account") == ana.of("visit") == {}
    assert [row["mine"]["set"] for row in ana.of("syncIssue").values()] == [{"notes": "new door code"}]
    assert [row["authorId"] for row in cy.of("visitReport").values()] == [str(field.ana.pk)]
    assert [row["subject"] for row in cy.of("activity").values()] == ["Keys"]
    assert cy.of("syncIssue") == {}


def test_a_visit_ben_called_off_meanwhile_keeps_what_ana_sent(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    leave_undone(actor=acting(field.ben), visit=visit, state=VisitState.CANCELLED, reason="store closed")
    sent = check_in(ana, visit)
    assert codes(ana.push(sent)) == [(Status.MERGED, "VISIT_STATE")]
    assert SyncIssue.objects.get().mine["args"] == dict(sent.args)
    assert (CheckIn.objects.get().late, Visit.objects.get().state) == (True, "cancelled")


@pytest.mark.trap(21)
def test_a_phone_that_lies_about_the_time_cannot_reach_the_future(field: World, phone: Phone) -> None:
    """Trap 21: a claim stays a claim."""
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    sent = check_in(ana, visit)
    ana.push(replace(sent, args={**sent.args, "at": "2099-01-01T00:00:00+00:00"}))
    evidence = CheckIn.objects.get()
    assert evidence.at <= clock.now() < clock.now() + timedelta(days=1)
    assert evidence.claimed_at is not None
    assert evidence.claimed_at.year == 2099


@pytest.mark.parametrize(
    ("name", "parts", "code", "field_named"),
    [
        ("visit.checkIn", {"args": {"checkInId": "x"}}, "BAD_VALUE", "checkInId"),
        ("visit.checkIn", {"args": {}}, "REQUIRED", "checkInId"),
        ("visit.checkIn", {"args": {"checkInId": str(new_id()), "lat": 91, "lng": 0}}, "IMPOSSIBLE_COORDINATE", "lat"),
        ("visit.checkIn", {"args": {"checkInId": str(new_id()), "lat": "north", "lng": 0}}, "BAD_VALUE", "lat"),
        ("visit.checkIn", {"args": {"checkInId": str(new_id()), "at": "2026-01-01T10:00"}}, "BAD_VALUE", "at"),
        ("visit.checkIn", {"args": {"checkInId": str(new_id()), "speed": 3}}, "UNKNOWN_FIELD", "speed"),
        ("visit.skip", {"args": {"reason": "  "}}, "REASON_REQUIRED", "reason"),
        ("visit.create", {"args": {"accountId": None}}, "REQUIRED", "accountId"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    field: World, phone: Phone, name: str, parts: dict[str, object], code: str, field_named: str
) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    [result] = ana.push(ana.mutation(name, visit.pk, **parts)).results
    assert (result.status, result.code, next(iter(result.fields))) == (Status.REJECTED, code, field_named)
    visit.refresh_from_db()
    assert (visit.state, visit.version) == ("planned", 1)


def test_too_many_at_once_are_refused_whole(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    with pytest.raises(Invalid, match="At most 100"):
        ana.push(*[ana.mutation("account.patch", account.pk, set={"notes": "x"}) for _ in range(101)])
    assert SyncOp.objects.count() == 0


def test_a_push_that_meets_a_held_row_says_busy_and_keeps_what_was_settled(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    free, held = field.account("Free", field.north), field.account("Held", field.north)
    ana = phone(field.ana)
    with other.cursor() as cursor:
        cursor.execute("SELECT id FROM crm_account WHERE id = %s FOR UPDATE", [held.pk])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        reply = ana.push(
            ana.mutation("account.patch", free.pk, set={"notes": "done"}),
            ana.mutation("account.patch", held.pk, set={"notes": "not yet"}),
        )
        assert (reply.halt, reply.last_seq, codes(reply)) == (Halt.BUSY, 1, [(Status.APPLIED, None)])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = DEFAULT")


def test_last_seq_in_a_pull_covers_what_the_pull_shows(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.push(ana.mutation("account.patch", account.pk, set={"notes": "mine"}))
    pages = ana.pull()
    assert {page.last_seq for page in pages} == {1}
    assert any(op.get("row", {}).get("notes") == "mine" for page in pages for op in page.ops)


def test_a_conflict_that_was_seen_to_is_closed_on_every_phone(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, second = phone(field.ana), phone(field.ana)
    ana.push(ana.mutation("account.patch", account.pk, set={"name": ""}))
    issue = SyncIssue.objects.get()
    assert codes(ana.push(ana.mutation("syncIssue.resolve", issue.pk))) == [(Status.APPLIED, None)]
    second.pull()
    assert [row["state"] for row in second.of("syncIssue").values()] == ["discarded"]


def test_a_prospect_found_on_the_road_comes_back_to_its_finder(field: World, phone: Phone) -> None:
    ana, cy = phone(field.ana), phone(field.cy)
    new = new_id()
    assert codes(ana.push(ana.mutation("account.create", new, args={"name": "New bar"}))) == [(Status.APPLIED, None)]
    ana.pull()
    cy.pull()
    assert ana.of("account")[str(new)]["name"] == "New bar"
    assert str(new) not in cy.of("account")


def test_nothing_is_half_done_when_the_commit_fails(field: World, phone: Phone) -> None:
    """Effects, ledger and last number stand or fall together."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    sent = ana.mutation("account.patch", account.pk, set={"notes": "x"})

    def die_in_between() -> None:
        with transaction.atomic():
            ana.push(sent)
            raise RuntimeError("the server dies here")

    with pytest.raises(RuntimeError):
        die_in_between()
    account.refresh_from_db()
    assert (account.notes, SyncOp.objects.count()) == ("", 0)
    assert codes(ana.push(sent)) == [(Status.APPLIED, None)]
