"""Who reads which photo through GraphQL, and in how many queries."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings

from backend.attachments.models import Attachment
from backend.crm.models import Account
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from tests.attachments.conftest import disk_at
from tests.attachments.pictures import sha256, signature
from tests.attachments.sending import announce, attach, begin, send
from tests.factories.world import World, acting
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]
ONE = """query ($id: UUID!) { attachment(id: $id) { kind mimeType size sha256 state width height downloadUrl thumbnailUrl
  expiresAt author { username } account { name } visit { id } } }"""
FILES = "kind state downloadUrl thumbnailUrl author { username } visit { state } account { name }"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> object:
    """Keeps files in a folder of the test's own."""
    with override_settings(STORAGES=disk_at(tmp_path)):
        yield


def signed(field: World, account: Account, seed: int) -> Attachment:
    """Ana has a signature stored at an account."""
    kind = {"kind": "signature", "mime_type": "image/png"}
    return attach(acting(field.ana, field.phone(field.ana)), account, signature(seed), **kind)


def test_ben_reads_what_ana_signed_and_to_cy_there_is_no_such_thing(field: World, ask: Ask) -> None:
    signed_one = signed(field, field.account("Hilltop", field.north), 1)
    shown = ask(field.ben)(ONE, id=str(signed_one.pk))["attachment"]
    assert (shown["kind"], shown["state"], shown["width"], shown["height"]) == ("signature", "stored", 200, 80)
    assert shown["downloadUrl"].startswith(f"/attachments/{signed_one.pk}/content?token=")
    assert (shown["thumbnailUrl"], shown["author"], shown["visit"]) == (None, {"username": "ana"}, None)
    hidden = ask(field.cy).refused(ONE, id=str(signed_one.pk))
    missing = ask(field.cy).refused(ONE, id=str(field.org.pk))
    assert hidden == missing == ask(field.zoe).refused(ONE, id=str(signed_one.pk))
    assert (hidden["code"], hidden["retry"]) == ("ATTACHMENT_NOT_FOUND", "NEVER")
    several = "query ($ids: [UUID!]!) { attachments(ids: $ids) { id } }"
    assert ask(field.cy)(several, ids=[str(signed_one.pk)])["attachments"] == []
    assert ask(field.ana)(several, ids=[str(signed_one.pk)])["attachments"] == [{"id": str(signed_one.pk)}]


def test_what_was_only_announced_has_no_address(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    waits = announce(acting(field.ana), account, signature(), kind="signature", mime_type="image/png")
    shown = ask(field.ana)(ONE, id=str(waits.pk))["attachment"]
    assert (shown["state"], shown["downloadUrl"], shown["thumbnailUrl"]) == ("announced", None, None)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ accounts { nodes { name attachments { kind state downloadUrl } } } }", 2),
        (f"{{ accounts {{ nodes {{ name attachments {{ {FILES} }} }} }} }}", 2),
        ("query ($day: Date!) { visitsOfDay(day: $day) { attachments { kind downloadUrl author { username } } } }", 4),
    ],
)
def test_photos_of_three_accounts_take_as_many_queries_as_of_one(
    field: World, ask: Ask, document: str, expected: int, count: int
) -> None:
    for number in range(count):
        account = field.account(f"Store {number}", field.north)
        kept = signed(field, account, number)
        Attachment.objects.filter(pk=kept.pk).update(visit=field.visit(account, start=clock.now()))
    theirs = field.account("Valley", field.south)
    announce(acting(field.cy), theirs, b"Secret", kind="document", mime_type="application/pdf")
    ana = ask(field.ana)
    today = clock.now().astimezone(ZoneInfo("America/Chicago")).date()
    data = ana(document, **({"day": str(today)} if "$day" in document else {}))
    assert ana.queries == expected
    assert str(data).count("'kind': 'signature'") == count
    assert "document" not in str(data)


ADD = """mutation ($i: AddAttachmentInput!) { addAttachment(input: $i) { attachment { id kind state size version
  account { name } visit { id } author { username } } } }"""
COMMIT = "mutation ($i: UUID!) { commitAttachment(attachmentId: $i) { attachment { state width version } } }"
REMOVE = "mutation ($i: UUID!) { removeAttachment(attachmentId: $i) { attachment { id } } }"


def input_of(data: bytes, **more: object) -> dict[str, object]:
    """Returns the input that announces a signature."""
    return {"kind": "signature", "mimeType": "image/png", "size": len(data), "sha256": sha256(data), **more}


def test_ana_attaches_a_signature_without_a_phone(field: World, ask: Ask) -> None:
    visit, data, same = field.visit(field.account("Hilltop", field.north)), signature(7), str(new_id())
    ana = ask(field.ana)
    made = ana(ADD, i=input_of(data, visitId=str(visit.pk), id=same, capturedAt="2026-11-20T09:00:00Z"))
    assert made["addAttachment"]["attachment"] == {
        "id": same,
        "kind": "signature",
        "state": "announced",
        "size": len(data),
        "version": 1,
        "account": {"name": "Hilltop"},
        "visit": {"id": str(visit.pk)},
        "author": {"username": "ana"},
    }
    early = ana.refused(COMMIT, i=same)
    assert (early["code"], early["retry"], early["fields"]) == ("UPLOAD_INCOMPLETE", "NEVER", {"offset": "0"})
    send(begin(acting(field.ana), Attachment.objects.get()), data)
    stored = ana(COMMIT, i=same)["commitAttachment"]["attachment"]
    assert stored == {"state": "stored", "width": 200, "version": 2}
    assert ana(COMMIT, i=same)["commitAttachment"]["attachment"] == stored
    assert ask(field.ben).refused(COMMIT, i=same)["code"] == "ATTACHMENT_NOT_FOUND"
    assert ask(field.ben).refused(REMOVE, i=same)["code"] == "NOT_YOUR_ATTACHMENT"
    ana(REMOVE, i=same)
    assert ask(field.ben).refused(ONE, id=same)["code"] == "ATTACHMENT_NOT_FOUND"


def test_what_a_phone_may_not_attach_nobody_may(field: World, ask: Ask) -> None:
    account, data = field.account("Hilltop", field.north), signature()
    here, ana = {"accountId": str(account.pk)}, ask(field.ana)
    for broken, code in (
        ({}, "REQUIRED"),
        ({**here, "visitId": str(new_id())}, "REQUIRED"),
        ({"visitId": str(new_id())}, "VISIT_NOT_FOUND"),
        ({**here, "kind": "film"}, "BAD_VALUE"),
        ({**here, "mimeType": "image/webp"}, "TYPE_NOT_ALLOWED"),
        ({**here, "size": 2**30}, "TOO_LARGE"),
        ({**here, "sha256": "x"}, "BAD_VALUE"),
    ):
        assert ana.refused(ADD, i=input_of(data, **broken))["code"] == code
    for stranger in (field.cy, field.pat, field.zoe):
        assert ask(stranger).refused(ADD, i=input_of(data, **here))["code"] == "ACCOUNT_NOT_FOUND"
    made = ana(ADD, i=input_of(data, **here))["addAttachment"]["attachment"]["id"]
    assert ana.refused(ADD, i=input_of(data, **here, id=made))["code"] == "ID_TAKEN"
    for stranger in (field.cy, field.pat, field.zoe):
        assert ask(stranger).refused(COMMIT, i=made)["code"] == "ATTACHMENT_NOT_FOUND"
        assert ask(stranger).refused(REMOVE, i=made)["code"] == "ATTACHMENT_NOT_FOUND"
    assert Attachment.objects.count() == 1
