"""A phone that lies open and shows what happens."""

import queue
import threading
import time

from mobile_client_stub.device import Device
from mobile_client_stub.watch import Event

PATIENCE = 30.0


class Watching:
    """Watches in a thread, from the moment its socket is open, until `stop`."""

    def __init__(self, device: Device) -> None:
        self._enough = threading.Event()
        self._events: queue.Queue[Event | BaseException] = queue.Queue()
        self._thread = threading.Thread(target=self._watch, args=[device], name="watching", daemon=True)
        self._thread.start()
        self.first("synced")

    def _watch(self, device: Device) -> None:
        try:
            for event in device.watch(self._enough):
                self._events.put(event)
        except BaseException as error:  # noqa: BLE001 - told to the test, in its own thread
            self._events.put(error)

    def first(self, kind: str) -> Event:
        """Returns the first event of a kind among those nobody has looked at; fails when none comes."""
        deadline = time.monotonic() + PATIENCE
        seen: list[Event] = []
        while True:
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"waited in vain for {kind}; what came was {seen}") from None
            if isinstance(event, BaseException):
                raise event
            if event.kind == kind:
                return event
            seen.append(event)

    def stop(self) -> list[Event]:
        """Stops watching and returns what nobody has waited for."""
        self._enough.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        left: list[Event] = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if isinstance(event, BaseException):
                raise event
            left.append(event)
        return left
