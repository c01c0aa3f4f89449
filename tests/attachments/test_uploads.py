"""Ana sends a photo piece by piece; it is kept once, for those who see the account."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import override_settings

from backend.attachments import actions, retention, uploads
from backend.attachments.kinds import AttachmentKind
from backend.attachments.models import Attachment, Blob, Upload, UploadPart
from backend.config.env import current
from backend.crm.models import Account
from backend.events.models import OutboxEvent
from backend.kit import clock
from backend.kit.errors import DomainError, Invalid, NotFound
from backend.kit.ids import new_id
from tests.attachments.pictures import camera_photo, place_in, sha256, signature
from tests.attachments.sending import announce, attach, begin, send
from tests.factories.world import World, acting


def files_in(folder: Path) -> list[str]:
    """Names what lies in the file store."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def code_of(call: Callable[[], object]) -> str:
    """Returns the code of what is refused."""
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value.code


def test_a_photo_arrives_in_pieces_and_is_kept_without_its_place(field: World, files: Path) -> None:
    ana, store = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    taken = camera_photo()
    attachment = announce(ana, store, taken)
    assert (attachment.state, attachment.blob) == ("announced", None)
    upload = send(begin(ana, attachment), taken, piece=7_777)
    assert upload.state == "whole"
    assert code_of(lambda: actions.commit(actor=acting(field.cy), attachment=attachment)) == "ATTACHMENT_NOT_FOUND"

    stored = actions.commit(actor=ana, attachment=attachment)
    assert stored.blob is not None
    assert (stored.state, stored.width, stored.height) == ("stored", 480, 640)
    assert files_in(files) == [stored.blob.key]
    assert UploadPart.objects.count() == 0
    clean = (files / stored.blob.key).read_bytes()
    assert place_in(taken) != {}
    assert place_in(clean) == {}
    assert (stored.blob.sha256, stored.blob.kept_sha256) == (sha256(taken), sha256(clean))
    assert (files / stored.blob.key).stat().st_mode & 0o077 == 0
    assert OutboxEvent.objects.get().name == "attachment.stored"
    assert [actions.commit(actor=ana, attachment=attachment).version for _ in range(2)] == [2, 2]
    assert OutboxEvent.objects.count() == 1


def test_a_commit_before_the_content_is_refused_and_says_how_much_is_here(field: World) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    attachment = announce(ana, field.account("Hilltop", field.north), taken)
    upload = begin(ana, attachment)
    uploads.admit(upload, [uploads.put_aside(upload, 0, taken[:500])])
    with pytest.raises(Invalid) as refused:
        actions.commit(actor=ana, attachment=attachment)
    assert (refused.value.code, refused.value.fields) == ("UPLOAD_INCOMPLETE", {"offset": "500"})


def test_of_two_writers_at_one_place_the_first_wins(field: World, files: Path) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    upload = begin(ana, announce(ana, field.account("Hilltop", field.north), taken))
    given_up = uploads.upload_for(ana, upload.pk)  # the line before, which the server still believes in
    first = uploads.put_aside(upload, 0, taken[:1000])
    late = uploads.put_aside(given_up, 0, taken[:2000])
    uploads.admit(upload, [first])
    assert code_of(lambda: uploads.admit(given_up, [late])) == "OFFSET_MISMATCH"
    assert files_in(files) == [first.key]
    assert send(uploads.upload_for(ana, upload.pk), taken).state == "whole"


