"""There is an end to what an org may keep, and to the disk; what was begun before it is reached is brought to its end."""

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings

from backend.attachments import actions, retention, space, store, uploads
from backend.attachments.models import Attachment, Blob, Upload, UploadState
from backend.config.env import Env, current
from backend.identity.actor import Actor
from backend.kit.errors import Busy
from tests.attachments.pictures import signature
from tests.attachments.sending import announce, attach, begin, send
from tests.factories.world import World, acting

SIGNED = {"kind": "signature", "mime_type": "image/png"}
MIB = 1 << 20


def env(**changed: int) -> Env:
    """Returns the settings with some changed."""
    return replace(current(), **changed)  # type: ignore[arg-type]


def refusal_of(call: Callable[[], object]) -> str:
    """Returns the code of what is refused for now."""
    with pytest.raises(Busy) as refused:
        call()
    return refused.value.code


def waiting(field: World, actor: Actor, size: int, name: str = "Hilltop") -> Attachment:
    """Announces a document of a size; what is in it does not matter here."""
    return announce(actor, field.account(name, field.north), bytes(size), kind="document", mime_type="application/pdf")


def test_an_org_that_has_all_it_may_begins_no_more_and_goes_on_with_what_was_begun(field: World) -> None:
    ana, ben = acting(field.ana, field.phone(field.ana)), acting(field.ben, field.phone(field.ben))
    attach(ana, field.account("Valley", field.north), signature(1), **SIGNED)
    stored = Blob.objects.get().size
    with override_settings(ENV=env(org_files_mb=2)):
        first, second = waiting(field, ana, MIB), waiting(field, ben, MIB, "Lakeside")
        begun = begin(ana, first)
        assert space.used(field.org.pk) == stored + MIB, "what is to come counts from the beginning"
        assert refusal_of(lambda: begin(ben, second)) == "ORG_FILES_FULL"
        assert second.state == "announced"
        half = uploads.admit(begun, [uploads.put_aside(begun, 0, bytes(MIB // 2))])
        assert uploads.upload_for(ana, half.pk).offset == MIB // 2
        assert begin(ana, first).size == MIB, "the same begun anew takes the place of its own"
        Upload.objects.update(state=UploadState.ENDED)
        assert begin(ben, second).offset == 0
    zoe = acting(field.zoe, field.phone(field.zoe))
    assert space.used(zoe.org_id) == 0


def test_what_is_deleted_makes_room_again(field: World) -> None:
    ana = acting(field.ana, field.phone(field.ana))
    old = attach(ana, field.account("Valley", field.north), signature(1), **SIGNED)
    actions.remove(actor=ana, attachment=old)
    assert space.used(field.org.pk) > 0
    Blob.objects.update(stored_at="2026-01-01T00:00:00Z")
    retention.tidy()
    assert space.used(field.org.pk) == 0


def test_on_a_disk_that_is_nearly_full_nothing_new_begins_and_what_was_begun_goes_on(field: World, files: Path) -> None:
    ana, data = acting(field.ana, field.phone(field.ana)), signature(1)
    attachment = announce(ana, field.account("Hilltop", field.north), data, **SIGNED)  # type: ignore[arg-type]
    begun = begin(ana, attachment)
    start = uploads.admit(begun, [uploads.put_aside(begun, 0, data[:100])])
    files.mkdir(exist_ok=True)
    # Other things write to this disk too: far enough on either side of what is free.
    free = shutil.disk_usage(files).free // MIB
    with override_settings(ENV=env(free_disk_mb=free + free // 2)):
        assert refusal_of(lambda: begin(ana, waiting(field, ana, 10, "Lakeside"))) == "DISK_FULL"
        whole = send(start, data)
        assert whole.state == "whole"
        assert actions.commit(actor=ana, attachment=attachment).state == "stored"
    with override_settings(ENV=env(free_disk_mb=0)):
        late = begin(ana, waiting(field, ana, 10, "Riverside"))
    with override_settings(ENV=env(free_disk_mb=free * 4)):
        assert refusal_of(lambda: uploads.put_aside(late, 0, b"x")) == "DISK_FULL"
        assert uploads.upload_for(ana, late.pk).offset == 0


def test_a_disk_that_fills_in_the_middle_is_told_as_such_and_keeps_what_came(
    field: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, data = acting(field.ana, field.phone(field.ana)), signature(1)
    attachment = announce(ana, field.account("Hilltop", field.north), data, **SIGNED)  # type: ignore[arg-type]
    upload = begin(ana, attachment)
    upload = uploads.admit(upload, [uploads.put_aside(upload, 0, data[:100])])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(store, "put", full)
        assert refusal_of(lambda: uploads.put_aside(upload, 100, data[100:])) == "DISK_FULL"
    upload = uploads.admit(upload, [uploads.put_aside(upload, 100, data[100:])])
    with monkeypatch.context() as patched:
        patched.setattr(store, "put_file", full)
        assert refusal_of(lambda: uploads.finish(upload)) == "DISK_FULL"
    kept = uploads.upload_for(ana, upload.pk)
    assert (kept.state, kept.offset) == ("open", len(data))
    assert uploads.finish(kept).state == "whole"
    assert actions.commit(actor=ana, attachment=attachment).state == "stored"


def test_another_fault_of_the_disk_is_no_full_disk() -> None:
    with pytest.raises(PermissionError), space.roomy():
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_bucket_has_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.free_bytes() is not None
    in_a_bucket = {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "b", "region_name": "r"}},
    }
    with override_settings(STORAGES=in_a_bucket):
        assert default_storage.__class__ is not None
        assert store.free_bytes() is None
