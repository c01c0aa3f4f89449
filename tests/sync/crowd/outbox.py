"""What people do on their phones, offline: made up at random from what the phone holds."""

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync.protocol import Mutation
from tests.factories.replica import Replica
from tests.factories.world import World

Deed = Callable[["Deeds"], list[Mutation]]
LIES = (0, 0, 0, 3_600_000, -86_400_000, 10**12)
"""By how much a phone's clock is off, in milliseconds, and does not know it."""


class Deeds:
    """One phone, one source of chance; each method is something its person does."""

    def __init__(self, world: World, replica: Replica, chance: Random, counted: UUID) -> None:
        self.world = world
        self.replica = replica
        self.chance = chance
        self.counted = counted

    def some(self, entity: str) -> str:
        """Returns the id of a row the phone holds, or of nothing at all."""
        held = sorted(key[1] for key in self.replica.rows if key[0] == entity)
        return self.chance.choice(held) if held and self.chance.random() < 0.9 else str(new_id())

    def make(self, name: str, entity_id: UUID | str | None, **parts: Any) -> Mutation:
        """Makes the next mutation, under a clock that may be wrong."""
        told = {"client_time": clock.now(), "clock_offset_ms": self.chance.choice(LIES)}
        made = UUID(entity_id) if isinstance(entity_id, str) else entity_id
        return self.replica.mutation(name, made, **told, **parts)

    def found_a_store(self) -> list[Mutation]:
        return [self.make("account.create", new_id(), args={"name": "Found"})]

    def wrote_to_nobody(self) -> list[Mutation]:
        return [self.make("account.patch", new_id(), set={"notes": "nobody's"})]

    def poison(self) -> list[Mutation]:
        return [self.make("no.such\x00", None, args={"\ud800": float("nan"), "nul": "\x00"})]

    def noted(self) -> list[Mutation]:
        args = {"accountId": self.some("account"), "kind": "note", "subject": "Seen"}
        return [self.make("activity.create", new_id(), args=args)]

    def counted_one_more(self) -> list[Mutation]:
        """Adds one to a counter that everybody adds to."""
        had = self.chance.randint(0, 5)
        return [self.make("account.patch", self.counted, base={"displays": had}, set={"displays": had + 1})]

    def rewrote_notes(self) -> list[Mutation]:
        account = self.some("account")
        if account == str(self.counted):
            return []
        had = self.replica.of("account").get(account, {}).get("notes", "")
        base = {"notes": self.chance.choice([had, "what nobody ever wrote"])}
        return [self.make("account.patch", account, base=base, set={"notes": f"note {new_id()}"})]

    def visited(self) -> list[Mutation]:
        visit, now = new_id(), clock.now().isoformat()
        args = {"accountId": self.some("account"), "plannedStart": now, "plannedEnd": f"{now[:11]}23:59:59+00:00"}
        check_in = {"checkInId": str(new_id()), "at": now}
        report = {"reportId": str(new_id()), "outcome": "order"}
        return [
            self.make("visit.create", visit, args=args),
            self.make("visit.checkIn", visit, args=check_in),
            self.make("visit.complete", visit, args=report),
        ]

    def met_somebody(self) -> list[Mutation]:
        args = {"accountId": self.some("account"), "contactId": str(new_id()), "fullName": "Jo"}
        return [self.make("contact.create", new_id(), args=args)]

    def settled_an_issue(self) -> list[Mutation]:
        action = self.chance.choice(["retry", "discard", "keepMine"])
        args = {"action": action} if self.replica.protocol > 1 else {}
        return [self.make("syncIssue.resolve", self.some("syncIssue"), args=args)]

    def took_an_order(self) -> list[Mutation]:
        line = {"id": str(new_id()), "productId": str(self.world.product.pk), "quantity": "2"}
        args = {"accountId": self.some("account"), "items": [line], "placedAt": clock.now().isoformat()}
        return [self.make("order.submit", new_id(), args=args)]

    def took_a_photo(self) -> list[Mutation]:
        about = {"kind": "photo", "mimeType": "image/jpeg", "size": 9, "sha256": f"{new_id().int:064x}"[:64]}
        return [self.make("attachment.add", new_id(), args={"accountId": self.some("account"), **about})]

    def read_an_alert(self) -> list[Mutation]:
        return [self.make("notification.read", self.some("notification"))]

    def did_all_or_nothing(self) -> list[Mutation]:
        """A group: the second is impossible now and then, and takes the first with it."""
        group, good = new_id(), self.chance.random() < 0.5
        args = {"accountId": str(self.counted), "kind": "note", "subject": "Grouped"}
        second = args if good else {**args, "kind": "no such kind"}
        return [self.make("activity.create", new_id(), args=one, group=group) for one in (args, second)]

    def write(self) -> list[Mutation]:
        """Does one of them."""
        older = (
            Deeds.found_a_store, Deeds.wrote_to_nobody, Deeds.poison, Deeds.noted, Deeds.counted_one_more,
            Deeds.counted_one_more, Deeds.visited, Deeds.met_somebody, Deeds.settled_an_issue, *[Deeds.rewrote_notes] * 4,
        )  # fmt: skip
        newer = (Deeds.took_an_order, Deeds.took_a_photo, Deeds.did_all_or_nothing, Deeds.read_an_alert)
        return self.chance.choice(older + newer if self.replica.protocol > 1 else older)(self)
