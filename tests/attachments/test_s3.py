"""The same story with the files in a bucket: a real server that speaks S3, in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import boto3
import httpx
import pytest
from django.test import override_settings

from backend.attachments import actions, links, retention, store, uploads
from backend.attachments.models import Blob
from backend.config.env import load
from backend.config.files import file_store
from backend.config.wiring import WIRING
from backend.events import outbox
from backend.kit import clock
from tests.attachments.pictures import camera_photo, place_in, sha256
from tests.attachments.sending import announce, attach, begin, send
from tests.config.serving import free_port, until
from tests.factories.world import World, acting

KEYS = {"aws_access_key_id": "fieldbeat", "aws_secret_access_key": "only for tests", "region_name": "eu-central-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Runs the server and returns its address."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def answers() -> bool:
        try:
            return httpx.get(base, trust_env=False).status_code < 500
        except httpx.TransportError:
            return False

    try:
        until(answers, "the S3 server")
        yield base
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bucket(s3: str, tmp_path: Path) -> Iterator[str]:
    """Makes a bucket and keeps the files there, as the settings say."""
    name = f"files-{tmp_path.name.strip('_').replace('_', '-')[-30:]}".lower().strip("-")
    with closing(boto3.client("s3", endpoint_url=s3, **KEYS)) as client:
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    env = load(
        {
            "FIELDBEAT_S3_BUCKET": name,
            "FIELDBEAT_S3_ENDPOINT": s3,
            "FIELDBEAT_S3_REGION": "eu-central-1",
            "FIELDBEAT_S3_ACCESS_KEY": KEYS["aws_access_key_id"],
            "FIELDBEAT_S3_SECRET_KEY": "only-for-tests",
        }
    )
    with override_settings(STORAGES={"default": file_store(env)}):
        yield name


def keys_in(s3: str, bucket: str) -> list[str]:
    """Names what lies in the bucket."""
    with closing(boto3.client("s3", endpoint_url=s3, **KEYS)) as client:
        return sorted(one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", []))


def test_pieces_become_objects_and_then_one_content(field: World, s3: str, bucket: str) -> None:
    ana, account, taken = (
        acting(field.ana, field.phone(field.ana)),
        field.account("Hilltop", field.north),
        camera_photo(),
    )
    attachment = announce(ana, account, taken)
    upload = begin(ana, attachment)
    for start in range(0, 30_000, 10_000):
        uploads.admit(upload, [uploads.put_aside(upload, start, taken[start : start + 10_000])])
    assert [key.rsplit("/", 1)[0] for key in keys_in(s3, bucket)] == [upload.folder] * 3

    upload = send(uploads.upload_for(ana, upload.pk), taken)  # any other process, of any other host
    stored = actions.commit(actor=ana, attachment=attachment)
    assert stored.blob is not None
    assert keys_in(s3, bucket) == [stored.blob.key]
    outbox.drain(WIRING)
    assert keys_in(s3, bucket) == [stored.blob.key, stored.blob.thumbnail_key]
    with store.opened(stored.blob.key) as file:
        kept = file.read()
    assert place_in(kept) == {}
    assert sha256(kept) == stored.blob.kept_sha256
    assert file.size == stored.blob.size

    address = links.links(ana, stored)
    assert address.content is not None
    served = links.opened(stored.pk, "content", address.content.partition("token=")[2])
    assert (served.key, served.mime_type) == (stored.blob.key, "image/jpeg")


def test_what_nobody_refers_to_leaves_the_bucket(field: World, s3: str, bucket: str) -> None:
    ana, account = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    gone = attach(ana, account, camera_photo(seed=1))
    given_up = begin(ana, announce(ana, account, camera_photo(seed=2)))
    uploads.admit(given_up, [uploads.put_aside(given_up, 0, b"x" * 100)])
    uploads.put_aside(given_up, 100, b"never admitted")
    actions.remove(actor=ana, attachment=gone)
    assert len(keys_in(s3, bucket)) == 3
    with clock.moved_to(clock.now() + timedelta(hours=80)):
        retention.tidy()
    assert keys_in(s3, bucket) == []
    assert not Blob.objects.exists()