def test_two_processes_that_finish_at_once_make_one_content(field: World) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    upload = begin(ana, announce(ana, field.account("Hilltop", field.north), taken))
    uploads.admit(upload, [uploads.put_aside(upload, 0, taken)])
    together, ended = Barrier(3), []

    def finish() -> None:
        mine = uploads.upload_for(ana, upload.pk)
        together.wait()
        ended.append(uploads.finish(mine).state)
        connections["default"].close()

    threads = [Thread(target=finish) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == ["whole"] * 3
    assert Blob.objects.filter(doomed_at=None).count() == 1


def test_an_upload_belongs_to_its_person_and_device(field: World) -> None:
    ana, store = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    attachment = announce(ana, store, camera_photo())
    upload = begin(ana, attachment)
    for other in (acting(field.ana, field.phone(field.ana)), acting(field.ben), acting(field.cy), acting(field.zoe)):
        with pytest.raises(NotFound):
            uploads.upload_for(other, upload.pk)
    for other in (acting(field.ben), acting(field.cy), acting(field.zoe)):
        assert code_of(lambda other=other: begin(other, attachment)) == "ATTACHMENT_NOT_FOUND"  # type: ignore[misc]


def test_an_upload_expires_and_another_takes_its_place(field: World) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    attachment = announce(ana, field.account("Hilltop", field.north), taken)
    first = begin(ana, attachment)
    uploads.admit(first, [uploads.put_aside(first, 0, taken[:500])])
    second = begin(ana, attachment)
    assert code_of(lambda: uploads.upload_for(ana, first.pk)) == "UPLOAD_NOT_FOUND"
    with clock.moved_to(clock.now() + timedelta(hours=73)):
        assert code_of(lambda: uploads.upload_for(ana, second.pk)) == "UPLOAD_NOT_FOUND"


def test_one_device_has_only_so_many_uploads_under_way(field: World) -> None:
    ana, store = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    waiting = [announce(ana, store, signature(seed), kind="signature", mime_type="image/png") for seed in range(3)]
    with override_settings(ENV=_with(open_uploads=2)):
        begin(ana, waiting[0])
        begin(ana, waiting[1])
        assert code_of(lambda: begin(ana, waiting[2])) == "TOO_MANY_UPLOADS"
        begin(ana, waiting[1])  # asked for again, because the answer was lost
        begin(acting(field.ana, field.phone(field.ana)), waiting[2])


def _with(**changed: int) -> object:
    return replace(current(), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": AttachmentKind.SIGNATURE, "mime_type": "image/webp"}, "TYPE_NOT_ALLOWED"),
        ({"mime_type": "image/svg+xml"}, "TYPE_NOT_ALLOWED"),
        ({"mime_type": "text/html", "kind": AttachmentKind.DOCUMENT}, "TYPE_NOT_ALLOWED"),
        ({"size": 0}, "EMPTY"),
        ({"size": (15 << 20) + 1}, "TOO_LARGE"),
        ({"size": (1 << 20) + 1, "kind": AttachmentKind.SIGNATURE}, "TOO_LARGE"),
        ({"sha256": "A" * 64}, "BAD_VALUE"),
        ({"width": 0}, "OUT_OF_RANGE"),
        ({"height": 2**31}, "OUT_OF_RANGE"),
    ],
)
def test_what_would_be_refused_is_refused_before_it_is_sent(
    field: World, changed: dict[str, object], code: str
) -> None:
    given: dict[str, object] = {
        "kind": AttachmentKind.PHOTO,
        "mime_type": "image/jpeg",
        "size": 100,
        "sha256": "a" * 64,
    }
    account = field.account("Hilltop", field.north)
    call = lambda: actions.announce(  # noqa: E731
        actor=acting(field.ana),
        account=account,
        attachment_id=new_id(),
        **(given | changed),  # type: ignore[arg-type]
    )
    assert code_of(call) == code


def test_other_content_than_announced_is_refused_and_the_phone_starts_anew(field: World, files: Path) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    attachment = announce(ana, field.account("Hilltop", field.north), taken)
    damaged = taken[:-1] + bytes([taken[-1] ^ 1])
    assert code_of(lambda: send(begin(ana, attachment), damaged)) == "CONTENT_MISMATCH"
    attachment.refresh_from_db()
    assert (attachment.state, files_in(files)) == ("announced", [])
    assert send(begin(ana, attachment), taken).state == "whole"
    assert actions.commit(actor=ana, attachment=attachment).state == "stored"


