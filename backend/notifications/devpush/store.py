"""Who subscribed, kept in one file; and what was pushed since the start."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from backend.kit import clock


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One subscription: `token` ends its endpoint, `agent` is the browser, `key` the only VAPID key that may push to it."""

    token: str
    agent: str
    channel: str
    key: str | None


@dataclass(slots=True)
class Pushed:
    """One message taken for a browser; `body` is encrypted. `acked` is the browser's code: 100 means shown to its page."""

    id: str
    to: Subscribed
    body: bytes
    ttl: int
    urgency: str
    topic: str | None
    at: datetime = field(default_factory=clock.now)
    acked: int | None = None
    replaced: bool = False

    @property
    def waits(self) -> bool:
        """Says whether a browser that comes now is given it."""
        return self.acked is None and not self.replaced and clock.now() <= self.at + timedelta(seconds=self.ttl)


class Store:
    """Subscriptions outlive a restart, as browsers count on; messages do not."""

    def __init__(self, path: Path) -> None:
        """Reads `path` if it is there; raises OSError when it can be neither read nor written."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        self._of_token = {one["token"]: Subscribed(**one) for one in kept}
        self.messages: list[Pushed] = []

    def agent(self, asked: str) -> str:
        """Returns the name under which a browser is known: its own, if we gave it, else a new one."""
        known = any(one.agent == asked for one in self._of_token.values())
        return asked if known else secrets.token_hex(16)

    def subscribe(self, agent: str, channel: str, key: str | None) -> Subscribed:
        """Keeps a subscription; the same channel asked for again gets a new endpoint."""
        self.unsubscribe(agent, channel)
        made = Subscribed(secrets.token_urlsafe(32), agent, channel, key)
        self._of_token[made.token] = made
        self._keep()
        return made

    def unsubscribe(self, agent: str, channel: str) -> None:
        """Forgets a subscription: what is sent to it from now on is told that it is gone."""
        for one in [one for one in self._of_token.values() if (one.agent, one.channel) == (agent, channel)]:
            del self._of_token[one.token]
        self._keep()

    def find(self, token: str) -> Subscribed | None:
        """Returns the subscription of an endpoint, None when it is gone."""
        return self._of_token.get(token)

    def add(self, message: Pushed) -> None:
        """Keeps a message; one with the same topic that still waits for the same browser is replaced."""
        for one in self.messages:
            if message.topic is not None and (one.to, one.topic) == (message.to, message.topic) and one.waits:
                one.replaced = True
        self.messages.append(message)

    def waiting(self, agent: str) -> list[Pushed]:
        """Returns what a browser that comes now is given, in order."""
        return [one for one in self.messages if one.to.agent == agent and one.waits]

    def ack(self, agent: str, message_id: str, code: int) -> None:
        """Notes that the browser has it."""
        for one in self.messages:
            if (one.to.agent, one.id) == (agent, message_id):
                one.acked = code

    def _keep(self) -> None:
        half = self._path.with_suffix(".new")
        half.write_text(json.dumps([asdict(one) for one in self._of_token.values()]), encoding="utf-8")
        half.replace(self._path)
