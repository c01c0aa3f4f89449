"""What is gone, what is not born yet, and what was never meant for this phone's eyes."""

import pytest

from backend.crm.models import Account, Activity, Opportunity
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.sync.protocol import Status
from tests.factories.replica import Phone, codes, fresh
from tests.factories.world import World


@pytest.mark.trap(15)
def test_an_edit_of_what_was_deleted_is_refused_by_name_and_kept(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    deal = field.deal(account)
    ana = phone(field.ana)
    ana.pull()
    Opportunity.objects.filter(pk=deal.pk).update(deleted_at=clock.now())
    Account.objects.filter(pk=account.pk).update(deleted_at=clock.now())
    reply = ana.push(
        ana.mutation("opportunity.patch", deal.pk, base={"notes": ""}, set={"notes": "for nobody"}),
        ana.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "neither"}),
    )
    assert codes(reply) == [(Status.REJECTED, "DELETED"), (Status.REJECTED, "DELETED")]
    assert Account.objects.get(pk=account.pk).notes == ""
    ana.pull()
    assert ana.of("account") == ana.of("opportunity") == {}
    assert sorted(row["mine"]["set"]["notes"] for row in ana.of("syncIssue").values()) == ["for nobody", "neither"]


@pytest.mark.trap(15)
def test_what_somebody_edited_meanwhile_is_not_deleted_unseen(field: World, phone: Phone) -> None:
    relation = field.contact(field.account("Hilltop", field.north))
    ana, ben = phone(field.ana), phone(field.ben)
    ana.pull()
    base = {"fullName": "Maria de la Vega", "phone": ""}
    ben.push(ben.mutation("contact.patch", relation.pk, base={"phone": ""}, set={"phone": "515 555 0100"}))
    late = ana.push(ana.mutation("contact.remove", relation.pk, base=base))
    assert [(result.status, result.issue_id is not None) for result in late.results] == [(Status.CONFLICT, True)]
    ana.pull()
    assert [row["phone"] for row in ana.of("contact").values()] == ["515 555 0100"]
    now = ana.push(ana.mutation("contact.remove", relation.pk, base={**base, "phone": "515 555 0100"}))
    assert codes(now) == [(Status.APPLIED, None)]
    ana.pull()
    assert ana.of("contact") == {}


@pytest.mark.trap(15)
def test_an_id_that_was_used_is_not_used_again(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, cy = phone(field.ana), phone(field.cy)
    note = new_id()
    args = {"accountId": str(account.pk), "kind": "note", "subject": "First"}
    ana.push(ana.mutation("activity.create", note, args=args))
    Activity.objects.filter(pk=note).update(deleted_at=clock.now())
    again = ana.push(
        ana.mutation("activity.create", note, args={**args, "subject": "Again"}),
        ana.mutation("account.create", account.pk, args={"name": "Another"}),
    )
    theirs = cy.push(cy.mutation("account.create", account.pk, args={"name": "Mine now"}))
    assert {result.status for result in [*again.results, *theirs.results]} <= {Status.CONFLICT, Status.REJECTED}
    assert (Activity.objects.get(pk=note).subject, Account.objects.get(pk=account.pk).name) == ("First", "Hilltop")
    ana.pull()
    cy.pull()
    assert (ana.of("activity"), cy.of("account")) == ({}, {})


@pytest.mark.trap(12)
def test_a_whole_tree_made_on_the_road_arrives_with_the_ids_it_was_born_with(field: World, phone: Phone) -> None:
    ana = phone(field.ana)
    account, relation, person, deal, line, visit = (new_id() for _ in range(6))
    of = {"accountId": str(account)}
    stage = {"pipelineId": str(field.pipeline.pk), "stageId": str(field.stages["new"].pk)}
    now = clock.now().isoformat()
    product = {"productId": str(field.product.pk), "quantity": "2", "unitPrice": "12.50"}
    reply = ana.push(
        ana.mutation("account.create", account, args={"name": "New bar"}),
        ana.mutation("contact.create", relation, args={**of, "contactId": str(person), "fullName": "Jo"}),
        ana.mutation("opportunity.create", deal, args={**of, **stage, "name": "First order"}),
        ana.mutation("opportunityLine.add", line, args={"opportunityId": str(deal), **product}),
        ana.mutation("visit.create", visit, args={**of, "plannedStart": now, "plannedEnd": now[:-13] + "23:59:59Z"}),
    )
    assert [result.code for result in reply.results[:4]] == [None] * 4
    ana.pull()
    born = {("account", account), ("contact", relation), ("opportunity", deal), ("opportunityLine", line)}
    assert {(entity, str(one)) for entity, one in born} <= ana.rows.keys()
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


@pytest.mark.trap(12)
def test_children_that_stand_before_their_parent_in_a_push_are_not_lost(field: World, phone: Phone) -> None:
    """Some clients send table by table: what hangs on a row of the same push waits for it."""
    ana = phone(field.ana)
    account, deal, note = new_id(), new_id(), new_id()
    stage = {"pipelineId": str(field.pipeline.pk), "stageId": str(field.stages["new"].pk)}
    reply = ana.push(
        ana.mutation("activity.create", note, args={"opportunityId": str(deal), "kind": "note", "subject": "Keys"}),
        ana.mutation("opportunity.create", deal, args={"accountId": str(account), **stage, "name": "First order"}),
        ana.mutation("account.create", account, args={"name": "New bar"}),
    )
    assert codes(reply) == [(Status.APPLIED, None)] * 3
    assert [result.seq for result in reply.results] == [1, 2, 3]
    assert SyncIssue.objects.count() == 0
    ana.pull()
    born = {("activity", str(note)), ("opportunity", str(deal)), ("account", str(account))}
    assert born <= ana.rows.keys()


@pytest.mark.trap(27)
def test_the_word_that_something_is_gone_tells_no_more_than_that(field: World, phone: Phone) -> None:
    """Also to who lost it to another territory: no field, no reason, no new owner."""
    account = field.account("Hilltop", field.north)
    deal, relation = field.deal(account), field.contact(account)
    visit = field.visit(account)
    ana = phone(field.ana)
    ana.pull()
    visit_id = str(visit.pk)
    visit.delete()
    relation.contact.deleted_at = clock.now()
    relation.contact.save()
    Opportunity.objects.filter(pk=deal.pk).update(account=field.account("Valley", field.south))
    ops = [op for page in ana.pull() for op in page.ops]
    gone = {("visit", visit_id), ("contact", str(relation.pk)), ("opportunity", str(deal.pk))}
    assert gone <= {(op["entity"], op["id"]) for op in ops}
    assert {frozenset(op) for op in ops} == {frozenset(("op", "entity", "id"))}
    assert {op["op"] for op in ops} == {"del"}
