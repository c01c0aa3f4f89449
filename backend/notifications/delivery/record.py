"""What came of deliveries that were taken up, written for a whole batch at once, and only where the lease still holds."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.kit import clock
from backend.kit.logs import logger
from backend.notifications import rules
from backend.notifications.delivery.claim import Held
from backend.notifications.models import DeliveryState
from backend.notifications.transports.base import AddressGone, Outcome, Permanent, Sent, Transient, Unknown
from backend.telemetry import metrics

log = logger("notifications")

# Who took it up after our lease ran out shows in `attempt`; what was sent was sent, whoever holds it now.
_SETTLE = """
    WITH v AS (
        SELECT * FROM unnest(%(ids)s::uuid[], %(attempts)s::int[], %(states)s::text[], %(whys)s::text[],
                             %(providers)s::text[], %(agains)s::timestamptz[], %(holds)s::text[],
                             %(digests)s::timestamptz[], %(digest_ids)s::uuid[], %(outcomes)s::text[],
                             %(details)s::text[])
             AS v(id, attempt, state, why, provider, again, hold, digest_at, digest_id, outcome, detail)
    ), tried AS (
        INSERT INTO notifications_attempt (delivery_id, number, at, outcome, detail, provider_id)
        SELECT v.id, v.attempt, %(now)s, v.outcome, v.detail, COALESCE(v.provider, '') FROM v WHERE v.outcome IS NOT NULL
        ON CONFLICT DO NOTHING
    )
    UPDATE notifications_delivery d
    SET state = v.state, last_outcome = v.why, provider_id = COALESCE(v.provider, d.provider_id), lease_until = NULL,
        next_try_at = COALESCE(v.again, d.next_try_at), hold_reason = v.hold, digest_at = v.digest_at,
        digest_id = COALESCE(v.digest_id, d.digest_id), tries = d.tries + (v.outcome IS NOT NULL)::int,
        finished_at = CASE WHEN v.state <> 'queued' THEN %(now)s::timestamptz END
    FROM v
    WHERE d.id = v.id AND d.attempt = v.attempt AND d.state = 'queued'
    RETURNING d.id
"""
_OUTCOMES = {Sent: "sent", Transient: "transient", Permanent: "permanent", AddressGone: "gone", Unknown: "unknown"}


@dataclass(frozen=True, slots=True)
class Result:
    """What one delivery comes to: finished in a state, or queued until `again`. `outcome`: of the provider, if it was sent."""

    delivery: Held
    state: DeliveryState
    why: str
    again: datetime | None = None
    hold: str = ""
    digest_at: datetime | None = None
    digest_id: UUID | None = None
    outcome: Outcome | None = None


def finished(delivery: Held, state: DeliveryState, why: str) -> Result:
    """Returns that a delivery never goes out."""
    return Result(delivery, state, why, digest_at=delivery.digest_at)


def held(delivery: Held, until: datetime, reason: str, digest_at: datetime | None) -> Result:
    """Returns that a delivery waits."""
    return Result(delivery, DeliveryState.QUEUED, delivery.last_outcome, until, reason, digest_at)


def untried(delivery: Held) -> Result:
    """Returns that a delivery waits as it did before it was taken up."""
    return Result(delivery, DeliveryState.QUEUED, delivery.last_outcome, None, "", delivery.digest_at)


def of(delivery: Held, outcome: Outcome, digest_id: UUID | None = None) -> Result:
    """Returns what a provider's answer means for a delivery."""
    state, why, again = DeliveryState.QUEUED, "", None
    match outcome:
        case Sent():
            state, why = DeliveryState.SENT, "sent"
        case Permanent(why=why):
            state = DeliveryState.FAILED
        case AddressGone(why=why):
            state = DeliveryState.GONE
        case Transient(retry_after=after, why=why):
            again = _later(delivery, after)
        case Unknown(why=why):
            why, again = f"unknown: {why}", _later(delivery, None)
    return Result(delivery, state, why, again, "", delivery.digest_at, digest_id, outcome)


