"""Phones that lose replies, crash, are restored from backups, and must be right all the same."""

from copy import copy
from dataclasses import dataclass, field
from random import Random
from typing import Any

from backend.kit.ids import new_id
from backend.sync.protocol import Mutation, PullPage, Result, Status
from tests.factories.replica import Replica, Rows
from tests.sync.crowd import truth

LIMITS = (1, 2, 3, 4, 7, 15, 500)
PATIENCE = 3_000


@dataclass(slots=True)
class Saved:
    """A phone's storage as a backup has it."""

    rows: Rows
    cursor: str | None
    page_cursor: str | None
    staged: list[dict[str, Any]]
    began_seq: int


NOTHING = Saved(rows={}, cursor=None, page_cursor=None, staged=[], began_seq=0)


@dataclass(slots=True)
class Phone:
    """A replica with bad luck, and an outbox whose every answer is remembered."""

    replica: Replica
    chance: Random
    limit: int = 500
    backups: list[Saved] = field(default_factory=list)
    outbox: list[Mutation] = field(default_factory=list)
    sent: list[Mutation] = field(default_factory=list)
    answers: dict[int, Result] = field(default_factory=dict)
    began_seq: int = 0
    """The last number that was used when the pull under way began."""

    def step(self) -> str:
        """Does one thing; returns what."""
        self.limit = self.chance.choice(LIMITS)
        what = self.chance.choices(
            ("page", "lost", "crash", "backup", "anew", "anew lost", "push", "push lost"),
            (60, 15, 5, 6, 2, 3, 10, 5),
        )[0]
        if what == "page":
            self.page()
        elif what == "lost":
            self.ask()
        elif what == "crash":
            self.replica.crash()
        elif what == "backup" and self.backups:
            self.restore(self.chance.choice(self.backups))
        elif what == "anew":
            self.restore(NOTHING)
        elif what == "anew lost":
            # Another process of the phone began anew and died; this one goes on with what it has.
            before = self.save()
            self.restore(NOTHING)
            self.ask()
            self.restore(before)
        elif what.startswith("push"):
            self.push(lost=what == "push lost")
        return what

    def save(self) -> Saved:
        """Returns what the phone has stored."""
        at = self.replica
        return Saved(copy(at.rows), at.cursor, at.page_cursor, list(at.staged), self.began_seq)

    def restore(self, saved: Saved) -> None:
        """Puts an earlier state back."""
        self.replica.rows = copy(saved.rows)
        self.replica.cursor, self.replica.page_cursor = saved.cursor, saved.page_cursor
        self.replica.staged = list(saved.staged)
        self.began_seq = saved.began_seq

    def ask(self) -> PullPage:
        """Asks for a page, which must hold nothing that the person may not see."""
        page = self.replica.ask(limit=self.limit)
        roots = truth.roots_of(self.replica.user)
        if self.replica.page_cursor is None:
            self.began_seq = page.last_seq
        for op in page.ops:
            assert op["op"] != "put" or op["root"] in roots, f"leak to {self.replica.user.username}: {op}"
        return page

    def page(self, rows: Rows | None = None) -> PullPage:
        """Takes one page; when it completes a pull, the replica is the truth of this instant.

        `rows`: everything there is, if that has been read already."""
        page = self.ask()
        self.replica.take(page)
        if page.complete:
            self.check(page, truth.everything() if rows is None else rows)
        self.backups = [*self.backups[-6:], self.save()]
        return page

    def check(self, page: PullPage, rows: Rows) -> None:
        """Compares the replica with the tables; with `more`, roots are missing and nothing else."""
        right = truth.seen_by(self.replica.user, rows)
        mine = self.replica.rows
        if page.more:
            held = {root for root, _ in mine.values()}
            assert page.last_seq <= self.began_seq, "what was pushed meanwhile may stand under a root that is not here"
            right = {key: value for key, value in right.items() if value[0] in held}
        assert mine == right, f"{self.replica.user.username}: {truth.difference(mine, right)}"

    def empty_outbox(self) -> None:
        """Pushes until every mutation has its answer."""
        while self.outbox:
            self.push(lost=False)

    def settle(self, rows: Rows) -> None:
        """Pulls until nothing is left to come."""
        for _ in range(PATIENCE):
            page = self.page(rows)
            if page.complete and not page.more:
                return
        raise AssertionError("the pull does not end")

    def write(self, account_ids: list[str]) -> None:
        """Puts something into the outbox."""
        replica = self.replica
        account = self.chance.choice(account_ids)
        kind = self.chance.randrange(5)
        if kind == 0:
            made = replica.mutation("account.create", new_id(), args={"name": "Found"})
        elif kind == 1:
            made = replica.mutation("account.patch", new_id(), set={"notes": "nobody's"})
        elif kind == 2:
            made = replica.mutation("no.such\x00", None, args={"\ud800": float("nan"), "nul": "\x00"})
        else:
            args = {"accountId": account, "kind": "note", "subject": "Seen"}
            made = replica.mutation("activity.create", new_id(), args=args)
        self.outbox.append(made)

    def push(self, *, lost: bool) -> None:
        """Sends what is waiting, with something already answered before it now and then."""
        waiting = self.outbox[: self.chance.randint(1, 4)]
        if not waiting:
            return
        again = self.sent[-self.chance.randint(0, 3) :] if self.sent and self.chance.random() < 0.5 else []
        again = [m for m in again if m.seq < waiting[0].seq]
        reply = self.replica.push(*again, *waiting)
        assert reply.halt is None, reply
        for result in reply.results:
            first = self.answers.setdefault(result.seq, result)
            assert (first.status, first.code, first.issue_id) == (result.status, result.code, result.issue_id)
        for m in waiting:
            if m not in self.sent:
                self.sent.append(m)
        if not lost:
            self.outbox = self.outbox[len(waiting) :]

    def applied(self) -> list[Mutation]:
        """Returns the mutations that were answered APPLIED."""
        return [m for m in self.sent if self.answers[m.seq].status is Status.APPLIED]
