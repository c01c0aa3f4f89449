"""Files lie in a folder of their own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import override_settings

from tests.factories import world


def disk_at(folder: Path) -> dict[str, dict[str, object]]:
    """Returns STORAGES with the file store in a folder."""
    return {
        **settings.STORAGES,
        "default": {"BACKEND": "backend.attachments.disk.Disk", "OPTIONS": {"location": folder}},
    }


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> Iterator[Path]:
    """Returns the folder of the file store."""
    folder = tmp_path / "files"
    with override_settings(STORAGES=disk_at(folder)):
        assert default_storage.path("a") == str(folder / "a")
        yield folder


@pytest.fixture
def field(transactional_db: None) -> world.World:
    """Returns the world, committed: uploads are made by several connections."""
    return world.build()
