"""Photos and signatures on their way from one phone to another: announced, sent, committed, seen; never lost to a hand-over."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings

from backend.attachments.models import Attachment, Upload
from backend.crm.models import Account
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.sync.protocol import Mutation, Status
from backend.territories.actions import place_account
from tests.attachments.conftest import disk_at
from tests.attachments.pictures import camera_photo, sha256
from tests.attachments.sending import begin, send
from tests.factories.replica import Phone, Replica, codes, fresh
from tests.factories.world import World, acting

TAKEN = camera_photo()


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> object:
    """Keeps files in a folder of the test's own."""
    with override_settings(STORAGES=disk_at(tmp_path)):
        yield


def add(replica: Replica, data: bytes = TAKEN, **place: Any) -> Mutation:
    """Announces a photo."""
    said = {"kind": "photo", "mimeType": "image/jpeg", "size": len(data), "sha256": sha256(data)}
    args = said | {name: str(value) for name, value in place.items()} | {"capturedAt": "2026-11-20T09:00:00Z"}
    return replica.mutation("attachment.add", new_id(), args=args)


def upload(replica: Replica, attachment_id: UUID | None, data: bytes = TAKEN) -> None:
    """Sends the content of what was announced."""
    assert attachment_id is not None
    attachment = Attachment.objects.get(pk=attachment_id)
    send(begin(acting(replica.user, replica.device), attachment), data)


def test_a_photo_reaches_ben_and_never_cy(field: World, phone: Phone) -> None:
    visit = field.visit(field.account("Hilltop", field.north))
    ana, ben, cy = phone(field.ana), phone(field.ben), phone(field.cy)
    for one in (ana, ben, cy):
        one.pull()
    photo = add(ana, visitId=visit.pk)
    early = ana.mutation("attachment.commit", photo.entity_id)
    assert codes(ana.push(photo, early)) == [(Status.APPLIED, None), (Status.REJECTED, "UPLOAD_INCOMPLETE")]
    ben.pull()
    [seen] = ben.of("attachment").values()
    assert (seen["state"], seen["visitId"], seen["hasThumbnail"]) == ("announced", str(visit.pk), False)
    upload(ana, photo.entity_id)
    assert codes(ana.push(ana.mutation("attachment.commit", photo.entity_id))) == [(Status.APPLIED, None)]
    for one in (ana, ben, cy):
        one.pull()
        assert one.rows == fresh(one.user, field.phone(one.user))
    [seen] = ben.of("attachment").values()
    assert (seen["state"], seen["sha256"], seen["accountId"]) == ("stored", sha256(TAKEN), str(visit.account_id))
    assert (seen["width"], seen["height"], seen["authorId"]) == (480, 640, str(field.ana.pk))
    assert seen["capturedAt"].startswith("2026-11-20T09:00:00")
    assert cy.of("attachment") == {}
    assert codes(ana.push(ana.mutation("attachment.remove", photo.entity_id))) == [(Status.APPLIED, None)]
    ben.pull()
    assert ben.of("attachment") == {}


def test_a_photo_taken_while_the_account_went_to_cy_is_kept_and_credited(field: World, phone: Phone) -> None:
    account: Account = field.account("Hilltop", field.north)
    ana, cy = phone(field.ana), phone(field.cy)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    photo = add(ana, accountId=account.pk)
    assert codes(ana.push(photo)) == [(Status.APPLIED, None)]
    upload(ana, photo.entity_id)
    ana.pull()
    assert ana.of("attachment") == {}
    assert codes(ana.push(ana.mutation("attachment.commit", photo.entity_id))) == [(Status.APPLIED, None)]
    cy.pull()
    [seen] = cy.of("attachment").values()
    assert (seen["state"], seen["authorId"]) == ("stored", str(field.ana.pk))


