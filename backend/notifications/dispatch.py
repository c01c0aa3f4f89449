"""Sends what is queued: at least once on the wire, once in effect, because every attempt bears the same nid.

1. Rows are claimed with SKIP LOCKED and a lease, in a transaction of their own; nothing is locked while sending.
2. Each is decided upon again (delivery.decide): whoever no longer sees the subject, has read it, has synced it, or does
   not want it is not disturbed; what comes at a bad moment waits; nobody is told what their role may not read by now.
3. The rest goes to the transport of its channel; what the provider said is recorded for the whole batch.
4. A worker killed between 3 and its record leaves the lease to run out; the next one sends again with the same nid.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.notifications.delivery import claim, message, record
from backend.notifications.delivery.decide import Decision, Digest, Hold, Send, Suppress, decide
from backend.notifications.delivery.record import Result
from backend.notifications.delivery.standing import picture
from backend.notifications.lanes import lanes
from backend.notifications.models import Channel, Delivery, DeliveryState
from backend.notifications.transports.base import Transport

LEASE = claim.LEASE
CHANNELS: tuple[str, ...] = tuple(Channel.values)

Group = tuple[UUID, str, UUID | None, datetime | None]


def drain(limit: int = 100, *, transport: Transport | None = None) -> int:
    """Handles up to `limit` due deliveries of each channel, and as many digests; returns how many deliveries it took up.

    Without `transport`, each channel's own lane, as far as it has room; what no lane is for is not sent."""
    taken = 0
    open_ways: list[str] = []
    for channel in CHANNELS:
        way, room = _way(channel, limit, transport)
        if room > 0:
            open_ways.append(channel)
            claimed = claim.single(channel, min(limit, room))
            _handle(channel, way, claimed)
            taken += len(claimed)
    gathered = claim.digests(open_ways, limit)
    for channel in open_ways:
        of_channel = [one for one in gathered if one.channel == channel]
        _handle(channel, _way(channel, limit, transport)[0], of_channel)
    return taken + len(gathered)


def _way(channel: str, limit: int, transport: Transport | None) -> tuple[Transport | None, int]:
    if transport is not None:
        return transport, limit
    lane = next((one for name, one in lanes().items() if name == channel), None)
    return lane, limit if lane is None else lane.room(limit)


def _handle(channel: str, way: Transport | None, claimed: Sequence[Delivery]) -> None:
    if not claimed:
        return
    stand, results = picture(claimed), []
    alone: list[Delivery] = []
    groups: dict[Group, list[Delivery]] = {}
    for delivery in claimed:
        if delivery.address is not None and delivery.address.retired_at is not None:
            results.append(record.finished(delivery, DeliveryState.GONE, "the address was retired"))
            continue
        standing, wishes = stand.of(delivery)
        decision = decide(standing, wishes, stand.moment)
        if not isinstance(decision, Send):
            results.append(_unsent(delivery, decision))
        elif way is None:
            results.append(record.finished(delivery, DeliveryState.SUPPRESSED, f"no {channel} channel is set up"))
        elif decision.together:
            group = (delivery.user_id, delivery.channel, delivery.address_id, delivery.digest_at)
            groups.setdefault(group, []).append(delivery)
        else:
            stand.went_out(delivery)
            alone.append(delivery)
    record.settle(results)
    if way is not None:
        _send(way, alone, list(groups.values()))


def _unsent(delivery: Delivery, decision: Decision) -> Result:
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


def _send(way: Transport, alone: Sequence[Delivery], groups: Sequence[Sequence[Delivery]]) -> None:
    batch = [(message.address_of(one), message.single(one)) for one in alone]
    batch += [(message.address_of(some[0]), message.together(some)) for some in groups]
    if not batch:
        return
    outcomes = way.send(batch)
    results = [record.of(one, outcome) for one, outcome in zip(alone, outcomes[: len(alone)], strict=True)]
    for some, outcome in zip(groups, outcomes[len(alone) :], strict=True):
        results += [record.of(one, outcome, message.digest_id(one)) for one in some]
    record.settle(results)
