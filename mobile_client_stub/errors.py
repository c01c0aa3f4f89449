"""What can go wrong on a phone; every message is one sentence a person can read."""

from collections.abc import Mapping


class StubError(Exception):
    """The base of them all."""


class NotReached(StubError):
    """No answer came, so nothing is known of what the server did; work goes on offline."""


class FlightMode(NotReached):
    """The person went offline on purpose."""

    def __init__(self) -> None:
        super().__init__("This phone is offline; come back online first.")


class Unreachable(NotReached):
    """The server cannot be reached, or its answer broke off."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(f"Cannot reach {server} ({why}).")
        self.why = why


class Refused(StubError):
    """The server said no: `code` is stable, `retry` is NEVER, RETRY, AUTH or UPGRADE, `fields` names what is wrong;
    `after` is how many seconds to wait before trying again, 0 when that was not said."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry: str = "NEVER",
        fields: Mapping[str, str] | None = None,
        after: float = 0.0,
    ) -> None:
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.retry = retry
        self.after = after
        self.fields: dict[str, str] = dict(fields or {})


class SignInNeeded(StubError):
    """Nobody is signed in here, or the session has ended; the outbox and the replica are kept."""

    def __init__(self, why: str = "Nobody is signed in on this phone") -> None:
        super().__init__(f"{why}: sign in first (sign-in NAME --server URL).")


class Revoked(StubError):
    """The device was cut off: the replica is wiped, the outbox is kept to show what was not sent."""

    def __init__(self) -> None:
        super().__init__("This phone was revoked: its data is wiped, and what was not sent is kept only to be read.")


class UnsentWork(StubError):
    """Another person's unsent work is on this phone, so nobody else may sign in over it."""

    def __init__(self, who: str, count: int) -> None:
        super().__init__(f"{who} has {count} unsent on this phone; let {who} sync first, or use another --home.")


class NotNow(StubError):
    """The phone itself knows that this cannot be done: `code` is what the server would have said."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotHere(StubError):
    """The phone holds no such row."""


class ProtocolBroken(StubError):
    """The server did not keep to the protocol."""
