"""What nobody refers to goes, even when the job that does it is killed in between; what somebody does, stays."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from PIL import Image

from backend.attachments import actions, retention, uploads
from backend.attachments.models import Attachment, Blob, Upload, UploadPart
from backend.attachments.thumbnails import make
from backend.config.wiring import WIRING
from backend.events import outbox
from backend.kit import clock
from tests.aftermath import until_the_server_noticed
from tests.attachments.pictures import camera_photo
from tests.attachments.sending import announce, attach, begin, send
from tests.attachments.test_uploads import files_in
from tests.factories.world import World, acting

LATER = timedelta(hours=80)


def tidy_until_killed(folder: Path, where: str) -> None:
    """Runs the job in a process of its own on this test's database and sees it die."""
    at = connection.settings_dict
    user, password = quote(at["USER"], safe=""), quote(at["PASSWORD"], safe="")
    url = f"postgresql://{user}:{password}@/{at['NAME']}?host={quote(at['HOST'], safe='')}&port={at['PORT']}"
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.attachments.doomed_tidying", str(folder), where],
        cwd=root,
        env={**os.environ, "DATABASE_URL": url, "TEST_DATABASE_URL": url, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    until_the_server_noticed()


def age(hours: int) -> None:
    """Makes everything that is stored older."""
    span = timedelta(hours=hours)
    for blob in Blob.objects.exclude(stored_at=None):
        Blob.objects.filter(pk=blob.pk).update(stored_at=blob.stored_at - span)  # type: ignore[operator]
    for upload in Upload.objects.all():
        Upload.objects.filter(pk=upload.pk).update(
            expires_at=upload.expires_at - span, whole_at=upload.whole_at and upload.whole_at - span
        )


@pytest.mark.parametrize("where", ["before-file", "after-file", "before-folder", "after-folder"])
def test_after_a_kill_the_next_job_finishes_and_content_sent_meanwhile_is_whole(
    field: World, files: Path, where: str
) -> None:
    ana, store = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    taken, other = camera_photo(seed=1), camera_photo(seed=2)
    gone = attach(ana, store, taken)
    assert gone.blob is not None
    make(gone.blob)
    kept = attach(ana, store, other)
    given_up = begin(ana, announce(ana, store, camera_photo(seed=3)))
    uploads.admit(given_up, [uploads.put_aside(given_up, 0, b"x" * 100)])
    actions.remove(actor=ana, attachment=gone)
    age(80)
    tidy_until_killed(files, where)

    again = attach(ana, store, taken)  # the same content, while the old is neither here nor gone
    retention.tidy()
    retention.tidy()
    blobs = {Attachment.objects.get(pk=one.pk).blob for one in (again, kept)}
    assert set(Blob.objects.all()) == blobs
    expected = [blob.key for blob in blobs if blob] + [
        blob.thumbnail_key for blob in blobs if blob and blob.has_thumbnail
    ]
    assert files_in(files) == sorted(expected)
    assert not Upload.objects.filter(pk=given_up.pk).exists()
    assert not UploadPart.objects.exists()


def test_what_arrived_whole_is_stored_though_the_phone_never_said_so(field: World) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    attachment = announce(ana, field.account("Hilltop", field.north), taken)
    send(begin(ana, attachment), taken)
    retention.tidy()
    attachment.refresh_from_db()
    assert attachment.state == "announced"
    with clock.moved_to(clock.now() + timedelta(minutes=61)):
        retention.tidy()
    attachment.refresh_from_db()
    assert attachment.state == "stored"
    assert actions.commit(actor=ana, attachment=attachment).state == "stored"


def test_an_upload_whose_process_died_at_the_last_byte_is_finished(field: World) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    upload = begin(ana, announce(ana, field.account("Hilltop", field.north), taken))
    uploads.admit(upload, [uploads.put_aside(upload, 0, taken)])
    retention.tidy()
    upload.refresh_from_db()
    assert upload.state == "open"
    with clock.moved_to(clock.now() + timedelta(minutes=11)):
        retention.tidy()
    upload.refresh_from_db()
    assert upload.state == "whole"


def test_half_written_content_and_files_that_no_row_names_go(field: World, files: Path) -> None:
    ana, taken = acting(field.ana, field.phone(field.ana)), camera_photo()
    upload = begin(ana, announce(ana, field.account("Hilltop", field.north), taken))
    uploads.put_aside(upload, 0, taken[:100])  # and the process dies before it is admitted
    half = Blob.objects.create(org=field.org, sha256="a" * 64, mime_type="image/jpeg")
    (files / half.key).parent.mkdir(parents=True)
    (files / half.key).write_bytes(b"half")
    retention.tidy()
    assert len(files_in(files)) == 2
    Blob.objects.update(created_at=clock.now() - timedelta(days=2))
    with clock.moved_to(clock.now() + LATER):
        retention.tidy()
    assert files_in(files) == []
    assert not Blob.objects.exists()


def test_content_that_one_of_two_still_shows_stays(field: World, files: Path) -> None:
    ana, store = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    first, second = (attach(ana, store, camera_photo()) for _ in range(2))
    actions.remove(actor=ana, attachment=first)
    with clock.moved_to(clock.now() + LATER):
        retention.tidy()
        assert len(files_in(files)) == 1
        actions.remove(actor=ana, attachment=Attachment.objects.get(pk=second.pk))
        retention.tidy()
    assert files_in(files) == []


def test_a_picture_gets_a_small_one_upright_and_without_its_place(field: World, files: Path) -> None:
    kept = attach(acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north), camera_photo())
    assert outbox.drain(WIRING) == 1
    kept.refresh_from_db()
    assert kept.has_thumbnail
    assert kept.blob is not None
    small = files / kept.blob.thumbnail_key
    with Image.open(small) as picture:
        assert picture.size == (240, 320)
        assert dict(picture.getexif()) == {}
