"""Pictures as phones take them, made here: with a place in them, an orientation, and what cameras hide."""

import hashlib
import io

from PIL import Image

LATITUDE = 41.5868


def camera_photo(
    form: str = "JPEG", size: tuple[int, int] = (640, 480), *, orientation: int = 6, seed: int = 1
) -> bytes:
    """Returns a picture with Exif: camera, place, orientation. Another seed gives another picture."""
    picture = Image.effect_noise(size, 40).convert("RGB")
    picture.paste((seed * 37 % 256, seed * 71 % 256, 90), (10, 10, 200, 200))
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif[0x0112] = orientation
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (41.0, 35.0, 12.48)
    place[3], place[4] = "W", (93.0, 37.0, 30.0)
    file = io.BytesIO()
    picture.save(file, form, exif=exif)
    return file.getvalue()


def signature(seed: int = 1) -> bytes:
    """Returns a small PNG without metadata."""
    picture = Image.new("L", (200, 80), 255)
    picture.paste(0, (20, 30, 20 + seed * 7 % 150 + 5, 34))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def place_in(data: bytes) -> dict[int, object]:
    """Returns the place a picture tells."""
    with Image.open(io.BytesIO(data)) as picture:
        return dict(picture.getexif().get_ifd(0x8825))


def sha256(data: bytes) -> str:
    """Returns the name of the content."""
    return hashlib.sha256(data).hexdigest()
