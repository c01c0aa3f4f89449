"""`python -m tests.soak.hammer --server URL --stubs 50 --seconds 60`: many handhelds at one server that holds the demo.

Each does what its person might do, and syncs, as fast as it can; at the end each must hold what a new phone of that person
would. While it runs, `fieldbeat sync status` beside it shows how the server bears it."""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotReached, Refused

PEOPLE = "ana cy fay gus ben".split()
PASSWORD = "fieldbeat"
STAGGER = 0.2


@dataclass(slots=True)
class Tally:
    """What all phones did, by name; shared, so behind a lock."""

    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **more: int) -> None:
        """Adds to the counts."""
        with self.lock:
            self.counts.update(more)


def main() -> int:
    """Hammers; returns an exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.hammer")
    parser.add_argument("--server", default="http://127.0.0.1:8000")
    parser.add_argument("--stubs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="fieldbeat-hammer-") as folder:
        until = time.monotonic() + given.seconds
        phones = [
            Device(given.server, Path(folder) / f"{PEOPLE[number % len(PEOPLE)]}-{number}.sqlite3")
            for number in range(given.stubs)
        ]
        threads = [
            threading.Thread(
                target=_work,
                args=(phone, PEOPLE[number % len(PEOPLE)], Random(given.seed * 1000 + number), until, tally),
            )
            for number, phone in enumerate(phones)
        ]
        for thread in threads:
            thread.start()
            time.sleep(STAGGER)
        for thread in threads:
            thread.join()
        unequal = _compare(given.server, phones, Path(folder), tally)
        for phone in phones:
            phone.close()
    for name, number in sorted(tally.counts.items()):
        print(f"{number:>10,} {name}")  # noqa: T201 - this is what one runs it for
    for person in unequal:
        print(f"A phone of {person} differs from a new one.")  # noqa: T201
    return 1 if unequal or tally.counts["lost"] else 0


def _work(phone: Device, person: str, chance: Random, until: float, tally: Tally) -> None:
    _patiently(lambda: phone.sign_in(person, PASSWORD, name="hammer"), tally)
    _patiently(phone.sync, tally)
    tally.add(phones_synced_first=1)
    while time.monotonic() < until:
        for _ in range(chance.randint(1, 3)):
            _deed(phone, chance, tally)
        try:
            report = phone.sync()
        except (NotReached, Refused) as error:
            tally.add(**{f"sync put off ({_code(error)})": 1})
            time.sleep(1)
            continue
        tally.add(syncs=1, sent=len(report.answers), fetched=report.puts.total() + report.dels.total())
    _patiently(phone.sync, tally)
    tally.add(lost=phone.unsent(), conflicts_in_inboxes=len(phone.conflicts()))


def _deed(phone: Device, chance: Random, tally: Tally) -> None:
    accounts = phone.accounts()
    if not accounts:
        return
    account = str(chance.choice(accounts[:20]).account["id"])
    match chance.randrange(3):
        case 0:
            phone.edit_account(account, phone=f"+1 515 {chance.randrange(10**7):07}")
            tally.add(edits=1)
        case 1:
            phone.add_note(account, "Called", f"Answered {chance.randrange(100)}")
            tally.add(notes=1)
        case _:
            phone.edit_account(account, segment=f"segment {chance.randrange(5)}")
            tally.add(edits=1)


def _patiently(call: Callable[[], object], tally: Tally) -> None:
    for _ in range(120):
        try:
            call()
        except (NotReached, Refused) as error:
            if isinstance(error, Refused) and error.retry != "RETRY":
                raise
            tally.add(**{f"put off ({_code(error)})": 1})
            time.sleep(1)
            continue
        return
    raise TimeoutError("the server did not answer for two minutes")


def _code(error: Exception) -> str:
    return error.code if isinstance(error, Refused) else type(error).__name__


def _compare(server: str, phones: list[Device], folder: Path, tally: Tally) -> list[str]:
    """Syncs all once more, now that nobody writes, and compares each with a new phone of its person."""
    unequal: list[str] = []
    fresh: dict[str, object] = {}
    for phone in phones:
        _patiently(phone.sync, tally)  # the last of them may write an inbox row that the others hold too
    for phone in phones:
        person = phone.who.username if phone.who else ""
        _patiently(phone.sync, tally)
        if person not in fresh:
            with Device(server, folder / f"fresh-{person}.sqlite3") as new:
                _patiently(partial(new.sign_in, person, PASSWORD, name="fresh"), tally)
                _patiently(new.sync, tally)
                fresh[person] = new.store.contents()
        if phone.store.contents() != fresh[person]:
            unequal.append(person)
        tally.add(phones_compared=1)
    return unequal


if __name__ == "__main__":
    sys.exit(main())
