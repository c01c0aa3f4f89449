"""The clients stand as their makers published them: by exact version, from whatever registry the reader uses."""

import json

from tests.clients.node import FOLDER, locked


def test_every_client_is_pinned_and_locked_as_asked_for() -> None:
    asked = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert locked() == asked


def test_the_lock_file_checks_contents_and_names_no_host() -> None:
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    installed = {name: one for name, one in packages.items() if name}
    assert [name for name, one in installed.items() if "resolved" in one] == []
    assert [name for name, one in installed.items() if "integrity" not in one] == []
