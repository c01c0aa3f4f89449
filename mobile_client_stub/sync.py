"""The sync loop: push what waits, pull what changed, until the phone and the server agree."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from mobile_client_stub import wire
from mobile_client_stub.api import Api
from mobile_client_stub.clock import Clock, instant
from mobile_client_stub.errors import ProtocolBroken, Refused, SignInNeeded, Unreachable
from mobile_client_stub.faults import Faults
from mobile_client_stub.files import Files
from mobile_client_stub.outbox import Entry, Outbox
from mobile_client_stub.patience import Patience
from mobile_client_stub.store import Overtaken, Store
from mobile_client_stub.wire import Answer, Page, PushReply

ROUNDS = 5
"""How often push and pull may call for one another again, and how many resets one pull may meet."""

PAGES_ONLY = "PAGES_SUPERSEDED"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is. `total` is known on a first sync only."""

    phase: str
    done: int
    total: int | None


@dataclass(slots=True)
class SyncReport:
    """What one sync did. `answers` are by mutation, in order; `unsent` is what is still in the outbox."""

    answers: list[tuple[Entry, Answer]] = field(default_factory=list)
    puts: Counter[str] = field(default_factory=Counter)
    dels: Counter[str] = field(default_factory=Counter)
    evicted: list[str] = field(default_factory=list)
    resets: list[str] = field(default_factory=list)
    halts: list[str] = field(default_factory=list)
    pages: int = 0
    retries: int = 0
    unsent: int = 0

    def count(self, status: str) -> int:
        """Returns how many mutations were answered with a status."""
        return sum(answer.status == status for _, answer in self.answers)

    @property
    def replayed(self) -> int:
        """How many answers were given a second time, their first telling having been lost."""
        return sum(answer.replayed for _, answer in self.answers)

    @property
    def refused(self) -> list[tuple[Entry, Answer]]:
        """Those that did not go through as sent: conflicts and rejections."""
        return [(entry, answer) for entry, answer in self.answers if answer.status in ("CONFLICT", "REJECTED")]


Tell = Callable[[Progress], None]
T = TypeVar("T")


class Loop:
    """One sync after another for one phone."""

    def __init__(
        self,
        api: Api,
        store: Store,
        outbox: Outbox,
        files: Files,
        *,
        clock: Clock,
        patience: Patience,
        faults: Faults,
        page_limit: int,
    ) -> None:
        self._api = api
        self._store = store
        self._outbox = outbox
        self._files = files
        self._clock = clock
        self._patience = patience
        self._faults = faults
        self._page_limit = page_limit

    def run(self, tell: Tell) -> SyncReport:
        """Syncs once. Raises NotReached after its patience has run out; what was done until then stays done."""
        report = SyncReport()
        for _ in range(ROUNDS):
            self._push(report, tell)
            self._pull(report, tell)
            # After all else: a large photo on a bad line must not keep the day's work from being seen.
            for waiting in self._files.ready():
                self._retrying(report, partial(self._files.send, waiting))
            report.unsent = self._outbox.unsent()
            # What was sent waits to be committed, and a restored server may have forgotten what was settled.
            if not report.unsent:
                break
        return report

    def _retrying(self, report: SyncReport, call: Callable[[], T]) -> T:
        for attempt in range(self._patience.tries - 1):
            least = 0.0
            try:
                return call()
            except Unreachable:
                pass
            except Refused as refused:
                if refused.retry != "RETRY":
                    raise
                least = refused.after
            report.retries += 1
            self._patience.wait(attempt, least)
        return call()

    # -- push

    def _push(self, report: SyncReport, tell: Tell) -> None:
        halted = 0
        done = 0
        while batch := self._outbox.batch():
            tell(Progress("push", done, done + self._outbox.unsent()))
            reply = self._retrying(report, partial(self._push_once, batch))
            by_id = {answer.id: answer for answer in reply.answers}
            settled = self._outbox.settle(reply.answers)
            report.answers += [(entry, by_id[entry.id]) for entry in settled]
            done += len(settled)
            if reply.halt is None and not settled:
                raise ProtocolBroken("The server answered none of the mutations that were sent.")
            if reply.halt is not None:
                report.halts.append(reply.halt)
                halted += 1
                if halted >= ROUNDS:
                    raise ProtocolBroken(
                        f"The server keeps stopping the push: {reply.halt} {reply.message or ''}".strip()
                    )
                self._after_halt(reply, halted)

    def _push_once(self, batch: list[Entry]) -> PushReply:
        # This phone's clock may be wrong, and it knows by how much: what it claims is read with that.
        offset = -round(float(self._store.recall("clock_ahead") or 0) * 1000)
        mutations = [entry.wire() | {"clockOffsetMs": offset} for entry in batch]
        variables = {"protocol": wire.PROTOCOL, "mutations": mutations}
        data = self._api.call(wire.SYNC_PUSH, {"device": self._api.session().device_id, **variables})
        return PushReply.of(data["syncPush"])

    def _after_halt(self, reply: PushReply, halted: int) -> None:
        match reply.halt:
            case "SEQ_GAP":
                self._outbox.fill_gap(reply.last_seq)
            case "DEVICE_FORKED":
                self._leave_copied_device()
            case "BUSY":
                self._patience.wait(halted - 1)
            case unknown:
                raise ProtocolBroken(f"The push stopped for a reason this program does not know: {unknown}.")

    def _leave_copied_device(self) -> None:
        # Both copies hold the same tokens too, so neither can go on with them: a person must sign in.
        self._store.remember(session=None, install_keys=None)
        raise SignInNeeded("This phone was copied, and both copies worked; nothing unsent is lost")

    # -- pull

    def _pull(self, report: SyncReport, tell: Tell) -> None:
        resets = 0
        number = 0
        while True:
            position = self._store.position()
            asked_with = position.staged_cursor or position.cursor
            page = self._retrying(report, partial(self._pull_once, asked_with))
            if page.reset is not None:
                report.resets.append(page.reset)
                resets += 1
                if resets >= ROUNDS:
                    raise ProtocolBroken(f"The server keeps resetting this phone: {page.reset}.")
                self._after_reset(page.reset)
                continue
            self._measure_clock(page)
            try:
                swapped = self._store.stage(asked_with, page)
            except Overtaken:
                continue
            number += 1
            _note(report, page)
            counts = page.counts or position.counts
            tell(Progress("pull", position.staged + len(page.ops), sum(counts.values()) if counts else None))
            self._faults.page_staged(number)
            if swapped and not page.more:
                return

    def _pull_once(self, cursor: str | None) -> Page:
        variables = {
            "protocol": wire.PROTOCOL,
            "cursor": cursor,
            "limit": self._page_limit,
            "pending": self._outbox.unsent(),
        }
        data = self._api.call(wire.SYNC_PULL, {"device": self._api.session().device_id, **variables})
        return Page.of(data["syncPull"])

    def _after_reset(self, reason: str) -> None:
        if reason == PAGES_ONLY:
            self._store.forget_staged()
        else:
            # Whatever the reason, one this program does not know among them: what is here must be fetched anew.
            self._store.start_over()

    def _measure_clock(self, page: Page) -> None:
        ahead = (self._clock() - instant(page.server_time)).total_seconds()
        self._store.remember(clock_ahead=ahead)


def _note(report: SyncReport, page: Page) -> None:
    report.pages += 1
    for op in page.ops:
        match op["op"]:
            case "put":
                report.puts[op["entity"]] += 1
            case "del":
                report.dels[op["entity"]] += 1
            case "evict":
                report.evicted.append(op["root"])
