"""The file store on a disk: what it says is kept survives a power cut, and only the server's own account reads it."""

import os
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible(path="backend.attachments.disk.Disk")
class Disk(FileSystemStorage):
    """Files under `location`, written over when they are there, and flushed before their name is told."""

    def __init__(self, location: str | os.PathLike[str]) -> None:
        super().__init__(
            location=location, file_permissions_mode=0o600, directory_permissions_mode=0o700, allow_overwrite=True
        )

    def _save(self, name: str, content: "File[Any]") -> str:
        kept = super()._save(name, content)  # type: ignore[misc]
        path = Path(self.path(kept))
        for one, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
            opened = os.open(one, flags)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
        return str(kept)
