"""The inbox and the push address through the door that a phone uses."""

import base64
import json

import pytest

from backend.identity.models import Role, User
from backend.notifications.devpush.server import Running
from backend.notifications.models import Notification, PushAddress
from backend.territories.actions import share_account
from tests.notifications.browser import Browser
from tests.notifications.story import Story, actor
from tests.schema.conftest import Client

INBOX = """query($first: Int! = 20, $after: String, $unread: Boolean! = false) {
  notifications(first: $first, after: $after, unreadOnly: $unread) {
    nodes { id rule title body subjectEntity subjectId createdAt readAt version } pageInfo { endCursor hasNextPage } } }"""
READ = "mutation($id: UUID!) { markNotificationRead(id: $id) { notification { id body readAt } } }"
REGISTER = """mutation($input: PushAddressInput!) {
  registerPushAddress(input: $input) { pushAddress { id kind deviceId lastSeenAt } } }"""


@pytest.mark.parametrize("count", [1, 3])
def test_the_inbox_takes_one_query_for_one_row_and_for_three(story: Story, count: int) -> None:
    for stage in (story.late, story.later, story.won)[:count]:
        story.move(stage)
    ben = Client(story.ben)
    nodes = ben(INBOX)["notifications"]["nodes"]
    assert ben.queries == 1
    assert [node["title"] for node in nodes] == ["Joe's Deli: Won", "Joe's Deli: Negotiation", "Joe's Deli: Proposal"][
        -count:
    ]
    assert nodes[-1]["rule"] == "opportunity.late_stage"
    assert (nodes[-1]["subjectEntity"], nodes[-1]["subjectId"]) == ("opportunity", str(story.deal.pk))


def test_cy_and_the_others_find_nothing(story: Story) -> None:
    story.move(story.late)
    for person in (story.ana, story.cy, story.dan, story.dee, story.pat):
        assert Client(person)(INBOX)["notifications"]["nodes"] == []


def test_who_became_a_partner_reads_no_amount_in_what_they_were_told_before(story: Story) -> None:
    story.move(story.late)
    [before] = Client(story.ben)(INBOX)["notifications"]["nodes"]
    assert before["body"] == "Ana moved Cold case (12,400 USD) to Proposal."
    share_account(actor=actor(story.dee), account=story.account, user=story.ben)
    User.objects.filter(pk=story.ben.pk).update(role=Role.PARTNER)
    ben = Client(User.objects.get(pk=story.ben.pk))
    [told] = ben(INBOX)["notifications"]["nodes"]
    assert ben.queries == 1
    assert (told["title"], told["body"]) == (before["title"], "Ana moved Cold case to Proposal.")
    assert ben(READ, id=told["id"])["markNotificationRead"]["notification"]["body"] == told["body"]


def test_pages_turn_from_new_to_old(story: Story) -> None:
    for stage in (story.late, story.later, story.won):
        story.move(stage)
    ben, seen, after = Client(story.ben), [], None
    for more in (True, True, False):
        shown = ben(INBOX, first=1, after=after)["notifications"]
        seen += [node["title"] for node in shown["nodes"]]
        after = shown["pageInfo"]["endCursor"]
        assert shown["pageInfo"]["hasNextPage"] is more
    assert seen == ["Joe's Deli: Won", "Joe's Deli: Negotiation", "Joe's Deli: Proposal"]


@pytest.mark.parametrize("pair", [["Valley", "x"], ["2026-11-23 09:00:00+00:00", "x"], "Valley"])
def test_a_cursor_of_another_list_is_told_so(story: Story, pair: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(pair).encode()).decode()
    refused = Client(story.ben).refused(INBOX, after=cursor)
    assert (refused["code"], list(refused["fields"])) == ("BAD_CURSOR", ["after"])


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_page_has_one_to_a_hundred(story: Story, first: int) -> None:
    assert Client(story.ben).refused(INBOX, first=first)["code"] == "OUT_OF_RANGE"


