"""Sends what is queued: at least once on the wire, once in effect, because every attempt bears the same nid.

1. Rows are claimed with SKIP LOCKED and a lease, in one statement; nothing is locked while sending.
2. Each is decided upon again (delivery.decide): whoever no longer sees the subject, has read it, has synced it, or does
   not want it is not disturbed; what comes at a bad moment waits; nobody is told what their role may not read by now.
3. The rest goes to the transport of its channel; what the provider said is recorded for the whole batch. While one batch
   is on its way, the next is taken up and the last is recorded: the database and the provider do not wait for each other.
   What had to wait for long behind the batch before is decided upon once more.
4. A worker killed between 3 and its record leaves the lease to run out; the next one sends again with the same nid.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.notifications.delivery import claim, message, record
from backend.notifications.delivery.claim import Held
from backend.notifications.delivery.decide import Decision, Digest, Hold, Send, Suppress, decide
from backend.notifications.delivery.record import Result
from backend.notifications.delivery.standing import Person, picture
from backend.notifications.lanes import Lane, lanes
from backend.notifications.models import Channel, DeliveryState
from backend.notifications.transports.base import Address, Message, Outcome, Transport
from backend.telemetry import tracing

LEASE = claim.LEASE
CHANNELS: tuple[str, ...] = tuple(Channel.values)
BATCH = 100
"""So many are held in memory at a time, twice."""

TURN_SECONDS = 2.0
"""After so long no further batch is begun: a worker has other queues."""

PATIENCE_SECONDS = 1.0
"""What waited for longer behind the batch before is looked at again before it goes out."""

Group = tuple[UUID, str, UUID | None, datetime | None]
Way = Transport | Lane


def drain(limit: int = 1_000, *, transport: Transport | None = None) -> int:
    """Handles up to `limit` due deliveries of each channel, and up to BATCH digests; returns how many it took up.

    Without `transport`, each channel's own lane, as far as it has room; what no lane is for is not sent."""
    taken = 0
    open_ways: list[str] = []
    for channel in CHANNELS:
        if _room(_way(channel, transport), 1):
            open_ways.append(channel)
            taken += _singles(channel, limit, transport)
    gathered = claim.digests(open_ways, min(limit, BATCH))
    for channel in open_ways:
        of_channel = [one for one in gathered if one.channel == channel]
        way = _way(channel, transport)
        _begin(way, _sorted_out(channel, way, of_channel)).finish()
    return taken + len(gathered)


@dataclass(slots=True)
class _Ready:
    """What a batch has to send: deliveries that go out by themselves, and those that go together; each with whom it is for."""

    alone: Sequence[tuple[Held, Person]] = ()
    groups: Sequence[tuple[Sequence[Held], Person]] = ()

    def deliveries(self) -> list[Held]:
        """Returns all of them."""
        return [one for one, _ in self.alone] + [one for some, _ in self.groups for one in some]


@dataclass(slots=True)
class _UnderWay:
    """A batch that was handed over; `wait` returns its outcomes when they are there."""

    ready: _Ready
    wait: Callable[[], Sequence[Outcome]]

    def finish(self) -> None:
        """Waits, and records."""
        _settle(self.ready, self.wait())


def _singles(channel: str, limit: int, transport: Transport | None) -> int:
    way = _way(channel, transport)
    began, taken = time.monotonic(), 0
    ahead = _UnderWay(_Ready(), list)
    while taken < limit and time.monotonic() - began < TURN_SECONDS:
        room = _room(way, min(BATCH, limit - taken))
        claimed = claim.single(channel, room)
        ready, decided = _sorted_out(channel, way, claimed), time.monotonic()
        outcomes = ahead.wait()
        if not _room(way, 1):
            record.settle([record.untried(one) for one in ready.deliveries()])
            ready = _Ready()
        elif time.monotonic() - decided > PATIENCE_SECONDS:
            ready = _sorted_out(channel, way, ready.deliveries())
        behind, ahead = ahead.ready, _begin(way, ready)
        _settle(behind, outcomes)
        taken += len(claimed)
        if len(claimed) < room or not room:
            break
    ahead.finish()
    return taken


def _way(channel: str, transport: Transport | None) -> Way | None:
    return lanes().get(channel) if transport is None else transport


def _room(way: Way | None, wanted: int) -> int:
    return way.room(wanted) if isinstance(way, Lane) else wanted


def _sorted_out(channel: str, way: Way | None, claimed: Sequence[Held]) -> _Ready:
    """Decides upon each, records what is not sent now, and returns the rest."""
    if not claimed:
        return _Ready()
    stand, results = picture(claimed), []
    alone: list[tuple[Held, Person]] = []
    groups: dict[Group, tuple[list[Held], Person]] = {}
    for delivery in claimed:
        if stand.retired(delivery):
            results.append(record.finished(delivery, DeliveryState.GONE, "the address was retired"))
            continue
        standing, wishes = stand.of(delivery)
        with tracing.span("alert decided", after=delivery.trace, within=True) as here:
            decision = decide(standing, wishes, stand.moment)
            here.note("fieldbeat.decision", type(decision).__name__.lower())
        if not isinstance(decision, Send):
            results.append(_unsent(delivery, decision))
        elif way is None:
            results.append(record.finished(delivery, DeliveryState.SUPPRESSED, f"no {channel} channel is set up"))
        elif decision.together:
            group = (delivery.user_id, delivery.channel, delivery.address_id, delivery.digest_at)
            groups.setdefault(group, ([], stand.person(delivery)))[0].append(delivery)
        else:
            stand.went_out(delivery)
            alone.append((delivery, stand.person(delivery)))
    record.settle(results)
    return _Ready(alone, list(groups.values()))


def _unsent(delivery: Held, decision: Decision) -> Result:
    match decision:
        case Hold(until=until, reason=reason):
            return record.held(delivery, until, reason, delivery.digest_at)
        case Digest(until=until):
            return record.held(delivery, until, "digest", until)
        case Suppress(reason=why):
            if why == "too old" and delivery.tries:
                return record.finished(delivery, DeliveryState.FAILED, f"too old; last: {delivery.last_outcome}")
            return record.finished(delivery, DeliveryState.SUPPRESSED, why)
        case Send():
            raise AssertionError("what is sent is not unsent")


def _begin(way: Way | None, ready: _Ready) -> _UnderWay:
    batch: list[tuple[Address, Message]] = [
        (message.address_of(one, person), message.single(one, person)) for one, person in ready.alone
    ]
    batch += [(message.address_of(some[0], person), message.together(some, person)) for some, person in ready.groups]
    if way is None or not batch:
        return _UnderWay(ready, list)
    if isinstance(way, Lane):
        return _UnderWay(ready, way.begin(batch))
    outcomes = way.send(batch)
    return _UnderWay(ready, lambda: outcomes)


def _settle(ready: _Ready, outcomes: Sequence[Outcome]) -> None:
    alone = len(ready.alone)
    results = [record.of(one, outcome) for (one, _), outcome in zip(ready.alone, outcomes[:alone], strict=True)]
    for (some, _), outcome in zip(ready.groups, outcomes[alone:], strict=True):
        results += [record.of(one, outcome, message.digest_id(one)) for one in some]
    record.settle(results)
