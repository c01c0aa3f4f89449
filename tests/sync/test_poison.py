"""Whatever a phone sends, it gets an answer, its number is used up, and what comes after it flows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, ProgrammingError

from backend.crm.models import Account, Activity
from backend.field.models import Visit
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue, SyncOp
from backend.sync.mutators import registry
from backend.sync.mutators.registry import Caller, Outcome
from backend.sync.protocol import Halt, Mutation, Status
from tests.factories.replica import Phone, codes
from tests.factories.world import World

FAR_EAST, FAR_WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))


def nested(depth: int) -> dict[str, Any]:
    """Returns an object in an object in an object."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"in": value}
    return value


POISON: dict[str, tuple[str, dict[str, Any]]] = {
    "NUL in a name": ("no\x00such.thing", {}),
    "half a character in a name": ("no\ud800such.thing", {}),
    "a name of a thousand letters": ("x" * 1000, {}),
    "no name": ("", {}),
    "NUL under no name": ("account.patch", {"set": {"": "\x00"}}),
    "NUL in an unknown key": ("account.patch", {"set": {"\x00": 1}}),
    "NUL in an unknown argument": ("visit.skip", {"args": {"more": "\x00"}}),
    "NUL in text": ("account.patch", {"set": {"notes": "a\x00b"}}),
    "half a character in text": ("account.patch", {"set": {"notes": "\ud800"}}),
    "NUL in a reason": ("visit.skip", {"args": {"reason": "a\x00b"}}),
    "NUL in a purpose": ("visit.complete", {"args": {"reportId": str(new_id()), "outcome": "x", "summary": "\x00"}}),
    "NUL deep in answers": (
        "visit.complete",
        {"args": {"reportId": str(new_id()), "outcome": "x", "answers": {"q": ["\x00"]}}},
    ),
    "not a number": ("account.patch", {"set": {"boost": float("nan")}}),
    "infinite": ("account.patch", {"set": {"serviceMinutes": float("inf")}}),
    "not a number in the base": ("account.patch", {"set": {"notes": "x"}, "base": {"notes": float("nan")}}),
    "a number of a billion digits": ("account.patch", {"set": {"serviceMinutes": "1e999999999"}}),
    "a count of a billion digits": ("account.patch", {"set": {"displays": "1e999999999"}, "base": {"displays": 0}}),
    "a count from a billion digits": ("account.patch", {"set": {"displays": 1}, "base": {"displays": "1e999999999"}}),
    "a number of 400 digits": ("account.patch", {"set": {"boost": 10**400}}),
    "a latitude of 400 digits": ("visit.checkIn", {"args": {"checkInId": str(new_id()), "lat": 10**400, "lng": 1}}),
    "deep": ("visit.complete", {"args": {"reportId": str(new_id()), "outcome": "x", "answers": nested(900)}}),
    "too large": ("account.patch", {"set": {"notes": "x" * 70_000}}),
    "one clock with a zone, one without": (
        "account.patch",
        {"set": {"visitWindows": [{"weekday": 1, "from": "09:00", "to": "17:00+02:00"}]}},
    ),
    "after the last year": (
        "activity.create",
        {"args": {"kind": "task", "subject": "x", "dueAt": "9999-12-31T23:59:59-14:00"}},
    ),
    "before the first year": (
        "activity.create",
        {"args": {"kind": "task", "subject": "x", "dueAt": "0001-01-01T00:00:00+14:00"}},
    ),
    "nothing set": ("account.patch", {}),
    "a list for text": ("account.create", {"args": {"name": ["x"]}}),
    "an object for a choice": ("account.create", {"args": {"name": "x", "kind": {}}}),
    "an object for money": ("opportunity.patch", {"set": {"amount": {}}}),
    "a number for an id": ("contact.create", {"args": {"accountId": 7}}),
}


@pytest.mark.trap(17)
def test_poison_is_answered_kept_and_passed(field: World, phone: Phone) -> None:
    """Trap 17, whatever it is made of; asked again, the answers are the same."""
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    Visit.objects.filter(pk=visit.pk).update(state="in_progress", started_at=clock.now())
    late = field.visit(account)
    ana = phone(field.ana)
    sent: list[Mutation] = []
    for name, parts in POISON.values():
        about = visit.pk if name == "visit.complete" else late.pk if name.startswith("visit") else account.pk
        sent.append(ana.mutation(name, new_id() if name.endswith("create") else about, **parts))
    args = {"accountId": str(account.pk), "kind": "note", "subject": "ok"}
    sent.append(ana.mutation("activity.create", new_id(), args=args))
    first, again = ana.push(*sent), ana.push(*sent)
    assert first.halt is None
    answers = {what: result.status for what, result in zip([*POISON, "good"], first.results, strict=True)}
    assert answers == {**dict.fromkeys(POISON, Status.REJECTED), "good": Status.APPLIED}
    assert [replace(result, replayed=False) for result in again.results] == first.results
    ana.pull()
    assert {row["opId"] for row in ana.of("syncIssue").values()} == {str(one.id) for one in sent[:-1]}
    assert [one.subject for one in Activity.objects.all()] == ["ok"]
    assert set(Visit.objects.values_list("state", flat=True)) == {"in_progress", "planned"}


