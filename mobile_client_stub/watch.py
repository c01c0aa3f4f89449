"""What happens while one looks: pokes, opportunities that change, connections lost and found again."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from mobile_client_stub.api import Api
from mobile_client_stub.errors import NotReached, ProtocolBroken, Refused
from mobile_client_stub.live import open_socket
from mobile_client_stub.patience import Patience
from mobile_client_stub.sync import SyncReport
from mobile_client_stub.wire import OPPORTUNITY_CHANGED, SYNC_POKE, Row

LISTEN_SECONDS = 0.5
"""How soon a stop is noticed."""


@dataclass(frozen=True, slots=True)
class Event:
    """`kind`: connected | opportunity (data: opportunity) | synced (report, data: reason) | lost (data: why)."""

    kind: str
    data: Row = field(default_factory=dict)
    report: SyncReport | None = None


def follow(
    api: Api, sync: Callable[[], SyncReport], patience: Patience, stop: threading.Event, poll_every: float
) -> Iterator[Event]:
    """Yields events until `stop` is set. Raises SignInNeeded and Revoked; everything else it waits out."""
    failures = 0
    lost = False
    while not stop.is_set():
        least = 0.0
        try:
            for event in _connected(api, sync, stop, poll_every):
                failures, lost = 0, False
                yield event
        except (NotReached, ProtocolBroken) as trouble:
            if not lost:
                yield Event("lost", {"why": str(trouble)})
            lost = True
        except Refused as refused:
            if refused.retry == "AUTH":
                api.renew_after(refused, api.session())
            elif refused.retry == "RETRY":
                least = refused.after
            elif not api.learns(refused):
                raise
        if not stop.is_set():
            stop.wait(patience.seconds(failures, least))
            failures += 1


def _connected(api: Api, sync: Callable[[], SyncReport], stop: threading.Event, poll_every: float) -> Iterator[Event]:
    session = api.session_for_socket()
    with open_socket(api.server, session.access_token, named=api.named) as socket:
        socket.subscribe("poke", SYNC_POKE, {"device": session.device_id})
        socket.subscribe("opportunity", OPPORTUNITY_CHANGED, {})
        yield Event("connected")
        polled = monotonic()
        while not stop.is_set():
            came = socket.next(LISTEN_SECONDS)
            if came is not None:
                name, data = came
                if name == "opportunity":
                    # What is gone, or to be read anew, comes with the pull that the poke asks for.
                    if data["opportunityChanged"]["opportunity"] is not None:
                        yield Event("opportunity", data["opportunityChanged"])
                    continue
                reason: Any = data["syncPoke"]["reason"]
            elif monotonic() - polled >= poll_every:
                reason = "poll"
            else:
                continue
            yield Event("synced", {"reason": reason}, sync())
            polled = monotonic()
