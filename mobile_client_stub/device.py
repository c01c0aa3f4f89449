"""The handheld as a person uses it; tests speak through it, and so does the command line."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

import httpx

from mobile_client_stub import week, wire
from mobile_client_stub.api import Api
from mobile_client_stub.appointments import Meeting
from mobile_client_stub.clock import Clock, phone_clock
from mobile_client_stub.deeds import Deeds
from mobile_client_stub.errors import Revoked, Unreachable, UnsentWork
from mobile_client_stub.faults import Faults, FaultyTransport
from mobile_client_stub.files import Files
from mobile_client_stub.outbox import Entry, Outbox
from mobile_client_stub.patience import Patience
from mobile_client_stub.plan import DayPlan, accept, propose, replan
from mobile_client_stub.store import Store
from mobile_client_stub.sync import Loop, Progress, SyncReport
from mobile_client_stub.view import Deal, Place, Stop, View
from mobile_client_stub.watch import Event, follow
from mobile_client_stub.week import WeekPlan
from mobile_client_stub.wire import PAGE_LIMIT, Row, Session

T = TypeVar("T")
LOCAL = "http://127.0.0.1:8000"


def _silent(progress: Progress) -> None:
    del progress


class Device:
    """One phone, kept in the file `path`; making it again with the same path goes on where it stopped.

    Without `server` it speaks to the one it signed in to last."""

    def __init__(
        self,
        server: str | None,
        path: Path,
        *,
        clock: Clock = phone_clock,
        patience: Patience | None = None,
        network: httpx.BaseTransport | None = None,
        page_limit: int = PAGE_LIMIT,
    ) -> None:
        self.store = Store(path)
        self.faults = Faults()
        patience = patience or Patience()
        self._patience = patience
        transport = FaultyTransport(network or httpx.HTTPTransport(), self.faults)
        self._api = Api(
            server or self.store.recall("server") or LOCAL, self.store, patience=patience, transport=transport
        )
        self._outbox = Outbox(self.store, clock)
        self._files = Files(self.store, self._outbox, self._api)
        self._deeds = Deeds(self.store, self._outbox, self._files, clock)
        self._loop = Loop(
            self._api,
            self.store,
            self._outbox,
            self._files,
            clock=clock,
            patience=patience,
            faults=self.faults,
            page_limit=page_limit,
        )
        self._syncing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Puts the phone away; everything is kept."""
        self._api.close()
        self.store.close()

    # -- who, and whether online

    def sign_in(self, user: str, password: str, *, name: str = "handheld") -> Session:
        """Signs a person in on this phone. Raises UnsentWork when somebody else's work waits here."""
        owner = self.store.recall("owner") or {"username": user, "id": None}
        same = owner["username"].casefold() == user.casefold()
        if not same and self._outbox.unsent():
            raise UnsentWork(owner["fullName"], self._outbox.unsent())
        # Kept before the call, so that a lost answer does not leave a second device behind.
        install_key = self.store.install_key(user)
        device = {"installKey": install_key, "name": name, "platform": "python"}
        data = self._api.open_call(wire.SIGN_IN, {"input": {"username": user, "password": password, "device": device}})
        given = data["signIn"]["session"]
        person = given["user"]
        session = Session(
            server=self._api.server,
            access_token=given["accessToken"],
            refresh_token=given["refreshToken"],
            device_id=given["deviceId"],
            user_id=person["id"],
            username=person["username"],
            full_name=person["fullName"],
            role=person["role"],
        )
        with self.store.writing():
            if owner["id"] not in (None, session.user_id):
                self.store.hand_over(user)
                self._files.clear()
            elif self.store.recall("device_id") not in (None, session.device_id):
                self._outbox.requeue()
                self.store.start_over()
            self.store.keep_session(session)
            self.store.remember(device_id=session.device_id, owner=person, server=session.server)
        return session

    @property
    def who(self) -> Session | None:
        """Who is signed in, or None."""
        return self.store.session()

    def go_offline(self) -> None:
        """Flight mode: nothing is sent until `come_back`, however often the program is started."""
        self.store.remember(offline=True)

    def come_back(self) -> None:
        """Ends flight mode; what waits is sent by the next sync."""
        self.store.remember(offline=None)

    @property
    def offline(self) -> bool:
        """Whether flight mode is on."""
        return bool(self.store.recall("offline"))

    def sync(self, tell: Callable[[Progress], None] = _silent) -> SyncReport:
        """Pushes what waits and pulls what changed.

        Raises NotReached (all that was done stays done), SignInNeeded, Revoked (the replica is wiped), Refused."""
        with self._syncing:
            return self._or_wipe(lambda: self._loop.run(tell))

    def _or_wipe(self, call: Callable[[], T]) -> T:
        with self._wiped_if_revoked():
            return call()

    @contextmanager
    def _wiped_if_revoked(self) -> Iterator[None]:
        try:
            yield
        except Revoked:
            self.store.wipe()
            self._files.clear()
            raise

    # -- what the person sees

    @contextmanager
    def screen(self) -> Iterator[View]:
        """Everything read inside is of one instant: replicated rows with the effect of unsent work."""
        with self._deeds.screen() as view:
            yield view

    def today(self, day: date | None = None) -> list[Stop]:
        """Returns the person's own visits of a day (today if none is given), in order."""
        with self.screen() as view:
            return view.day(day or view.local_day(self._deeds.now()))

    def meetings(self, day: date | None = None) -> list[Meeting]:
        """Returns the person's own appointments of a day (today if none is given), in order."""
        with self.screen() as view:
            return view.meetings(day or view.local_day(self._deeds.now()))

    def local_day(self) -> date:
        """Returns what day it is for the person."""
        with self.screen() as view:
            return view.local_day(self._deeds.now())

    def zone(self) -> ZoneInfo:
        """Returns the person's time zone."""
        with self.screen() as view:
            return view.zone()

    def nearby(self, lat: float, lng: float, n: int = 10) -> list[Place]:
        """Returns the n nearest accounts with their distance in metres; works offline."""
        with self.screen() as view:
            return view.nearby(lat, lng, n)

    def accounts(self) -> list[Place]:
        """Returns all accounts by name."""
        with self.screen() as view:
            return view.places()

    def opportunities(self) -> list[Deal]:
        """Returns all opportunities by stage and name."""
        with self.screen() as view:
            return view.deals()

    def orders(self, account: str) -> list[tuple[Row, list[Row]]]:
        """Returns the orders of an account, newest first, each with its lines."""
        with self.screen() as view:
            return view.orders(account)

    def addresses(self, account: str) -> list[Row]:
        """Returns the addresses of an account, the primary one first."""
        with self.screen() as view:
            return view.addresses(account)

    def last_check_in(self) -> tuple[float, float] | None:
        """Returns where the person checked in last today, as far as the phone can tell."""
        with self.screen() as view:
            return view.last_check_in(view.local_day(self._deeds.now()))

    def products(self) -> list[Row]:
        """Returns the catalogue by name."""
        with self.screen() as view:
            return sorted(view.all("product"), key=lambda row: (row["name"], row["id"]))

    def outbox(self) -> list[Entry]:
        """Returns what is not sent, or not yet seen in a pull, oldest first."""
        return self._outbox.entries()

    def attachments(self, visit: str) -> list[Row]:
        """Returns the photos, signatures and documents of a visit, oldest first."""
        with self.screen() as view:
            return view.attachments(visit)

    def files_waiting(self) -> int:
        """Returns how many files are still to be sent."""
        return len(self._files.waiting())

    def files_refused(self) -> dict[str, str]:
        """Returns why the server did not take a file, by attachment."""
        return self._files.refused()

    def unsent(self) -> int:
        """Returns how many mutations wait for their answer."""
        return self._outbox.unsent()

    def conflicts(self) -> list[Row]:
        """Returns the open issues: what did not go through as sent, with both values."""
        with self.screen() as view:
            found = [row for row in view.all("syncIssue") if row["state"] == "open"]
        return sorted(found, key=lambda row: (row["createdAt"], row["id"]))

    def alerts(self) -> list[Row]:
        """Returns what the person was told, newest first; as far as this phone was sent it, also without a way."""
        with self.screen() as view:
            found = view.all("notification")
        return sorted(found, key=lambda row: (row["occurredAt"], row["id"]), reverse=True)

    # -- what the person does (all of it works offline)

    def check_in(
        self, visit_or_account: str, lat: float | None, lng: float | None, accuracy_m: float | None = None
    ) -> Row:
        """Begins a visit, planned or not, and returns it."""
        return self._deeds.check_in(visit_or_account, lat, lng, accuracy_m)

    def report(self, visit: str, outcome: str, summary: str = "", answers: Mapping[str, Any] | None = None) -> Row:
        """Ends a visit with its report and returns the visit."""
        return self._deeds.report(visit, outcome, summary, answers or {})

    def attach(self, visit: str, file: Path, kind: str = "photo") -> Row:
        """Attaches a photo, a signature or a document to a visit and returns it; its content follows by itself."""
        return self._deeds.attach(visit, file, kind)

    def set_out(self, visit: str) -> Row:
        """Says that the person is on the way."""
        return self._deeds.set_out(visit)

    def skip(self, visit: str, reason: str) -> Row:
        """Gives a planned visit up and returns it."""
        return self._deeds.skip(visit, reason)

    def move_stage(self, opportunity: str, stage: str, reason: str = "") -> Row:
        """Moves an opportunity to a stage, by id or name."""
        return self._deeds.move_stage(opportunity, stage, reason)

    def edit_account(self, account: str, **changes: Any) -> Row:
        """Changes fields of an account, named as on the wire: `notes`, `phone`, `visitWindows` …"""
        return self._deeds.edit("account", account, changes)

    def remove_address(self, address: str) -> None:
        """Takes an address off its account."""
        self._deeds.remove_address(address)

    def edit_opportunity(self, opportunity: str, **changes: Any) -> Row:
        """Changes fields of an opportunity: `amount` as text, `closeDate` as YYYY-MM-DD, `name`, `notes`."""
        return self._deeds.edit("opportunity", opportunity, changes)

    def order(self, account: str, lines: Sequence[tuple[str, str, str | None]], note: str = "") -> Row:
        """Takes an order of (product, quantity, price or None for the catalogue's) and returns it."""
        return self._deeds.order(account, lines, note)

    def cancel_order(self, order: str, reason: str) -> Row:
        """Calls an order off that is not confirmed yet, and returns it."""
        return self._deeds.cancel_order(order, reason)

    def add_note(self, account: str, subject: str, body: str = "") -> Row:
        """Writes a note on an account."""
        return self._deeds.add_note(account, subject, body)

    def create_account(self, name: str, phone: str = "", segment: str = "") -> Row:
        """Writes a prospect down."""
        return self._deeds.create_account(name, phone, segment)

    def resolve(self, issue: str, action: str = "discard") -> Row:
        """Settles a conflict: `keepMine` writes mine over theirs, `retry` tries again, `discard` leaves it as it stands."""
        return self._deeds.resolve(issue, action)

    def read_alert(self, alert: str) -> Row:
        """Notes that the person has read an alert; returns it."""
        return self._deeds.read_alert(alert)

    # -- what needs the server

    def propose_day(self, day: date | None = None) -> DayPlan:
        """Asks the server for a plan of a day: the stops in order, and each left-out visit with its reason."""
        wanted = day or self.local_day()
        return self._or_wipe(lambda: propose(self._api, wanted))

    def accept_plan(self, plan: DayPlan) -> SyncReport:
        """Accepts a plan and pulls its visits."""
        self._surely(lambda: accept(self._api, plan))
        return self.sync()

    def replan_from_here(self, lat: float, lng: float) -> DayPlan:
        """Asks for what is left of today anew, from a point; a visit under way stays. What is unsent should be sent before."""
        return self._or_wipe(lambda: replan(self._api, lat, lng))

    def propose_week(self, first_day: date | None = None) -> str:
        """Asks the server to plan the seven days from `first_day` (today) on; returns the run to follow."""
        wanted = first_day or self.local_day()
        return self._or_wipe(lambda: week.propose(self._api, wanted))

    def follow_week(self, run_id: str) -> Iterator[WeekPlan]:
        """Yields the first usable plan at once, then better ones, and last the one that is done."""
        with self._wiped_if_revoked():
            yield from week.follow(self._api, run_id, self._patience)

    def runs_under_way(self) -> list[Row]:
        """Returns the weeks and call cycles that the server still plans, for oneself and for people beneath, oldest first."""
        return self._or_wipe(lambda: week.under_way(self._api))

    def stop_week(self, run_id: str) -> None:
        """Has the server end its search; `follow_week` then gives the best it had."""
        self._surely(lambda: week.stop(self._api, run_id))

    def accept_week(self, plan: WeekPlan) -> SyncReport:
        """Accepts a week and pulls its visits."""
        self._surely(lambda: week.publish(self._api, plan.run_id))
        return self.sync()

    def _surely(self, call: Callable[[], T]) -> T:
        """Calls again when no answer came; for calls that do nothing twice."""
        for attempt in range(self._patience.tries - 1):
            try:
                return self._or_wipe(call)
            except Unreachable:
                self._patience.wait(attempt)
        return self._or_wipe(call)

    def register_push(self, kind: str, value: str) -> None:
        """Tells the server where alerts reach this phone: `kind` fid or fcm_token."""
        self._or_wipe(lambda: self._api.call(wire.REGISTER_PUSH, {"input": {"kind": kind, "value": value}}))

    def acknowledge(self, nid: str, *, opened: bool = False) -> None:
        """Tells the server that an alert arrived on this phone (by push or by a pull), or was opened; twice is once."""
        said = {"input": {"notificationId": nid, "opened": opened}}
        self._surely(lambda: self._api.call(wire.ACKNOWLEDGE, said))

    def watch(self, stop: threading.Event | None = None, *, poll_every: float = 300.0) -> Iterator[Event]:
        """Yields what happens, live, and pulls on every poke, on every reconnection and every five minutes."""
        with self._wiped_if_revoked():
            yield from follow(self._api, self.sync, self._patience, stop or threading.Event(), poll_every)
