"""A whole working day of Ana's over a line that may be as bad as it likes, and what must be true when it is over."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from backend.attachments.models import Attachment
from backend.crm.models import Account, Activity, Opportunity, StageHistory
from backend.field.models import CheckIn, Visit, VisitReport
from backend.sync.models import DeviceState, SyncOp
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotReached
from mobile_client_stub.patience import Patience
from tests.attachments.pictures import signature
from tests.config.serving import until
from tests.factories.world import PASSWORD, World

STORES = 6
MOST_TRIES = 400
NOTES = "Ask for Joe"


class Impatient(httpx.HTTPTransport):
    """A phone that gives a silent server up soon, where a real one would wait longer.

    Each time in vain makes it a little more patient, and each answer a little less: on a busy machine a server may be
    slow and not silent, and whoever asks again and again only makes it slower."""

    def __init__(self, seconds: float = 1.0) -> None:
        super().__init__()
        self.least = self.seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carries one request, with less time for it."""
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), self.seconds)
        try:
            response = super().handle_request(request)
        except httpx.TimeoutException:
            self.seconds = min(self.seconds * 1.5, 20)
            raise
        self.seconds = max(self.seconds / 1.1, self.least)
        return response


class Day:
    """Six stores, a planned visit at each, two deals; Ana works on them, and her phone syncs when it can.

    `wait`: how her phone waits before it tries again, in seconds."""

    def __init__(
        self, world: World, server: str, over: str, folder: Path, *, wait: Callable[[float], object] = lambda _: None
    ) -> None:
        self.world = world
        self.server = server
        self.folder = folder
        self.wait = wait
        self.tries = 0
        self.stores = [world.account(f"Store {number}", world.north) for number in range(STORES)]
        self.visits = [world.visit(store) for store in self.stores]
        self.deal, self.fought = world.deal(self.stores[0], name="Cold case"), world.deal(self.stores[1], name="Fought")
        self.prospects: list[str] = []
        self.done: list[str] = []
        self.ana = Device(
            over, folder / "ana.sqlite3", network=Impatient(), patience=Patience(tries=2, sleep=wait), page_limit=15
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ana.close()

    def keep_trying(self, what: Callable[[], object]) -> None:
        """Does what needs the server until it has been done."""
        for _ in range(MOST_TRIES):
            self.tries += 1
            try:
                what()
            except NotReached:
                self.wait(5)
            else:
                return
        raise AssertionError(f"not done after {MOST_TRIES} tries")

    def begin(self) -> None:
        """Signs in and syncs for the first time."""
        self.keep_trying(lambda: self.ana.sign_in(self.world.ana.username, PASSWORD))
        self.sync()

    def sync(self) -> None:
        """Syncs until everything is sent and everything has come."""
        self.keep_trying(self.ana.sync)
        assert (self.ana.unsent(), self.ana.files_waiting(), self.ana.files_refused()) == (0, 0, {})

    def work(self, part: int) -> None:
        """Visits two stores, finds a prospect and writes a note, all without a line."""
        self.ana.go_offline()
        for visit in self.visits[part * 2 : part * 2 + 2]:
            self.ana.check_in(str(visit.pk), 42.03, -93.62, 8.0)
            self.ana.report(str(visit.pk), "order", f"Part {part}")
            if part == 1:
                (self.folder / "signed.png").write_bytes(signature(self.visits.index(visit)))
                self.ana.attach(str(visit.pk), self.folder / "signed.png", "signature")
        place = self.ana.create_account(f"Found {part}")
        self.prospects.append(place["id"])
        self.ana.add_note(place["id"], f"Seen {part}")
        self.ana.edit_account(str(self.stores[part].pk), notes=f"{NOTES} {part}")
        self.done += [entry.id for entry in self.ana.outbox() if entry.id not in self.done]
        self.ana.come_back()

    def fight(self) -> None:
        """Ana and Ben move the same deal, and he is first."""
        with Device(self.server, self.folder / "ben.sqlite3") as ben:
            ben.sign_in(self.world.ben.username, PASSWORD)
            ben.sync()
            self.ana.go_offline()
            self.ana.move_stage(str(self.fought.pk), "lost", "too dear")
            self.ana.move_stage(str(self.deal.pk), "offer")
            self.done += [entry.id for entry in self.ana.outbox() if entry.id not in self.done]
            self.ana.come_back()
            ben.move_stage(str(self.fought.pk), "won", "signed")
            assert ben.sync().count("APPLIED") == 1

    def live(self) -> None:
        """The whole of it, in order."""
        self.begin()
        self.work(0)
        self.sync()
        self.fight()
        self.work(1)
        self.sync()
        self.work(2)
        self.sync()

    def check(self) -> None:
        """Her phone is a fresh snapshot, the ledger has each deed once, the tables have each effect once."""
        device = self.ana.who
        assert device is not None
        ledger = SyncOp.objects.filter(device_id=device.device_id).order_by("seq")
        assert [op.seq for op in ledger] == list(range(1, len(self.done) + 3))
        # The phone itself says of each file that it has arrived, when it has.
        assert [str(op.pk) for op in ledger if op.name != "attachment.commit"] == self.done
        assert {op.status for op in ledger} == {"APPLIED", "CONFLICT"}
        assert DeviceState.objects.get(device_id=device.device_id).last_seq == len(self.done) + 2
        org = self.world.org
        mine = {"org": org, "rep": self.world.ana}
        assert (
            Visit.objects.filter(**mine, state="completed").count() == CheckIn.objects.filter(**mine).count() == STORES
        )
        reports = VisitReport.objects.filter(org=org).order_by("submitted_at").values_list("summary", flat=True)
        assert list(reports) == ["Part 0", "Part 0", "Part 1", "Part 1", "Part 2", "Part 2"]
        assert {
            str(one) for one in Account.objects.filter(org=org, lifecycle="prospect").values_list("id", flat=True)
        } == set(self.prospects)
        signed = Attachment.objects.filter(org=org).values_list("state", "sha256")
        assert [state for state, _ in signed] == ["stored", "stored"]
        assert len({sha256 for _, sha256 in signed}) == 2
        subjects = Activity.objects.filter(org=org).order_by("subject").values_list("subject", flat=True)
        assert list(subjects) == ["Seen 0", "Seen 1", "Seen 2"]
        notes = Account.objects.filter(pk__in=[one.pk for one in self.stores[:3]]).values_list("notes", flat=True)
        assert sorted(notes) == [f"{NOTES} {part}" for part in range(3)]
        deals = dict(Opportunity.objects.filter(org=org).values_list("name", "stage__name"))
        assert deals == {"Cold case": "offer", "Fought": "won"}
        assert StageHistory.objects.filter(org=org).count() == 4
        assert [issue["code"] for issue in self.ana.conflicts()] == ["STAGE_MOVED_MEANWHILE"]
        # The worker makes small pictures in its own time, and says so in a row that both phones hold.
        until(lambda: not Attachment.objects.filter(org=org, has_thumbnail=False).exists(), "the small pictures")
        self.sync()
        with Device(self.server, self.folder / "fresh.sqlite3") as fresh:
            fresh.sign_in(self.world.ana.username, PASSWORD)
            fresh.sync()
            assert self.ana.store.contents() == fresh.store.contents()


class Outage:
    """Seconds that pass only while somebody waits; the line is cut, and mended when enough of them have passed."""

    def __init__(self, line_mends: Callable[[], None], seconds: float, *, really: bool = False) -> None:
        self._mend = line_mends
        self._left = seconds
        self._really = really

    def wait(self, seconds: float) -> None:
        """Lets seconds pass."""
        if self._really:
            time.sleep(seconds)
        if self._left > 0:
            self._left -= seconds
            if self._left <= 0:
                self._mend()
