"""The inbox through the gateway and on the operator's pages."""

import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from backend.crm.models import Account
from backend.field.models import Visit
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.frames import encoded
from backend.sync.models import SyncIssue
from tests.factories import world
from tests.factories.replica import Replica
from tests.factories.world import World
from tests.here import on_this_connection

RESOLVE = """mutation ($i: ResolveSyncIssueInput!) { resolveSyncIssue(input: $i) {
  done issue { state resolution code message resolvedBy { username } user { username } } } }"""
CONFLICTS = """{ syncConflicts(filter: {state: "open"}) { nodes {
  id name code actions account { name } user { username } fields { name policy base mine theirs } } pageInfo { hasNextPage } } }"""
LIST = "/admin/sync/syncissue/"


def ask(user: User, document: str, **variables: Any) -> Any:
    """Asks the gateway as a person; returns data, or the code of the error."""
    context = Context(run=on_this_connection, caller=world.acting(user))
    result = async_to_sync(schema.execute)(document, variables, context_value=context)
    if result.errors:
        return (result.errors[0].extensions or {})["code"]
    return json.loads(encoded(result.data))


@pytest.fixture
def conflict(field: World) -> SyncIssue:
    """Ben and Ana changed the same phone number; Ana's waits."""
    account = field.account("Hilltop", field.north)
    Account.objects.filter(pk=account.pk).update(phone="1")
    ana = Replica(field.ana, field.phone(field.ana))
    ana.push(ana.mutation("account.patch", account.pk, base={"phone": ""}, set={"phone": "2"}))
    return SyncIssue.objects.get()


def test_a_conflict_is_read_field_by_field_by_its_person_and_who_leads_them(field: World, conflict: SyncIssue) -> None:
    for who in (field.ana, field.ben, field.dee):
        [node] = ask(who, CONFLICTS)["syncConflicts"]["nodes"]
        assert node["fields"] == [{"name": "phone", "policy": "merge", "base": "", "mine": "2", "theirs": "1"}]
        assert (node["account"], node["user"]) == ({"name": "Hilltop"}, {"username": "ana"})
    for stranger in (field.cy, field.bea, field.pat, field.zoe):
        assert ask(stranger, CONFLICTS)["syncConflicts"]["nodes"] == []
        discard = {"id": str(conflict.pk), "action": "discard"}
        assert ask(stranger, RESOLVE, i=discard) == "ISSUE_NOT_FOUND"


def test_a_manager_settles_it_through_the_gateway(field: World, conflict: SyncIssue) -> None:
    keep = {"id": str(conflict.pk), "action": "keepMine", "fields": ["phone"]}
    told = ask(field.ben, RESOLVE, i=keep)["resolveSyncIssue"]
    assert (told["done"], told["issue"]["state"], told["issue"]["resolvedBy"]) == (
        True,
        "resolved",
        {"username": "ben"},
    )
    assert told["issue"]["user"] == {"username": "ana"}
    assert Account.objects.get().phone == "2"
    assert ask(field.ana, RESOLVE, i=keep)["resolveSyncIssue"]["done"] is True
    assert ask(field.ana, RESOLVE, i={**keep, "action": "retry"}) == "ISSUE_CLOSED"
    assert ask(field.ana, CONFLICTS)["syncConflicts"]["nodes"] == []


def test_what_fails_again_says_so_and_stays_open(field: World, conflict: SyncIssue) -> None:
    told = ask(field.ana, RESOLVE, i={"id": str(conflict.pk), "action": "retry"})["resolveSyncIssue"]
    assert (told["done"], told["issue"]["state"], told["issue"]["code"]) == (False, "open", "FIELD_CONFLICT")
    assert ask(field.ana, RESOLVE, i={"id": str(conflict.pk), "action": "burn"}) == "NOT_A_CHOICE"


def test_lists_go_on_page_by_page(field: World) -> None:
    ana = Replica(field.ana, field.phone(field.ana))
    ana.push(*[ana.mutation("no.such", new_id()) for _ in range(5)])
    document = (
        "query ($c: String) { syncIssues(first: 2, after: $c) { nodes { id } pageInfo { endCursor hasNextPage } } }"
    )
    seen: list[str] = []
    cursor = None
    while True:
        found = ask(field.ana, document, c=cursor)["syncIssues"]
        seen += [node["id"] for node in found["nodes"]]
        cursor = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == sorted(str(one) for one in SyncIssue.objects.values_list("pk", flat=True))


