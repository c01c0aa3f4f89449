"""What an operator asks about sync on the command line."""

import json

from tests.config.serving import run


def test_status_keep_and_a_new_epoch(settings: dict[str, str]) -> None:
    told = run("sync", "status", "--json", env=settings)
    assert told.returncode == 0, told.stderr
    before = json.loads(told.stdout)
    assert before["epoch"]
    assert (before["partitions"], before["logRows"], before["devicesBehind"], before["openConflicts"]) == (1, 0, 0, 0)
    table = run("sync", "status", env=settings)
    assert "Devices behind: something waits for them" in table.stdout
    assert run("sync", "keep", env=settings).stdout == "Nothing was due.\n"

    asked = run("new-epoch", env=settings)
    assert asked.returncode != 0, "nobody said yes"
    assert "every phone fetch anew" in asked.stdout
    done = run("new-epoch", "--yes", env=settings)
    assert done.returncode == 0, done.stderr
    after = json.loads(run("sync", "status", "--json", env=settings).stdout)
    assert after["epoch"] in done.stdout
    assert after["epoch"] != before["epoch"]
