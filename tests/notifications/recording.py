"""A transport that takes everything and remembers it."""

from collections.abc import Sequence

from backend.notifications.transports.base import Address, Message, Outcome, Sent, Transient


class Recording:
    """Remembers (address, message) in `taken`; a `broken` one was handed them and puts them off."""

    def __init__(self, *, broken: bool = False) -> None:
        self.taken: list[tuple[str, Message]] = []
        self._broken = broken

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Takes the batch."""
        self.taken += [(address.value, message) for address, message in batch]
        if self._broken:
            return [Transient(None, "out of order") for _ in batch]
        return [Sent(f"name-{message.nid}") for _, message in batch]