@pytest.mark.parametrize(
    "claimed",
    [
        datetime(1, 1, 1, tzinfo=FAR_EAST),
        datetime(9999, 12, 31, 23, 59, tzinfo=FAR_WEST),
        datetime(2026, 1, 1, 10),  # noqa: DTZ001 - a phone may say so
    ],
)
def test_an_impossible_clock_is_no_reason_to_fail(field: World, phone: Phone, claimed: datetime) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    sent = replace(ana.mutation("account.patch", account.pk, set={"notes": "x"}), client_time=claimed)
    assert [result.status for result in ana.push(sent).results] == [Status.APPLIED]
    assert [result.replayed for result in ana.push(sent).results] == [True]
    kept = SyncOp.objects.get().client_time
    assert kept is None or kept == claimed.replace(tzinfo=UTC)


@pytest.mark.parametrize("seq", [0, -1, -(2**63), 2**40])
def test_a_number_out_of_order_is_answered(field: World, phone: Phone, seq: int) -> None:
    ana = phone(field.ana)
    reply = ana.push(Mutation(seq=seq, id=new_id(), name="account.patch"))
    assert reply.halt in (Halt.DEVICE_FORKED, Halt.SEQ_GAP)
    assert (reply.results, SyncOp.objects.count()) == ([], 0)


def test_what_a_forked_phone_requeued_can_be_sent_again(field: World, phone: Phone) -> None:
    """The reply to the requeued push was lost: the same must not look like a second fork."""
    account = field.account("Hilltop", field.north)
    old, new = phone(field.ana), phone(field.ana)
    args = {"accountId": str(account.pk), "kind": "note", "subject": "Called"}
    note = old.mutation("activity.create", new_id(), args=args)
    old.push(note)
    first, again = new.push(note), new.push(note)
    assert again.halt is None
    assert [(result.status, result.seq, result.replayed) for result in again.results] == [(Status.APPLIED, 1, True)]
    assert first.results[0].issue_id == again.results[0].issue_id
    assert Activity.objects.count() == 1