def test_a_photo_is_not_held_back_by_what_it_builds_on(field: World, phone: Phone) -> None:
    account, ana = field.account("Hilltop", field.north), phone(field.ana)
    ana.pull()
    bad = ana.mutation("account.patch", account.pk, set={"name": ""})
    photo = replace(add(ana, accountId=account.pk), depends_on=(bad.id,))
    assert codes(ana.push(bad, photo)) == [(Status.REJECTED, "REQUIRED"), (Status.APPLIED, None)]


def test_nobody_attaches_to_what_they_never_had(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit, cy = field.visit(account), phone(field.cy)
    cy.pull()
    reply = cy.push(
        add(cy, accountId=account.pk), add(cy, accountId=new_id()), add(cy, visitId=visit.pk), add(cy, visitId=new_id())
    )
    assert [code for _, code in codes(reply)] == ["ACCOUNT_NOT_FOUND"] * 2 + ["VISIT_NOT_FOUND"] * 2
    assert not Attachment.objects.exists()


def test_nobody_commits_or_removes_anothers(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, ben, cy = phone(field.ana), phone(field.ben), phone(field.cy)
    for one in (ana, ben, cy):
        one.pull()
    photo = add(ana, accountId=account.pk)
    ana.push(photo)
    for one, code in ((ben, "NOT_YOUR_ATTACHMENT"), (cy, "ATTACHMENT_NOT_FOUND")):
        reply = one.push(
            one.mutation("attachment.commit", photo.entity_id), one.mutation("attachment.remove", photo.entity_id)
        )
        assert [code for _, code in codes(reply)] == ["ATTACHMENT_NOT_FOUND", code]
    assert Attachment.objects.get().deleted_at is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": "selfie"}, "BAD_VALUE"),
        ({"mimeType": "text/html"}, "TYPE_NOT_ALLOWED"),
        ({"size": "9"}, "BAD_VALUE"),
        ({"size": True}, "BAD_VALUE"),
        ({"size": 0}, "EMPTY"),
        ({"size": 2**60}, "BAD_VALUE"),
        ({"size": 2**40}, "TOO_LARGE"),
        ({"sha256": 7}, "BAD_VALUE"),
        ({"sha256": "G" * 64}, "BAD_VALUE"),
        ({"width": 1.5}, "BAD_VALUE"),
        ({"width": -1}, "OUT_OF_RANGE"),
        ({"visitId": str(new_id())}, "REQUIRED"),
        ({"accountId": None}, "REQUIRED"),
        ({"capturedAt": "yesterday"}, "BAD_VALUE"),
        ({"filename": "../../etc/passwd"}, "UNKNOWN_FIELD"),
    ],
)
def test_what_cannot_be_is_refused_and_kept_for_the_person(
    field: World, phone: Phone, changed: dict[str, Any], code: str
) -> None:
    ana, account = phone(field.ana), field.account("Hilltop", field.north)
    ana.pull()
    photo = add(ana, accountId=account.pk)
    asked = ana.mutation("attachment.add", photo.entity_id, args={**photo.args, **changed})
    ana.next_seq = 1
    reply = ana.push(Mutation(seq=1, id=asked.id, name=asked.name, entity_id=asked.entity_id, args=asked.args))
    assert codes(reply) == [(Status.REJECTED, code)]
    assert SyncIssue.objects.get().code == code


def test_the_same_photo_again_needs_no_sending(field: World, phone: Phone) -> None:
    account, ana = field.account("Hilltop", field.north), phone(field.ana)
    ana.pull()
    first = add(ana, accountId=account.pk)
    ana.push(first)
    upload(ana, first.entity_id)
    ana.push(ana.mutation("attachment.commit", first.entity_id))
    again = add(ana, accountId=account.pk)
    reply = ana.push(again, ana.mutation("attachment.commit", again.entity_id))
    assert codes(reply) == [(Status.APPLIED, None)] * 2
    assert [upload.attachment_id for upload in Upload.objects.all()] == [first.entity_id]
