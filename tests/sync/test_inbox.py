"""What could not be applied waits for its person, and for who leads them: tried again, insisted on, or put away."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from backend.crm.models import Account, Activity, Contact
from backend.identity.models import User
from backend.kit.errors import DomainError
from backend.kit.ids import new_id
from backend.sync.actions import resolve_issue
from backend.sync.models import Resolution, SyncIssue
from backend.sync.protocol import Mutation, Status
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica, codes
from tests.factories.world import World, acting


def contested(field: World, phone: Phone) -> tuple[Account, Replica, SyncIssue]:
    """Ben and Ana both change phone and notes of Hilltop; Ana's changes wait in her inbox."""
    account = field.account("Hilltop", field.north)
    ana, ben = phone(field.ana), phone(field.ben)
    base = {"phone": "", "notes": ""}
    ben.push(ben.mutation("account.patch", account.pk, base=base, set={"phone": "1", "notes": "bens"}))
    ana.push(ana.mutation("account.patch", account.pk, base=base, set={"phone": "2", "notes": "anas"}))
    return account, ana, SyncIssue.objects.get()


def resolve(replica: Replica, issue: SyncIssue, **args: Any) -> tuple[Status, str | None]:
    """Answers an issue from a phone."""
    [answer] = codes(replica.push(replica.mutation("syncIssue.resolve", issue.pk, args=args)))
    return answer


def test_an_issue_says_field_by_field_what_was_what(field: World, phone: Phone) -> None:
    account, ana, issue = contested(field, phone)
    ana.pull()
    row = ana.of("syncIssue")[str(issue.pk)]
    assert row["fields"] == [
        {"name": "phone", "policy": "merge", "base": "", "mine": "2", "theirs": "1"},
        {"name": "notes", "policy": "text", "base": "", "mine": "anas", "theirs": "bens"},
    ]
    assert (row["name"], row["code"], row["state"], row["root"]) == (
        "account.patch",
        "FIELD_CONFLICT",
        "open",
        str(account.pk),
    )
    assert row["actions"] == ["retry", "keepMine", "discard"]


def test_keep_mine_writes_mine_over_theirs_as_its_authors(field: World, phone: Phone) -> None:
    account, ana, issue = contested(field, phone)
    assert resolve(ana, issue, action="keepMine", fields=["phone"]) == (Status.APPLIED, None)
    account.refresh_from_db()
    issue.refresh_from_db()
    assert (account.phone, account.notes) == ("2", "bens")
    assert (issue.state, issue.resolution, issue.resolved_by_id) == ("resolved", "keepMine", field.ana.pk)


def test_a_retry_that_fails_again_stays_open_and_one_that_does_not_is_done(field: World, phone: Phone) -> None:
    account, ana, issue = contested(field, phone)
    Account.objects.filter(pk=account.pk).update(notes="")
    assert resolve(ana, issue, action="retry") == (Status.MERGED, "FIELD_CONFLICT")
    account.refresh_from_db()
    issue.refresh_from_db()
    assert (account.phone, account.notes, issue.state) == ("1", "anas", "open")
    assert [one["name"] for one in issue.fields] == ["phone"]
    Account.objects.filter(pk=account.pk).update(phone="")
    assert resolve(ana, issue, action="retry") == (Status.APPLIED, None)
    assert Account.objects.get(pk=account.pk).phone == "2"
    assert SyncIssue.objects.count() == 1


def test_an_issue_is_settled_once(field: World, phone: Phone) -> None:
    _, ana, issue = contested(field, phone)
    sent = ana.mutation("syncIssue.resolve", issue.pk, args={"action": "discard"})
    assert codes(ana.push(sent)) == codes(ana.push(sent)) == [(Status.APPLIED, None)]
    assert resolve(ana, issue, action="discard") == (Status.APPLIED, None)
    assert resolve(ana, issue, action="keepMine") == (Status.CONFLICT, "ISSUE_CLOSED")
    issue.refresh_from_db()
    assert (issue.state, issue.resolution, SyncIssue.objects.count()) == ("discarded", "discard", 1)


def test_the_manager_sees_it_and_settles_it_and_the_author_stays_the_author(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, ben, cy = phone(field.ana), phone(field.ben), phone(field.cy)
    args = {"accountId": str(account.pk), "kind": "note", "subject": ""}
    ana.push(ana.mutation("activity.create", new_id(), args=args))
    issue = SyncIssue.objects.get()
    ben.pull()
    cy.pull()
    assert (list(ben.of("syncIssue")), list(cy.of("syncIssue"))) == ([str(issue.pk)], [])
    assert resolve(cy, issue, action="discard") == (Status.REJECTED, "ISSUE_NOT_FOUND")
    assert resolve(ben, issue, action="keepMine") == (Status.REJECTED, "NOT_OFFERED")
    assert resolve(ben, issue, action="retry") == (Status.REJECTED, "REQUIRED")
    SyncIssue.objects.filter(pk=issue.pk).update(mutation={**issue.mutation, "args": {**args, "subject": "Called"}})
    assert resolve(ben, issue, action="retry") == (Status.APPLIED, None)
    issue.refresh_from_db()
    assert (Activity.objects.get().owner_id, issue.resolved_by_id) == (field.ana.pk, field.ben.pk)


def test_an_edit_of_a_store_that_was_lost_is_made_by_who_still_leads_both(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, ben, dee = phone(field.ana), phone(field.ben), phone(field.dee)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.push(ana.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "door code 7"}))
    issue = SyncIssue.objects.get()
    assert (issue.code, issue.root) == ("OUT_OF_SCOPE", account.pk)
    assert resolve(ana, issue, action="retry") == (Status.REJECTED, "OUT_OF_SCOPE")
    assert resolve(ben, issue, action="retry")[0] is Status.REJECTED
    assert resolve(dee, issue, action="retry") == (Status.APPLIED, None)
    assert Account.objects.get(pk=account.pk).notes == "door code 7"