def test_ben_reads_and_cy_cannot(story: Story) -> None:
    story.move(story.late)
    told = str(Notification.objects.get().pk)
    refused = Client(story.cy).refused(READ, id=told)
    assert (refused["code"], list(refused["fields"])) == ("NOTIFICATION_NOT_FOUND", ["notificationId"])
    assert Client(story.ben)(INBOX, unread=True)["notifications"]["nodes"] != []
    first = Client(story.ben)(READ, id=told)
    assert first["markNotificationRead"]["notification"]["readAt"] is not None
    assert Client(story.ben)(READ, id=told) == first
    assert Client(story.ben)(INBOX, unread=True)["notifications"]["nodes"] == []


def test_a_phone_registers_itself_and_a_script_names_the_phone(story: Story) -> None:
    device = story.phone(story.ana, "fid-before").device
    made = Client(story.ana, device)(REGISTER, input={"kind": "fid", "value": "fid-ana"})
    assert made["registerPushAddress"]["pushAddress"]["deviceId"] == str(device.pk)
    by_name = {"kind": "fcm_token", "value": "token-ana", "deviceId": str(device.pk)}
    assert Client(story.ana)(REGISTER, input=by_name)["registerPushAddress"]["pushAddress"]["kind"] == "fcm_token"
    assert [address.value for address in PushAddress.objects.filter(retired_at=None)] == ["token-ana"]


def test_a_browser_learns_the_key_and_registers_its_subscription_once(story: Story, push: Running) -> None:
    ben = Client(story.ben, story.phone(story.ben, "fid-ben").device)
    assert len(ben("{ webPushKey }")["webPushKey"]) == 87
    given = json.loads(Browser(push).subscription)
    for spaces in (None, 2):
        ben(REGISTER, input={"kind": "webpush", "value": json.dumps(given, indent=spaces)})
    [kept] = PushAddress.objects.filter(retired_at=None)
    assert json.loads(kept.value) == {"endpoint": given["endpoint"], **given["keys"]}
    inside = {**given, "endpoint": "https://169.254.169.254/latest/meta-data"}
    refused = ben.refused(REGISTER, input={"kind": "webpush", "value": json.dumps(inside)})
    assert (refused["code"], list(refused["fields"])) == ("PUSH_SERVICE_UNKNOWN", ["value"])
    assert ben.refused(REGISTER, input={"kind": "webpush", "value": "fid-ben"})["code"] == "ADDRESS_MALFORMED"


def test_nobody_registers_for_another_phone(story: Story) -> None:
    anas, cys = story.phone(story.ana, "fid-ana").device, story.phone(story.cy, "fid-cy").device
    theirs = {"kind": "fid", "value": "fid-x", "deviceId": str(anas.pk)}
    assert Client(story.cy).refused(REGISTER, input=theirs)["code"] == "DEVICE_NOT_FOUND"
    assert Client(story.cy, cys).refused(REGISTER, input=theirs)["code"] == "TOKEN_INVALID"
    assert Client(story.ana).refused(REGISTER, input={"kind": "fid", "value": "fid-x"})["code"] == "DEVICE_NOT_FOUND"
    assert sorted(PushAddress.objects.values_list("value", flat=True)) == ["fid-ana", "fid-cy"]


@pytest.mark.parametrize(
    ("kind", "value", "field"), [("pigeon", "x", "kind"), ("fid", "", "value"), ("fid", "a b", "value")]
)
def test_a_bad_address_names_its_field(story: Story, kind: str, value: str, field: str) -> None:
    device = story.phone(story.ana, "fid-ana").device
    refused = Client(story.ana, device).refused(REGISTER, input={"kind": kind, "value": value})
    assert list(refused["fields"]) == [field]


def test_who_is_not_signed_in_learns_nothing(story: Story) -> None:
    story.move(story.late)
    for document, variables in (
        (INBOX, {}),
        ("{ webPushKey }", {}),
        (READ, {"id": str(Notification.objects.get().pk)}),
        (REGISTER, {"input": {"kind": "fid", "value": "fid-x"}}),
    ):
        assert Client(None).refused(document, **variables)["code"] == "NOT_SIGNED_IN"
