"""What every push channel promises: a batch in, one outcome per message out, and no sleeping in between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

AddressKind = Literal["fid", "fcm_token", "webpush", "email"]
Priority = Literal["high", "normal"]


@dataclass(frozen=True, slots=True)
class Message:
    """One alert; `nid` (32 hex digits) is the same on every attempt, so that a phone replaces instead of repeating.

    With `wake` a phone shows nothing and only syncs. `unsubscribe` is the web address at which mail ends. `trace`: where it
    was planned, as a traceparent; no provider is given it.
    """

    nid: str
    title: str
    body: str
    data: Mapping[str, str] = field(default_factory=dict)
    category: str = "alert"
    priority: Priority = "normal"
    ttl: int = 86_400  # seconds
    wake: bool = False
    locale: str = "en"
    unsubscribe: str | None = None
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where one app install is reached: FCM's names, a Web Push subscription as JSON, or a mail address."""

    kind: AddressKind
    value: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message and named it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Transient:
    """The provider did not take it and may later; `retry_after` is its wish in seconds, if it gave one."""

    retry_after: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Permanent:
    """This message can never be taken."""

    why: str


@dataclass(frozen=True, slots=True)
class AddressGone:
    """No install answers to this address any more."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line broke after the message left: it may or may not have been taken."""

    why: str


Outcome = Sent | Transient | Permanent | AddressGone | Unknown


class Transport(Protocol):
    """A push channel."""

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Tries each message once and returns its outcome at the same index; never raises for a provider's answer."""
        ...