def test_a_stage_moved_meanwhile_can_be_insisted_on(field: World, phone: Phone) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    ana, ben = phone(field.ana), phone(field.ben)
    stage = {name: str(one.pk) for name, one in field.stages.items()}
    ben.push(ben.mutation("opportunity.moveStage", deal.pk, args={"stageId": stage["lost"], "reason": "dear"}))
    move = {"stageId": stage["offer"]}
    ana.push(ana.mutation("opportunity.moveStage", deal.pk, base={"stageId": stage["new"]}, args=move))
    assert resolve(ana, SyncIssue.objects.get(), action="keepMine") == (Status.APPLIED, None)
    deal.refresh_from_db()
    assert deal.stage_id == field.stages["offer"].pk


@pytest.mark.trap(15)
def test_a_deletion_of_what_was_edited_can_be_insisted_on_or_forced_by_who_leads(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    one, two = field.contact(account), field.contact(account, "Jo")
    ana, ben = phone(field.ana), phone(field.ben)
    Contact.objects.update(phone="515")
    for relation in (one, two):
        sent = ana.mutation("contact.remove", relation.pk, base={"phone": ""}, args={"force": True})
        assert codes(ana.push(sent)) == [(Status.CONFLICT, "EDITED_MEANWHILE")]
    issue = SyncIssue.objects.get(entity_id=one.pk)
    assert issue.fields == [{"name": "phone", "policy": "merge", "base": "", "mine": None, "theirs": "515"}]
    assert resolve(ana, issue, action="keepMine") == (Status.APPLIED, None)
    forced = ben.mutation("contact.remove", two.pk, base={"phone": ""}, args={"force": True})
    assert codes(ben.push(forced)) == [(Status.APPLIED, None)]
    ana.pull()
    assert ana.of("contact") == {}
    again = ana.mutation("contact.patch", one.pk, base={"role": "buyer"}, set={"role": "x"})
    assert codes(ana.push(again)) == [(Status.REJECTED, "DELETED")]


def test_what_waited_for_something_rejected_can_go_once_that_is_done(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    name = ana.mutation("account.patch", account.pk, set={"name": " "})
    built = ana.mutation("account.patch", account.pk, set={"notes": "x"}, depends_on=(name.id,))
    ana.push(name, built)
    first, second = SyncIssue.objects.order_by("created_at")
    assert resolve(ana, second, action="retry") == (Status.REJECTED, "DEPENDENCY_REJECTED")
    SyncIssue.objects.filter(pk=first.pk).update(mutation={**first.mutation, "set": {"name": "Hill"}})
    assert resolve(ana, first, action="retry") == (Status.APPLIED, None)
    assert resolve(ana, second, action="retry") == (Status.APPLIED, None)
    assert Account.objects.get(pk=account.pk).notes == "x"


def test_what_the_server_could_not_hold_can_only_be_put_away(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.push(
        ana.mutation("account.patch", account.pk, set={"notes": "x" * 70_000}),
        ana.mutation("account.patch", account.pk, set={"notes": "a\x00b"}),
    )
    for issue in SyncIssue.objects.all():
        assert (issue.actions, issue.mutation) == (["discard"], {})
        assert resolve(ana, issue, action="retry") == (Status.REJECTED, "NOT_OFFERED")


def test_an_answer_that_makes_no_sense_makes_no_new_entry(field: World, phone: Phone) -> None:
    _, ana, issue = contested(field, phone)
    assert resolve(ana, issue, action="burn") == (Status.REJECTED, "NOT_A_CHOICE")
    assert resolve(ana, issue, action="keepMine", fields=["tier"]) == (Status.REJECTED, "UNKNOWN_FIELD")
    assert resolve(ana, issue, action="keepMine", fields="phone") == (Status.REJECTED, "BAD_VALUE")
    assert SyncIssue.objects.count() == 1


def test_rep_and_manager_who_settle_at_once_settle_it_once(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(displays=1)
    ana = phone(field.ana)
    taken = ana.mutation("account.patch", account.pk, base={"displays": 2}, set={"displays": 0})
    ana.push(taken)
    issue = SyncIssue.objects.get()
    Account.objects.filter(pk=account.pk).update(displays=9)
    together, answers = Barrier(4), list[str]()

    def settle(who: User, action: Resolution) -> None:
        try:
            together.wait()
            answers.append(resolve_issue(actor=acting(who), issue=issue, action=action).state)
        except DomainError as error:
            answers.append(error.code)
        finally:
            connections.close_all()

    people = [(field.ana, Resolution.RETRY), (field.ben, Resolution.RETRY)] * 2
    threads = [Thread(target=settle, args=one) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["resolved"] * 4
    assert Account.objects.get(pk=account.pk).displays == 7


def test_a_mutation_is_kept_whole(field: World, phone: Phone) -> None:
    _, ana, issue = contested(field, phone)
    sent: Mutation = ana.mutation("no.such", new_id(), base={"a": 1}, set={"b": [2]}, args={"c": {"d": None}})
    ana.push(sent)
    kept = SyncIssue.objects.exclude(pk=issue.pk).get().mutation
    assert (kept["base"], kept["set"], kept["args"]) == ({"a": 1}, {"b": [2]}, {"c": {"d": None}})
    assert (kept["id"], kept["name"], kept["entityId"]) == (str(sent.id), "no.such", str(sent.entity_id))
