"""Phones that lose replies, crash, are copied and restored from backups, and must be right all the same."""

import json
from collections import Counter
from copy import copy
from dataclasses import dataclass, field, replace
from threading import Thread
from typing import Any

from django.db import connections

from backend.sync.protocol import CURRENT, Halt, Mutation, PullPage, PushReply, Result, Status
from backend.sync.snapshot import piece
from tests.factories.replica import Replica, Rows
from tests.factories.world import acting
from tests.sync.crowd import truth
from tests.sync.crowd.outbox import Deeds
from tests.sync.crowd.truth import Seen

LIMITS = (1, 2, 3, 4, 7, 15, 500)
PATIENCE = 3_000
MOST_WAITING = 12


@dataclass(slots=True)
class Saved:
    """A phone's storage as a backup has it."""

    rows: Rows
    cursor: str | None
    page_cursor: str | None
    staged: list[dict[str, Any]]
    began_seq: int
    outbox: list[Mutation]
    next_seq: int


@dataclass(slots=True)
class Phone:
    """A replica with bad luck, and an outbox whose every answer is remembered. One that is not `writing` is a second
    stream of another's device."""

    replica: Replica
    deeds: Deeds
    writing: bool = True
    limit: int = 500
    backups: list[Saved] = field(default_factory=list)
    outbox: list[Mutation] = field(default_factory=list)
    settled: list[tuple[Any, Mutation, Result]] = field(default_factory=list)
    """Each answer that came: from which device, to what."""
    began_seq: int = 0
    """The last number that was used when the pull under way began."""
    stammers: bool = False
    """Its line says every request twice, and it hears one answer of the two."""
    figures: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    """Entities of which a row came."""

    def step(self) -> str:
        """Does one thing; returns what."""
        self.limit = self.deeds.chance.choice(LIMITS)
        self.stammers = self.deeds.chance.random() < 0.2
        what = self.deeds.chance.choices(
            (
                "page",
                "lost",
                "crash",
                "backup",
                "anew",
                "anew lost",
                "push",
                "push lost",
                "push twice",
                "copy",
                "snapshot",
            ),
            (57, 15, 5, 6, 2, 3, 12, 5, 1, 1, 2),
        )[0]
        if what == "page":
            self.page()
        elif what == "lost":
            self.figures["lost replies"] += 1
            self.ask()
        elif what == "crash":
            self.replica.crash()
        elif what == "backup" and self.backups:
            # The rows go back, the outbox is the phone's own: another file.
            self.restore(self.deeds.chance.choice(self.backups))
        elif what == "anew":
            self.restore(self.nothing())
        elif what == "snapshot" and self.replica.protocol == CURRENT and self.replica.entities is None:
            self.read_snapshot()
        elif what == "anew lost":
            # Another process of the phone began anew and died; this one goes on with what it has.
            before = self.save()
            self.restore(self.nothing())
            self.ask()
            self.restore(before)
        elif what.startswith("push") and self.writing:
            self.push(lost=what == "push lost", at_once=3 if what == "push twice" else 1)
        elif what == "copy" and self.writing and self.backups:
            # All of the phone goes back, numbers too: what it did since, it does not know.
            saved = self.deeds.chance.choice(self.backups)
            self.restore(saved)
            self.outbox, self.replica.next_seq = list(saved.outbox), saved.next_seq
        return what

    def nothing(self) -> Saved:
        """Returns the storage of a phone that begins anew and keeps its outbox."""
        return Saved({}, None, None, [], 0, self.outbox, self.replica.next_seq)

    def read_snapshot(self) -> None:
        """Begins anew with a stream of lines, which breaks off now and then; pulls go on from the last cursor it had."""
        self.restore(self.nothing())
        self.figures["snapshots"] += 1
        at = self.replica
        made = piece(
            actor=acting(at.user, at.device), device_id=at.device.pk, protocol=at.protocol, cursor=None
        ).text.splitlines()
        seen = truth.Coverage.now().seen(at.user.pk)
        waiting: list[dict[str, Any]] = []
        for text in made[: self.deeds.chance.choice([len(made), self.deeds.chance.randint(0, len(made))])]:
            line = json.loads(text)
            if "op" in line:
                waiting.append(line)
                self.check_told(line, seen)
            elif "cursor" in line:
                at.staged += waiting
                at.page_cursor, waiting = line["cursor"], []
                if line.get("complete"):
                    at.swap_in(line["cursor"])

    def check_told(self, op: dict[str, Any], seen: Seen) -> None:
        """What is told is what the person may see."""
        if op["op"] == "put":
            assert op["root"] in seen.roots, f"leak to {self.replica.user.username}: {op}"
            assert seen.theirs(op["entity"], op["row"]), f"told to {self.replica.user.username} as well: {op}"
            hidden = truth.unread(op["entity"], seen.role) & op["row"].keys()
            assert not hidden, f"{hidden} of {op['entity']} told to a {seen.role}"

    def save(self) -> Saved:
        """Returns what the phone has stored."""
        at = self.replica
        rows, staged = copy(at.rows), list(at.staged)
        return Saved(rows, at.cursor, at.page_cursor, staged, self.began_seq, list(self.outbox), at.next_seq)

    def restore(self, saved: Saved) -> None:
        """Puts earlier rows back."""
        self.replica.rows = copy(saved.rows)
        self.replica.cursor, self.replica.page_cursor = saved.cursor, saved.page_cursor
        self.replica.staged = list(saved.staged)
        self.began_seq = saved.began_seq

    def ask(self, seen: Seen | None = None) -> PullPage:
        """Asks for a page, which must hold nothing that the person may not see (`seen`, if it was read already)."""
        self.figures["pulls"] += 1
        page = self.replica.ask(limit=self.limit)
        if self.replica.page_cursor is None:
            self.began_seq = page.last_seq
        ops = page.ops
        puts = [op for op in ops if op["op"] == "put"]
        if puts:
            now = seen or truth.Coverage.now().seen(self.replica.user.pk)
            for op in puts:
                self.check_told(op, now)
            self.seen |= {op["entity"] for op in puts}
        self.figures["evictions"] += sum(op["op"] == "evict" for op in ops)
        self.figures["resets"] += page.reset is not None
        self.figures["rows"] += len(puts)
        return page

    def page(self, rows: Rows | None = None, seen: Seen | None = None) -> PullPage:
        """Takes one page; when it completes a pull, the replica is the truth of this instant.

        `rows`, `seen`: everything there is, and what the person sees, if that has been read already."""
        page = self.ask(seen)
        if self.stammers:
            self.figures["said twice"] += 1
            page = self.deeds.chance.choice([page, self.ask(seen)])
        self.replica.take(page)
        if page.complete and (rows is not None or self.deeds.chance.random() < 0.25):
            rows = truth.everything(self.replica.protocol) if rows is None else rows
            self.check(page, rows, seen or truth.Coverage.now().seen(self.replica.user.pk))
        self.backups = [*self.backups[-6:], self.save()]
        return page

    def check(self, page: PullPage, rows: Rows, seen: Seen) -> None:
        """Compares the replica with the tables; with `more`, roots are missing and nothing else."""
        right = truth.seen_by(seen, rows, self.replica.entities)
        mine = self.replica.rows
        if page.more:
            held = {root for root, _ in mine.values()}
            assert page.last_seq <= self.began_seq, "what was pushed meanwhile may stand under a root that is not here"
            right = {key: value for key, value in right.items() if value[0] in held}
        assert mine == right, f"{self.replica.user.username}: {truth.difference(mine, right)}"

    def empty_outbox(self) -> None:
        """Pushes until every mutation has its answer."""
        for _ in range(PATIENCE):
            if not self.outbox:
                return
            self.push(lost=False)
        raise AssertionError("the push does not end")

    def settle(self, rows: Rows, seen: Seen) -> None:
        """Pulls until nothing is left to come."""
        for _ in range(PATIENCE):
            page = self.page(rows, seen)
            if page.complete and not page.more:
                return
        raise AssertionError("the pull does not end")

    def write(self) -> None:
        """Puts something into the outbox."""
        if self.writing and len(self.outbox) < MOST_WAITING:
            self.outbox += self.deeds.write()

    def push(self, *, lost: bool, at_once: int = 1) -> None:
        """Sends what is waiting, with something already answered before it now and then; `at_once` over several lines."""
        chance = self.deeds.chance
        waiting = self.outbox[: chance.randint(1, 4)]
        # A group goes whole.
        while (
            waiting
            and waiting[-1].group
            and [one.group for one in self.outbox[len(waiting) :][:1]] == [waiting[-1].group]
        ):
            waiting = self.outbox[: len(waiting) + 1]
        if not waiting:
            return
        mine = [one for device, one, _ in self.settled if device == self.replica.device.pk]
        again = mine[-chance.randint(1, 3) :] if mine and chance.random() < 0.4 else []
        sent = [one for one in again if one.seq < waiting[0].seq and one.group is None] + waiting
        for reply in self._replies(sent, at_once):
            self.figures["pushes"] += 1
            self._heard(reply, sent, lost)

    def _replies(self, sent: list[Mutation], at_once: int) -> list[PushReply]:
        replies: list[PushReply] = []

        def send() -> None:
            try:
                replies.append(self.replica.push(*sent))
            finally:
                connections.close_all()

        if at_once == 1:
            return [self.replica.push(*sent)]
        self.figures["pushes side by side"] += at_once
        threads = [Thread(target=send) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(replies) == at_once, "a push of several at once failed"
        return replies

    def _heard(self, reply: PushReply, sent: list[Mutation], lost: bool) -> None:
        by_seq = {one.seq: one for one in sent}
        for result in reply.results:
            assert result.id == by_seq[result.seq].id
            self._remember(by_seq[result.seq], result)
        if reply.halt is Halt.DEVICE_FORKED and not lost:
            self._register_again()
            return
        assert reply.halt in (None, Halt.BUSY, Halt.DEVICE_FORKED), reply
        self.figures["lost replies" if lost else "answers"] += 1
        if not lost:
            answered = {result.seq for result in reply.results}
            self.outbox = [one for one in self.outbox if one.seq not in answered]

    def _remember(self, mutation: Mutation, result: Result) -> None:
        for device, one, first in self.settled:
            if device == self.replica.device.pk and one.seq == mutation.seq:
                assert (first.status, first.code, first.issue_id) == (result.status, result.code, result.issue_id)
                return
        self.settled.append((self.replica.device.pk, mutation, result))
        self.figures["conflicts"] += result.status in (Status.CONFLICT, Status.MERGED)
        self.figures["rejected"] += result.status is Status.REJECTED
        self.figures["applied"] += result.status is Status.APPLIED

    def _register_again(self) -> None:
        """This phone is a copy of one that went on: a new device, numbers from one, the same ids."""
        self.figures["forks"] += 1
        self.replica.device = self.deeds.world.phone(self.replica.user)
        self.outbox = [replace(one, seq=number) for number, one in enumerate(self.outbox, 1)]
        self.replica.next_seq = len(self.outbox) + 1
        self.backups.clear()
        self.restore(self.nothing())