def test_a_field_that_its_reader_may_not_read_is_absent(field: World, conflict: SyncIssue) -> None:
    """Ana has become a partner since: what a partner may not read is in none of her entries, old or new."""
    boost = {"name": "boost", "policy": "server_wins", "base": 0, "mine": 31, "theirs": 47}
    secret = {"boost": 31, "phone": "2"}
    SyncIssue.objects.update(fields=[*conflict.fields, boost], mine=secret, theirs={"set": secret}, args=secret)
    User.objects.filter(pk=field.ana.pk).update(role=Role.PARTNER)
    field.ana.refresh_from_db()
    document = "{ syncIssues { nodes { fields { name mine } mine theirs args } } }"
    [told] = ask(field.ana, document)["syncIssues"]["nodes"]
    assert told == {
        "fields": [{"name": "phone", "mine": "2"}],
        "mine": {"phone": "2"},
        "theirs": {"set": {"phone": "2"}},
        "args": {"phone": "2"},
    }
    ana = Replica(field.ana, field.phone(field.ana))
    ana.pull()
    [row] = ana.of("syncIssue").values()
    assert "boost" not in str(row)
    [bens] = ask(field.ben, document)["syncIssues"]["nodes"]
    assert bens["mine"] == secret


def test_who_settles_it_for_somebody_does_not_show_them_what_they_may_not_see(field: World) -> None:
    """Cy names an account of Ana's that he cannot know, and waits for Dee to try it again for him."""
    anas = field.account("Hilltop", field.north)
    Account.objects.filter(pk=anas.pk).update(phone="555 0100")
    cy = Replica(field.cy, field.phone(field.cy))
    cy.push(cy.mutation("account.patch", anas.pk, base={"phone": ""}, set={"phone": "2"}))
    issue = SyncIssue.objects.get()
    told = ask(field.dee, RESOLVE, i={"id": str(issue.pk), "action": "retry"})["resolveSyncIssue"]
    assert (told["done"], told["issue"]["code"]) == (False, "FIELD_CONFLICT")
    cy.pull()
    assert "555 0100" not in str(cy.rows)
    assert "555 0100" not in str(ask(field.cy, "{ syncIssues { nodes { message fields { theirs } theirs } } }"))
    keep = {"id": str(issue.pk), "action": "keepMine"}
    assert ask(field.cy, RESOLVE, i=keep)["resolveSyncIssue"]["done"] is False
    anas.refresh_from_db()
    assert anas.phone == "555 0100"


def test_an_operator_settles_issues_of_their_own_org(field: World, conflict: SyncIssue) -> None:
    def browser(user: User) -> Client:
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        return client

    dee, zoe = browser(field.dee), browser(field.zoe)
    chosen = {"_selected_action": [str(conflict.pk)]}
    assert dee.get(LIST).content.count(b"account.patch") == 1
    assert zoe.get(LIST).content.count(b"account.patch") == 0
    zoe.post(LIST, {"action": "write_wanted", **chosen})
    told = dee.post(LIST, {"action": "try_again", **chosen}, follow=True)
    assert b"FIELD_CONFLICT" in told.content
    assert Account.objects.get().phone == "1"
    dee.post(LIST, {"action": "write_wanted", **chosen})
    conflict.refresh_from_db()
    assert (conflict.state, conflict.resolved_by_id) == ("resolved", field.dee.pk)
    assert Account.objects.get().phone == "2"
    assert dee.get(f"{LIST}{conflict.pk}/change/").status_code == 200
    assert dee.post(f"{LIST}{conflict.pk}/delete/", {"post": "yes"}).status_code == 403


PUSH = """mutation ($d: UUID!, $p: Int!, $m: [SyncMutationInput!]!) { syncPush(deviceId: $d, protocol: $p, mutations: $m) {
  lastSeq results { seq status code fields } } }"""


def test_groups_and_clocks_reach_push_through_the_gateway(field: World) -> None:
    account = field.account("Hilltop", field.north)
    visit, device, group = field.visit(account), field.phone(field.ana), str(new_id())
    off, now = timedelta(days=70 * 365), clock.now()
    base: dict[str, Any] = {"group": group, "clockOffsetMs": -off.total_seconds() * 1000}
    args = {"checkInId": str(new_id()), "at": (now + off).isoformat()}
    sent = [
        {"seq": 1, "id": str(new_id()), "name": "visit.checkIn", "entityId": str(visit.pk), "args": args, **base},
        {"seq": 2, "id": str(new_id()), "name": "no.such", **base},
    ]
    told = ask(field.ana, PUSH, d=str(device.pk), p=2, m=sent)["syncPush"]
    assert [one["code"] for one in told["results"]] == ["GROUP_REJECTED", "UNKNOWN_MUTATION"]
    alone = [{**sent[0], "seq": 3, "id": str(new_id()), "group": None}]
    ask(field.ana, PUSH, d=str(device.pk), p=2, m=alone)
    begun = Visit.objects.get().started_at
    assert begun is not None
    assert abs(begun - now) < timedelta(seconds=1)
