"""The file: one state or the other, whatever happens to the program."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mobile_client_stub.errors import StubError
from mobile_client_stub.store import Overtaken, Store
from mobile_client_stub.wire import Page
from tests.mobile_client_stub.scripted import page, put

WRITER = """
import sys
from pathlib import Path
from mobile_client_stub.store import Store
from mobile_client_stub.wire import Page
from tests.mobile_client_stub.scripted import page, put

store = Store(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    ops = [put("account", {"id": str(one), "name": f"state {number}"}, str(one)) for one in range(300)]
    store.stage(store.position().cursor, Page.of(page(*ops, cursor=f"c{number}", lastSeq=number)))
    print(number, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "phone.sqlite3")


def test_killed_at_any_moment_it_holds_one_whole_state(tmp_path: Path) -> None:
    path = tmp_path / "phone.sqlite3"
    for attempt in range(5):
        program = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert program.stdout is not None
        said = [int(program.stdout.readline()) for _ in range(2 + attempt)][-1]
        time.sleep(0.003 * attempt)
        program.send_signal(signal.SIGKILL)
        program.wait()
        program.stdout.close()
        store = Store(path)
        position, rows = store.position(), store.rows("account")
        store.close()
        assert position.held_seq >= said
        assert position.cursor == f"c{position.held_seq}"
        assert {row["name"] for row in rows} == {f"state {position.held_seq}"}
        assert len(rows) == 300
        path.unlink()


def test_only_its_owner_may_read_it(store: Store) -> None:
    assert os.stat(store.path).st_mode & 0o077 == 0


def test_a_file_of_another_layout_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "phone.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StubError, match="another version"):
        Store(path)


def test_a_page_asked_for_before_another_process_moved_on_is_not_staged(store: Store) -> None:
    ours, theirs = Store(store.path), Store(store.path)
    theirs.stage(None, Page.of(page(put("account", {"id": "1"}, "1"), cursor="c1", lastSeq=0)))
    with pytest.raises(Overtaken):
        ours.stage(None, Page.of(page(put("account", {"id": "2"}, "2"), cursor="c1", lastSeq=0)))
    assert ours.rows("account") == [{"id": "1"}]


def test_an_operation_it_does_not_know_changes_nothing(store: Store) -> None:
    strange = page(put("account", {"id": "1"}, "1"), {"op": "merge"}, cursor="c1", lastSeq=0)
    with pytest.raises(StubError, match="too old"):
        store.stage(None, Page.of(strange))
    assert (store.rows("account"), store.position().cursor) == ([], None)


def test_unknown_entities_and_columns_do_no_harm(store: Store) -> None:
    row = {"id": "1", "colour": "red"}
    store.stage(None, Page.of(page(put("spaceship", row, "1"), cursor="c1", lastSeq=0)))
    assert store.rows("spaceship") == [row]
