"""The smallest honest phone: it applies pages as docs/sync.md says, and can be compared with a fresh one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.identity.models import Device, User
from backend.kit.ids import new_id
from backend.sync.cursor import MAIN
from backend.sync.protocol import CURRENT, Mutation, PullPage, PushReply, ResetReason, Status
from backend.sync.pull import pull
from backend.sync.push import push
from tests.factories.world import World, acting

Rows = dict[tuple[str, str], tuple[str, dict[str, Any]]]


@dataclass(slots=True)
class Replica:
    """A phone's rows, its cursor, its staged pages, and the number of its next mutation."""

    user: User
    device: Device
    rows: Rows = field(default_factory=dict)
    cursor: str | None = None
    page_cursor: str | None = None
    staged: list[dict[str, Any]] = field(default_factory=list)
    next_seq: int = 1
    resets: list[ResetReason] = field(default_factory=list)
    protocol: int = CURRENT
    stream: str = MAIN
    entities: frozenset[str] | None = None

    def ask(self, *, limit: int = 500) -> PullPage:
        """Asks for the next page and does nothing with it: what a lost reply looks like from the phone."""
        pulled = pull(
            actor=acting(self.user, self.device),
            device_id=self.device.pk,
            protocol=self.protocol,
            cursor=self.page_cursor or self.cursor,
            limit=limit,
            stream=self.stream,
            entities=self.entities,
        )
        return pulled.page

    def take(self, page: PullPage) -> None:
        """Stages a page, and swaps all staged pages in when it completes the pull."""
        if page.reset is not None:
            self.resets.append(page.reset)
            self.crash()
            if page.reset is not ResetReason.PAGES_SUPERSEDED:
                self.rows.clear()
                self.cursor = None
            return
        self.staged += page.ops
        self.page_cursor = page.cursor
        if page.complete:
            self.swap_in(page.cursor)

    def swap_in(self, cursor: str | None) -> None:
        """Applies all that was staged: the pull is complete, and the phone stands at this cursor."""
        for op in self.staged:
            self._apply(op)
        self.cursor = cursor
        self.crash()

    def crash(self) -> None:
        """Forgets what was staged, as a phone does that dies between pages."""
        self.staged = []
        self.page_cursor = None

    def pull(self, *, limit: int = 500) -> list[PullPage]:
        """Pulls until complete and nothing more is announced; returns the pages."""
        pages: list[PullPage] = []
        while True:
            page = self.ask(limit=limit)
            pages.append(page)
            self.take(page)
            if page.complete and not page.more:
                return pages
            assert len(pages) < 10_000, "the pull does not end"

    def _apply(self, op: dict[str, Any]) -> None:
        if op["op"] == "put":
            self.rows[(op["entity"], op["id"])] = (op["root"], op["row"])
        elif op["op"] == "del":
            self.rows.pop((op["entity"], op["id"]), None)
        else:
            for key in [key for key, (root, _) in self.rows.items() if root == op["root"]]:
                del self.rows[key]

    def of(self, entity: str) -> dict[str, dict[str, Any]]:
        """Returns the rows of one entity by id."""
        return {key[1]: row for key, (_, row) in self.rows.items() if key[0] == entity}

    def mutation(self, name: str, entity_id: UUID | None = None, **parts: Any) -> Mutation:
        """Makes the next mutation."""
        made = Mutation(seq=self.next_seq, id=new_id(), name=name, entity_id=entity_id, **parts)
        self.next_seq += 1
        return made

    def push(self, *mutations: Mutation) -> PushReply:
        """Sends mutations."""
        return push(
            actor=acting(self.user, self.device), device_id=self.device.pk, mutations=mutations, protocol=self.protocol
        )


Phone = Callable[[User], Replica]
"""Makes a new phone of a person."""


def pulled(replica: Replica) -> Replica:
    """Pulls, and returns the phone."""
    replica.pull()
    return replica


def same_as_new(replica: Replica, field: World) -> bool:
    """Says whether the phone holds just what a new phone of its person would."""
    return replica.rows == fresh(replica.user, field.phone(replica.user))


def fresh(user: User, device: Device) -> Rows:
    """Returns what a brand-new phone of the person holds now."""
    other = Replica(user, device)
    other.pull()
    return other.rows


def codes(reply: PushReply) -> list[tuple[Status, str | None]]:
    """Returns status and code of every answer."""
    return [(result.status, result.code) for result in reply.results]
