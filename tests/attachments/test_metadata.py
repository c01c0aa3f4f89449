"""A photo that is kept says nothing but the picture."""

import io
import tempfile
import zipfile
from contextlib import suppress

import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngImageFile

from backend.attachments import content
from backend.attachments.metadata import Malformed, freed
from backend.attachments.rules import ContentRefused
from tests.attachments.pictures import camera_photo, place_in, sha256
from tests.attachments.sending import DOCX

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def kept(data: bytes, mime_type: str) -> tuple[content.Kept, bytes]:
    """Inspects content and returns what is kept of it."""
    with tempfile.TemporaryFile() as came, tempfile.TemporaryFile() as goes:
        came.write(data)
        came.flush()
        found = content.inspect(came, mime_type, goes)
        goes.seek(0)
        return found, goes.read()


@pytest.mark.parametrize("form", TYPES)
def test_the_place_and_the_camera_go_and_the_picture_stays(form: str) -> None:
    taken = camera_photo(form)
    assert place_in(taken)[2] == (41.0, 35.0, 12.48)
    found, clean = kept(taken, TYPES[form])
    assert place_in(clean) == {}
    assert b"Secret Camera" not in clean
    assert (found.size, found.sha256) == (len(clean), sha256(clean))
    with Image.open(io.BytesIO(taken)) as before, Image.open(io.BytesIO(clean)) as after:
        assert after.tobytes() == before.tobytes()
        assert dict(after.getexif()) == {0x0112: 6}
        assert ImageOps.exif_transpose(after).size == (found.width, found.height) == (480, 640)


def test_what_is_hidden_behind_a_jpeg_goes() -> None:
    plain = camera_photo(orientation=1)
    hidden = plain + camera_photo() + b"PK\x03\x04 an archive"
    _, clean = kept(hidden, "image/jpeg")
    assert b"PK\x03\x04" not in clean
    assert clean.count(b"\xff\xd8\xff") == 1
    assert clean.endswith(b"\xff\xd9")


def test_words_in_a_jpeg_and_a_png_go() -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", comment=b"at Maria's house", xmp=b"<x:xmpmeta>GPSLatitude</x:xmpmeta>")
    assert b"Maria" in file.getvalue()
    _, clean = kept(file.getvalue(), "image/jpeg")
    assert b"Maria" not in clean
    assert b"GPSLatitude" not in clean


def test_progressive_jpegs_with_colour_profiles_stay_as_they_are() -> None:
    profile = b"\0\0\0\x0cicc-of-a-camera"
    file = io.BytesIO()
    Image.effect_noise((300, 200), 90).convert("RGB").save(file, "JPEG", progressive=True, icc_profile=profile)
    _, clean = kept(file.getvalue(), "image/jpeg")
    assert clean == file.getvalue()


@pytest.mark.parametrize("form", TYPES)
def test_a_picture_that_breaks_off_anywhere_is_refused_or_kept_but_never_a_fault(form: str) -> None:
    taken = camera_photo(form, (64, 48))
    refusals = set()
    for end in range(1, len(taken), max(1, len(taken) // 200)):
        try:
            kept(taken[:end], TYPES[form])
        except ContentRefused as refused:
            refusals.add((refused.code, refused.final))
    assert refusals == {("PICTURE_UNREADABLE", True), ("TYPE_MISMATCH", True)}


def test_a_picture_that_would_fill_the_memory_is_refused_unopened() -> None:
    small = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(small, "PNG")
    assert len(small.getvalue()) < 20_000
    with pytest.raises(ContentRefused) as refused:
        kept(small.getvalue(), "image/png")
    assert refused.value.code == "PICTURE_TOO_LARGE"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html><script>alert(1)</script></html>" * 9, "image/png"),
        (b"#!/bin/sh\nrm -rf /\n" * 9, "application/pdf"),
        (camera_photo("PNG"), "image/jpeg"),
        (b"PK\x03\x04" + bytes(90), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"", "application/pdf"),
    ],
)
def test_the_type_is_in_the_bytes_not_in_what_is_said(data: bytes, said: str) -> None:
    with pytest.raises(ContentRefused) as refused:
        kept(data, said)
    assert refused.value.code == "TYPE_MISMATCH"


def test_an_upright_picture_without_metadata_is_kept_byte_for_byte() -> None:
    file = io.BytesIO()
    Image.effect_noise((100, 100), 90).save(file, "PNG")
    assert b"".join(freed(file.getvalue(), "image/png", 1)) == file.getvalue()


@pytest.mark.parametrize("size", [(9_000, 9_000), (400, 300)])
def test_no_picture_is_unfolded_to_look_at_it(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes may unfold to gigabytes, also where they hold nothing but what is asked for."""
    small = io.BytesIO()
    Image.new("L", size).save(small, "PNG")
    unfolded: list[object] = []
    monkeypatch.setattr(PngImageFile, "load_prepare", unfolded.append)
    with suppress(ContentRefused):
        kept(small.getvalue(), "image/png")
    assert unfolded == []


def test_an_office_file_with_a_list_of_contents_without_end_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its entries takes ten times its length of the memory that reads it."""
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as packed:
        for number in range(30_000):
            packed.writestr(f"word/{number}", b"")
        packed.writestr("[Content_Types].xml", b"")
    monkeypatch.setattr(zipfile, "ZipFile", lambda file: pytest.fail("it was read"))
    with pytest.raises(ContentRefused) as refused:
        kept(many.getvalue(), DOCX)
    assert refused.value.code == "TYPE_MISMATCH"


def test_an_office_file_is_kept() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("[Content_Types].xml", b"<Types/>")
        packed.writestr("word/document.xml", b"<w:document/>")
    assert kept(file.getvalue(), DOCX)[1] == file.getvalue()


def test_a_jpeg_of_a_million_parts_is_refused_and_not_gone_through() -> None:
    parts = b"\xff\xe1\x00\x02" * 1_000_000
    with pytest.raises(Malformed):
        list(freed(camera_photo()[:2] + parts + camera_photo()[2:], "image/jpeg", 1))


def test_pixels_that_look_like_markers_are_pixels() -> None:
    pixels = b"\xff\x00" * 9 + b"a\xff\xd0b\xff\xff\x00c"
    picture = b"\xff\xd8\xff\xda\x00\x02" + pixels + b"\xff\xd9"
    assert b"".join(freed(picture + b"hidden", "image/jpeg", 1)) == picture
    assert b"".join(freed(picture[:-2], "image/jpeg", 1)) == picture[:-2]
    assert b"".join(freed(picture[:-1], "image/jpeg", 1)) == picture[:-1]
