"""The file store, whatever it is: whole files under keys. Parts of an upload are files of their own, so that the same
few calls do on a disk and in a bucket."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

READ_BYTES = 256 * 1024


def put(key: str, data: bytes) -> None:
    """Keeps the bytes under the key, in place of what was there."""
    default_storage.save(key, ContentFile(data))


def put_file(key: str, file: IO[bytes]) -> None:
    """Keeps the file's bytes, from where it stands, under the key, in place of what was there."""
    default_storage.save(key, File(file))


def opened(key: str) -> "File[Any]":
    """Opens a file for reading; raises FileNotFoundError."""
    return default_storage.open(key, "rb")


def pieces(keys: Iterable[str]) -> Iterator[bytes]:
    """Yields the bytes of several files, one after another."""
    for key in keys:
        with opened(key) as file:
            yield from file.chunks(READ_BYTES)


def free_bytes() -> int | None:
    """Returns what is free on the disk for this account; None where the store is no disk."""
    # Only a store of the file system has a base; a bucket's keys have none.
    base = getattr(default_storage, "base_location", None)
    if base is None:
        return None
    folder = Path(base)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def there(key: str) -> bool:
    """Says whether there is such a file."""
    return default_storage.exists(key)


def delete(key: str) -> None:
    """Deletes a file; one that is not there is deleted already."""
    default_storage.delete(key)


def delete_folder(folder: str) -> None:
    """Deletes a folder with the files right in it, named in the database or not."""
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        delete(f"{folder}/{name}")
    # In a bucket a folder is only a part of names, and deleting it deletes nothing.
    delete(folder)