def test_content_that_is_not_what_it_says_is_refused_for_good(field: World, files: Path) -> None:
    ana, page = acting(field.ana, field.phone(field.ana)), b"<html><script>steal()</script></html>"
    attachment = announce(ana, field.account("Hilltop", field.north), page)
    assert code_of(lambda: send(begin(ana, attachment), page)) == "TYPE_MISMATCH"
    attachment.refresh_from_db()
    assert (attachment.state, attachment.reason, files_in(files)) == ("refused", "TYPE_MISMATCH", [])
    assert code_of(lambda: begin(ana, attachment)) == "ATTACHMENT_REFUSED"
    assert code_of(lambda: actions.commit(actor=ana, attachment=attachment)) == "ATTACHMENT_REFUSED"


def test_the_same_photo_at_two_visits_is_sent_once_and_kept_once(field: World, files: Path) -> None:
    ana, store = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    taken = camera_photo()
    first = attach(ana, store, taken)
    again = announce(ana, store, taken)
    assert (again.state, again.blob) == ("stored", first.blob)
    ben = announce(acting(field.ben), store, taken)  # he sees Ana's, so he has it already
    assert ben.state == "stored"
    assert code_of(lambda: begin(ana, again)) == "ALREADY_STORED"
    assert len(files_in(files)) == 1


def test_a_hash_neither_tells_nor_gives_what_somebody_else_has(field: World, files: Path) -> None:
    taken = camera_photo()
    hers = attach(acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north), taken)
    cy, his_store = acting(field.cy, field.phone(field.cy)), field.account("Valley", field.south)
    probe = announce(cy, his_store, taken)
    assert (probe.state, probe.blob) == ("announced", None)
    assert code_of(lambda: actions.commit(actor=cy, attachment=probe)) == "UPLOAD_INCOMPLETE"
    # Who has the bytes may send them; they are kept once all the same, and only he could tell by nothing.
    assert send(begin(cy, probe), taken).state == "whole"
    stored = actions.commit(actor=cy, attachment=probe)
    assert stored.blob == hers.blob
    assert hers.blob is not None
    retention.drop_blobs()
    assert files_in(files) == [hers.blob.key]


def test_two_orgs_never_share_content(field: World, files: Path) -> None:
    taken = camera_photo()
    attach(acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north), taken)
    theirs = Account.objects.create(org=field.other_org, name="Elsewhere")
    zoe = acting(field.zoe, field.phone(field.zoe))
    other = attach(zoe, theirs, taken)
    assert Blob.objects.filter(doomed_at=None).count() == 2
    assert {Attachment.objects.get(pk=other.pk).blob_id} & set(
        Blob.objects.filter(org=field.org).values_list("pk", flat=True)
    ) == set()
    assert len(files_in(files)) == 2


def test_an_author_takes_a_photo_back_but_not_the_evidence_of_a_report(field: World) -> None:
    ana, store = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    visit = field.visit(store)
    attachment = announce(ana, store, camera_photo(), visit=visit)
    assert code_of(lambda: actions.remove(actor=acting(field.ben), attachment=attachment)) == "NOT_YOUR_ATTACHMENT"
    visit.state, visit.ended_at = "completed", clock.now()
    visit.save()
    assert code_of(lambda: actions.remove(actor=ana, attachment=attachment)) == "EVIDENCE_KEPT"
    removed = actions.remove(actor=acting(field.dee), attachment=attachment)
    assert removed.deleted_at is not None
    assert [actions.remove(actor=ana, attachment=attachment).version for _ in range(2)] == [2, 2]


def test_an_upload_that_was_taken_back_cannot_go_on(field: World) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    attachment = announce(ana, field.account("Hilltop", field.north), taken)
    upload = begin(ana, attachment)
    actions.remove(actor=ana, attachment=attachment)
    late = uploads.put_aside(upload, 0, taken[:9])
    assert code_of(lambda: uploads.admit(upload, [late])) == "UPLOAD_NOT_FOUND"
    assert Upload.objects.get().state == "ended"


def test_a_piece_beyond_the_end_is_refused(field: World, files: Path) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    upload = begin(ana, announce(ana, field.account("Hilltop", field.north), taken))
    assert code_of(lambda: uploads.put_aside(upload, len(taken) - 1, b"ab")) == "TOO_LONG"
    assert code_of(lambda: uploads.checked_place(upload, 0, len(taken) + 1)) == "TOO_LONG"
    assert files_in(files) == []
