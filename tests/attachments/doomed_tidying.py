"""A periodic job that is killed at one place: python -m tests.attachments.doomed_tidying FOLDER WHERE."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.test import override_settings  # noqa: E402

from backend.attachments import retention, store  # noqa: E402
from tests.attachments.conftest import disk_at  # noqa: E402


def die() -> None:
    """Leaves as with kill -9: no handler runs, nothing is flushed or rolled back by us."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, where: str) -> None:
    """Tidies until it dies before, or after, the last file of a blob or the folder of an upload is deleted."""
    when, what = where.split("-")
    name = "delete" if what == "file" else "delete_folder"
    real: Callable[[str], None] = getattr(store, name)

    def deleting(key: str) -> None:
        wanted = not key.endswith(".thumbnail.jpg") and key.startswith("blobs/" if what == "file" else "uploads/")
        if wanted and when == "before":
            die()
        real(key)
        if wanted:
            die()

    setattr(store, name, deleting)
    with override_settings(STORAGES=disk_at(Path(folder))):
        retention.tidy()


if __name__ == "__main__":
    main(*sys.argv[1:])
