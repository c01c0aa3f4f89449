"""Groups whole or not at all, parents before children, and answers that are the same however often they are asked."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connections

from backend.crm.models import Account, Activity, Opportunity, OpportunityLine
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import DeviceState, SyncIssue, SyncOp
from backend.sync.order import nodes, stretches
from backend.sync.protocol import Halt, Mutation, PushReply, Status
from backend.sync.push import push
from backend.sync.retention import keep
from tests.factories.replica import Phone, Replica, codes
from tests.factories.world import World, acting

DONE = (Status.APPLIED, None)


def note(replica: Replica, account: Account, subject: str, **parts: object) -> Mutation:
    """Makes a note on an account."""
    args = {"accountId": str(account.pk), "kind": "note", "subject": subject}
    return replica.mutation("activity.create", new_id(), args=args, **parts)


def subjects() -> list[str]:
    """Returns what was noted, in alphabetical order."""
    return sorted(Activity.objects.values_list("subject", flat=True))


def test_a_group_is_applied_whole(field: World, phone: Phone) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    sent = [note(ana, account, "a", group=group), note(ana, account, "b", group=group), note(ana, account, "c")]
    first, again = ana.push(*sent), ana.push(*sent)
    assert codes(first) == [DONE] * 3
    assert [replace(one, replayed=False) for one in again.results] == first.results
    assert subjects() == ["a", "b", "c"]


def test_of_a_group_of_which_one_fails_nothing_is_done_and_all_is_kept(field: World, phone: Phone) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    bad = note(ana, account, "", group=group)
    sent = [
        replace(note(ana, account, "a", group=group), seq=1),
        replace(bad, seq=2),
        note(ana, account, "b", group=group),
    ]
    sent.append(note(ana, account, "after"))
    reply = ana.push(*sent)
    assert codes(reply) == [
        (Status.REJECTED, "GROUP_REJECTED"),
        (Status.REJECTED, "REQUIRED"),
        (Status.REJECTED, "GROUP_REJECTED"),
        DONE,
    ]
    assert reply.results[0].fields == {"group": str(bad.id)}
    assert subjects() == ["after"]
    assert (reply.last_seq, SyncOp.objects.count(), SyncIssue.objects.filter(actions__contains="retry").count()) == (
        4,
        4,
        3,
    )
    retry = ana.mutation("syncIssue.resolve", reply.results[2].issue_id, args={"action": "retry"})
    assert codes(ana.push(retry)) == [DONE]
    assert subjects() == ["after", "b"]


def test_a_field_that_another_changed_fails_its_group(field: World, phone: Phone) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    Account.objects.filter(pk=account.pk).update(phone="1")
    wanted = {"phone": "2", "notes": "x"}
    patch = ana.mutation("account.patch", account.pk, base={"phone": "", "notes": ""}, set=wanted, group=group)
    reply = ana.push(patch, note(ana, account, "a", group=group))
    assert codes(reply) == [(Status.CONFLICT, "FIELD_CONFLICT"), (Status.REJECTED, "GROUP_REJECTED")]
    account.refresh_from_db()
    assert (account.phone, account.notes, subjects()) == ("1", "", [])
    issue = SyncIssue.objects.get(code="FIELD_CONFLICT")
    ana.push(ana.mutation("syncIssue.resolve", issue.pk, args={"action": "keepMine"}))
    account.refresh_from_db()
    assert (account.phone, account.notes) == ("2", "x")


def test_a_group_that_was_cut_is_not_pieced_together(field: World, phone: Phone) -> None:
    """A client that fills its page of a hundred and goes on with the rest of the group in the next."""
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    sent = [note(ana, account, f"{n:03}", group=group if n >= 98 else None) for n in range(102)]
    assert codes(ana.push(*sent[:100])) == [DONE] * 100
    assert codes(ana.push(*sent[98:])) == [DONE] * 2 + [(Status.REJECTED, "GROUP_CUT")] * 2
    assert codes(ana.push(*sent[100:])) == [(Status.REJECTED, "GROUP_CUT")] * 2
    assert subjects()[-1] == "099"
    apart = [
        note(ana, account, "x", group=(twice := new_id())),
        note(ana, account, "y"),
        note(ana, account, "z", group=twice),
    ]
    assert codes(ana.push(*apart)) == [DONE, DONE, (Status.REJECTED, "GROUP_CUT")]


def test_a_gap_within_a_group_leaves_the_group_for_later(field: World, phone: Phone) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    one, two, three = (
        note(ana, account, "a"),
        note(ana, account, "b", group=group),
        note(ana, account, "c", group=group),
    )
    reply = ana.push(one, two, replace(three, seq=9))
    assert (reply.halt, reply.last_seq, codes(reply), subjects()) == (Halt.SEQ_GAP, 1, [DONE], ["a"])
    assert codes(ana.push(two, three)) == [DONE] * 2


def test_one_id_twice_in_a_group_blocks_nothing(field: World, phone: Phone) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    one = note(ana, account, "a", group=group)
    sent = [one, replace(one, seq=2), replace(note(ana, account, "after"), seq=3)]
    assert codes(ana.push(*sent)) == [(Status.REJECTED, "MUTATION_ID_TAKEN")] * 2 + [DONE]
    assert [one.replayed for one in ana.push(*sent).results] == [True] * 3


def test_a_forked_phone_sends_its_group_again_from_a_new_device(field: World, phone: Phone) -> None:
    account, old, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    sent = [note(old, account, "a", group=group), note(old, account, "b", group=group)]
    old.push(*sent)
    new = phone(field.ana)
    reply = new.push(*sent, replace(note(new, account, "c", group=group), seq=3))
    assert codes(reply) == [DONE, DONE, (Status.REJECTED, "GROUP_CUT")]
    assert [one.replayed for one in reply.results] == [True, True, False]
    assert subjects() == ["a", "b"]


@pytest.mark.trap(11)
def test_a_group_on_four_lines_at_once_is_done_once(field: World, phone: Phone) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    sent = [note(ana, account, str(n), group=group if n < 3 else None) for n in range(5)]
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
    assert [codes(reply) for reply in replies] == [[DONE] * 5] * 4
    assert subjects() == ["0", "1", "2", "3", "4"]


@pytest.mark.trap(12)
def test_children_numbered_before_their_parent_find_it(field: World, phone: Phone) -> None:
    """Trap 12: tables sent one after another, without a word of what builds on what."""
    ana, account, deal, line = phone(field.ana), new_id(), new_id(), new_id()
    stage = {"stageId": str(field.stages["new"].pk), "pipelineId": str(field.pipeline.pk)}
    sent = [
        ana.mutation("activity.create", new_id(), args={"accountId": str(account), "kind": "note", "subject": "first"}),
        ana.mutation(
            "opportunityLine.add",
            line,
            args={"opportunityId": str(deal), "productId": str(field.product.pk), "quantity": 3},
        ),
        ana.mutation("opportunity.create", deal, args={"accountId": str(account), "name": "Deal", **stage}),
        ana.mutation("account.create", account, args={"name": "New bar"}),
    ]
    first, again = ana.push(*sent), ana.push(*sent)
    assert codes(first) == [DONE] * 4
    assert [result.seq for result in first.results] == [1, 2, 3, 4]
    assert [replace(result, replayed=False) for result in again.results] == first.results
    assert OpportunityLine.objects.get().opportunity_id == Opportunity.objects.get().pk == deal
    assert str(OpportunityLine.objects.get().unit_price) == "12.50"
    assert DeviceState.objects.get().last_seq == 4


def test_what_is_built_on_something_later_waits_for_it_and_falls_with_it(field: World, phone: Phone) -> None:
    account, ana = field.account("Hilltop", field.north), phone(field.ana)
    bad = replace(ana.mutation("account.patch", account.pk, set={"name": ""}), seq=2)
    built = replace(ana.mutation("account.patch", account.pk, set={"notes": "x"}, depends_on=(bad.id,)), seq=1)
    assert codes(ana.push(built, bad)) == [(Status.REJECTED, "DEPENDENCY_REJECTED"), (Status.REJECTED, "REQUIRED")]


def test_what_builds_on_one_another_is_tried_as_it_came(field: World, phone: Phone) -> None:
    account, ana = field.account("Hilltop", field.north), phone(field.ana)
    one = note(ana, account, "a")
    two = note(ana, account, "b", depends_on=(one.id,))
    assert codes(ana.push(replace(one, depends_on=(two.id,)), two)) == [DONE] * 2


def test_an_old_answer_that_was_shortened_is_given_again(field: World, phone: Phone) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    sent = [note(ana, account, "a"), note(ana, account, "", group=group), note(ana, account, "b", group=group)]
    before = ana.push(*sent)
    with clock.moved_to(clock.now() + timedelta(days=400)):
        keep()
    after = ana.push(*sent)
    assert codes(after) == codes(before)
    assert {one.message for one in after.results} == {None}
    assert (subjects(), SyncOp.objects.count()) == (["a"], 3)
    assert ana.push(replace(sent[0], args={"kind": "note"})).halt is Halt.DEVICE_FORKED


def test_most_pushes_are_cut_into_stretches_of_one() -> None:
    account, group = new_id(), new_id()

    def made(seq: int, name: str, entity: object = None, **parts: object) -> Mutation:
        return Mutation(seq, new_id(), name, entity_id=entity or new_id(), **parts)  # type: ignore[arg-type]

    sent = [
        made(1, "account.patch", account),
        made(2, "account.patch", account),
        made(3, "activity.create", args={"accountId": str(account)}),
        made(4, "account.create", account),
        made(5, "account.patch", account),
        made(6, "visit.skip", group=group),
        made(7, "visit.skip", group=group),
        made(8, "visit.skip"),
    ]
    assert [[one.seq for one in stretch] for stretch in stretches(sent)] == [[1, 2, 3, 4], [5], [6, 7], [8]]
    assert [[one.seq for one in node] for node in nodes(sent[:4])] == [[4], [1], [2], [3]]


def test_an_answer_to_the_inbox_that_went_down_with_its_group_does_not_say_that_part_was_done(
    field: World, phone: Phone
) -> None:
    account, ana, group = field.account("Hilltop", field.north), phone(field.ana), new_id()
    base, wanted = {"phone": "", "notes": ""}, {"phone": "2", "notes": "x"}
    Account.objects.filter(pk=account.pk).update(phone="1", notes="theirs")
    ana.push(ana.mutation("account.patch", account.pk, base=base, set=wanted))
    Account.objects.filter(pk=account.pk).update(notes="")
    issue = SyncIssue.objects.get()
    again = ana.mutation("syncIssue.resolve", issue.pk, args={"action": "retry"}, group=group)
    reply = ana.push(again, note(ana, account, "a", group=group))
    assert codes(reply) == [(Status.CONFLICT, "FIELD_CONFLICT"), (Status.REJECTED, "GROUP_REJECTED")]
    account.refresh_from_db()
    assert (account.phone, account.notes, subjects()) == ("1", "", [])
    assert [one["name"] for one in SyncIssue.objects.get(pk=issue.pk).fields] == ["phone", "notes"]
