"""The phone behind the commands: one file in one folder, whatever folder the command runs in."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from mobile_client_stub.device import Device
from mobile_client_stub.errors import FlightMode, NotReached, SignInNeeded
from mobile_client_stub.patience import Patience
from mobile_client_stub.sync import SyncReport

HOME = Path("~/.fieldbeat-stub")
QUICKLY = Patience(tries=2, base=0.3, cap=30.0)


@dataclass
class Phone:
    """What every command is given. `server` overrides the one signed in to."""

    home: Path
    server: str | None
    out: Console
    _device: Device | None = None

    @property
    def device(self) -> Device:
        """The device, opened when it is first asked for."""
        if self._device is None:
            path = self.home.expanduser() / "phone.sqlite3"
            self._device = Device(self.server, path, patience=QUICKLY)
        return self._device

    def signed_in(self) -> Device:
        """The device of somebody who has signed in here before; raises SignInNeeded."""
        if self.device.store.recall("owner") is None:
            raise SignInNeeded
        return self.device

    def say(self, text: str) -> None:
        """Says a line to the person."""
        self.out.print(text, highlight=False)

    def close(self) -> None:
        """Puts the phone away."""
        if self._device is not None:
            self._device.close()

    def tell_unsent(self) -> None:
        """Says what waits, if anything does."""
        waiting, files = self.device.unsent(), self.device.files_waiting()
        if waiting or files:
            mode = "this phone is offline" if self.device.offline else "`sync` sends it"
            also = f" and {files} files" if files else ""
            self.say(f"[yellow]{waiting} unsent{also}[/yellow]; {mode}.")

    def send(self) -> None:
        """After a deed: sends it if there is a way, and says how it stands otherwise."""
        try:
            self.tell_report(self.device.sync())
        except FlightMode:
            self.say("Saved on this phone.")
        except NotReached as trouble:
            self.say(f"Saved on this phone. {trouble}")
        self.tell_unsent()

    def tell_report(self, report: SyncReport) -> None:
        """Says what a sync did to the person's work."""
        done = report.count("APPLIED")
        if done:
            again = f" ({report.replayed} of them had arrived before: their answer was lost)" if report.replayed else ""
            self.say(f"[green]Sent {done}[/green]{again}.")
        for entry, answer in report.answers:
            if answer.status == "MERGED":
                self.say(f"[yellow]Merged[/yellow]: {entry.label}. {answer.message or ''}")
        for entry, answer in report.refused:
            self.say(f"[red]{answer.status.title()}[/red]: {entry.label}. {answer.message or ''} \\[{answer.code}]")
        if report.refused:
            self.say("Nothing of it is lost: see `conflicts`.")