def settle(results: Sequence[Result]) -> None:
    """Writes the results of a batch, an attempt for each message that was sent, and retires addresses that are no more: in
    one statement, one more where addresses are retired."""
    if not results:
        return
    now = clock.now()
    gone = [one for one in results if isinstance(one.outcome, AddressGone) and one.delivery.address_id is not None]
    if gone:
        with transaction.atomic():
            _retire(gone, now)
            ours = _write(results, now)
    else:
        ours = _write(results, now)
    _tell(results, ours)


def _write(results: Sequence[Result], now: datetime) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, _columns(sorted(results, key=lambda one: one.delivery.pk), now))
        return {key for (key,) in cursor.fetchall()}


def _columns(results: Sequence[Result], now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "ids": [one.delivery.pk for one in results],
        "attempts": [one.delivery.attempt for one in results],
        "states": [one.state.value for one in results],
        "whys": [one.why[:600] for one in results],
        "providers": [one.outcome.provider_id[:200] if isinstance(one.outcome, Sent) else None for one in results],
        "agains": [one.again for one in results],
        "holds": [one.hold for one in results],
        "digests": [one.digest_at for one in results],
        "digest_ids": [one.digest_id for one in results],
        "outcomes": [None if one.outcome is None else _OUTCOMES[type(one.outcome)] for one in results],
        "details": [
            "" if one.outcome is None or isinstance(one.outcome, Sent) else one.outcome.why[:600] for one in results
        ],
    }


# A phone that registered again while we were sending keeps its address.
_RETIRE = """
    UPDATE notifications_pushaddress a SET retired_at = %(now)s, retired_why = v.why
    FROM unnest(%(ids)s::uuid[], %(seen)s::timestamptz[], %(whys)s::text[]) AS v(id, seen, why)
    WHERE a.id = v.id AND a.retired_at IS NULL AND a.last_seen_at = v.seen
"""


def _retire(gone: Sequence[Result], now: datetime) -> None:
    of_address = {one.delivery.address_id: one for one in gone}
    ordered = [of_address[key] for key in sorted(key for key in of_address if key is not None)]
    asked: dict[str, Any] = {
        "now": now,
        "ids": [one.delivery.address_id for one in ordered],
        "seen": [one.delivery.last_seen_at for one in ordered],
        "whys": [one.why[:500] or "gone" for one in ordered],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RETIRE, asked)


def _later(delivery: Held, retry_after: float | None) -> datetime:
    pause = rules.pause(delivery.tries + 1, retry_after, random.random())  # noqa: S311
    return clock.now() + timedelta(seconds=pause)


def _tell(results: Sequence[Result], ours: Collection[UUID]) -> None:
    sent = 0
    for one in results:
        metrics.DELIVERIES.add(one.delivery.channel, _state(one))
        if one.delivery.pk not in ours:
            log.warning("push_lease_lost", delivery=one.delivery.pk, attempt=one.delivery.attempt)
        elif one.state is DeliveryState.SENT:
            sent += 1
        else:
            _tell_one(one)
    if sent:
        log.info("push_sent", count=sent, channel=results[0].delivery.channel)


def _state(result: Result) -> str:
    if result.state is not DeliveryState.QUEUED:
        return result.state.value
    return "held" if result.outcome is None else "put_off"


def _tell_one(result: Result) -> None:
    delivery, again = result.delivery, result.again
    if result.state is not DeliveryState.QUEUED:
        log.info(
            "push_finished",
            delivery=delivery.pk,
            status=result.state.value,
            attempt=delivery.attempt,
            reason=result.why,
        )
    elif again is None:
        log.info("push_given_back", delivery=delivery.pk)
    elif result.outcome is None:
        log.info("push_held", delivery=delivery.pk, reason=result.hold, until=again.isoformat())
    else:
        seconds = round((again - clock.now()).total_seconds())
        log.warning("push_put_off", delivery=delivery.pk, seconds=seconds, attempt=delivery.attempt, reason=result.why)