def test_a_mutation_whose_id_was_taken_is_kept_and_can_be_sent_again(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, cy = phone(field.ana), phone(field.cy)
    note = ana.mutation("account.patch", account.pk, set={"notes": "mine"})
    ana.push(note)
    sent = cy.mutation("lead.create", new_id(), args={"company": "A bar on the corner"})
    sent = replace(sent, id=note.id)
    first, again = cy.push(sent), cy.push(sent)
    assert [(result.status, result.code) for result in first.results] == [(Status.REJECTED, "MUTATION_ID_TAKEN")]
    assert (again.halt, [replace(result, replayed=False) for result in again.results]) == (None, first.results)
    assert SyncIssue.objects.get(user=field.cy).mine["args"] == {"company": "A bar on the corner"}


def test_one_id_twice_in_a_push_is_done_once(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    args = {"accountId": str(account.pk), "kind": "note", "subject": "Called"}
    note = ana.mutation("activity.create", new_id(), args=args)
    twin = replace(note, seq=2)
    other = replace(note, seq=3, args={**args, "subject": "Something else"})
    reply = ana.push(note, twin, other)
    assert [(result.seq, result.status) for result in reply.results] == [
        (1, Status.APPLIED),
        (2, Status.APPLIED),
        (3, Status.REJECTED),
    ]
    assert [one.subject for one in Activity.objects.all()] == ["Called"]
    assert [result.replayed for result in ana.push(note, twin, other).results] == [True] * 3


def test_one_check_in_id_on_two_visits_is_one_check_in(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    one, two = field.visit(account), field.visit(account)
    ana = phone(field.ana)
    args = {"checkInId": str(new_id())}
    reply = ana.push(
        ana.mutation("visit.checkIn", one.pk, args=args),
        ana.mutation("visit.complete", one.pk, args={"reportId": str(new_id()), "outcome": "order"}),
        ana.mutation("visit.checkIn", two.pk, args=args),
    )
    assert [result.status for result in reply.results] == [Status.APPLIED, Status.APPLIED, Status.REJECTED]
    two.refresh_from_db()
    assert two.state == "planned"


def test_what_builds_on_something_unknown_is_tried_on_its_own(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    reply = ana.push(ana.mutation("account.patch", account.pk, set={"notes": "x"}, depends_on=(new_id(),)))
    assert [result.status for result in reply.results] == [Status.APPLIED]


def test_anothers_rejected_mutation_holds_nothing_of_mine_back(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, cy = phone(field.ana), phone(field.cy)
    bad = cy.mutation("no.such")
    cy.push(bad)
    reply = ana.push(ana.mutation("account.patch", account.pk, set={"notes": "x"}, depends_on=(bad.id,)))
    assert [result.status for result in reply.results] == [Status.APPLIED]


@pytest.mark.parametrize(
    ("stands", "wanted"), [("0515", "515"), ("+15155550100", "15155550100"), ("1e3", "1000"), ("7.0", "7")]
)
def test_text_that_reads_like_a_number_is_still_text(field: World, phone: Phone, stands: str, wanted: str) -> None:
    """Only money and numbers are compared as numbers: a corrected phone number is a change."""
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(phone=stands)
    ana = phone(field.ana)
    [result] = ana.push(
        ana.mutation("account.patch", account.pk, base={"phone": stands}, set={"phone": wanted})
    ).results
    account.refresh_from_db()
    assert (result.status, account.phone) == (Status.APPLIED, wanted)


def test_an_overwritten_phone_number_that_reads_alike_is_a_conflict(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(phone="0515")
    ana = phone(field.ana)
    [result] = ana.push(ana.mutation("account.patch", account.pk, base={"phone": "515"}, set={"phone": "600"})).results
    account.refresh_from_db()
    assert (result.status, account.phone) == (Status.CONFLICT, "0515")


@pytest.mark.trap(17)
@pytest.mark.parametrize("fault", [RecursionError(), AssertionError(), Account.DoesNotExist(), ValidationError("x")])
def test_a_fault_of_ours_in_one_mutation_stops_nothing_behind_it(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Trap 17: asked to send it again, a phone would send it for ever."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)

    def faulty(caller: Caller, mutation: Mutation) -> Outcome:
        raise fault

    monkeypatch.setitem(registry._REGISTRY, "account.patch", faulty)
    args = {"accountId": str(account.pk), "kind": "note", "subject": "ok"}
    sent = ana.mutation("account.patch", account.pk, set={"notes": "x"})
    reply = ana.push(sent, ana.mutation("activity.create", new_id(), args=args))
    assert codes(reply) == [(Status.REJECTED, "INVARIANT"), (Status.APPLIED, None)]
    monkeypatch.undo()
    retry = ana.mutation("syncIssue.resolve", SyncIssue.objects.get().pk, args={"action": "retry"})
    assert codes(ana.push(retry)) == [(Status.APPLIED, None)]
    assert Account.objects.get(pk=account.pk).notes == "x"


@pytest.mark.parametrize("fault", [OperationalError(), ProgrammingError(), InterfaceError(), MemoryError(), OSError()])
def test_what_is_wrong_with_the_server_is_not_put_down_to_the_mutation(
    field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)

    def faulty(caller: Caller, mutation: Mutation) -> Outcome:
        raise fault

    monkeypatch.setitem(registry._REGISTRY, "account.patch", faulty)
    sent = ana.mutation("account.patch", account.pk, set={"notes": "x"})
    with pytest.raises(type(fault)):
        ana.push(sent)
    assert SyncOp.objects.count() == 0


@pytest.mark.parametrize("letter", ["x", "ж", "字", "😀"])
def test_a_mutation_is_as_large_as_it_is_sent(field: World, phone: Phone, letter: str) -> None:
    """A long text is as welcome in Kyiv as in Ames: its size is in the bytes that are sent, of UTF-8."""
    account = field.account("Hilltop", field.north)
    ana, letters = phone(field.ana), 60_000 // len(letter.encode())
    report = {"accountId": str(account.pk), "kind": "note", "subject": "x", "body": letter * min(letters, 20_000)}
    notes = letter * (letters * 2)
    reply = ana.push(
        ana.mutation("activity.create", new_id(), args=report),
        ana.mutation("account.patch", account.pk, set={"notes": notes}),
    )
    assert codes(reply) == [(Status.APPLIED, None), (Status.REJECTED, "MUTATION_TOO_LARGE")]
