"""What came of deliveries that were taken up, written for a whole batch at once, and only where the lease still holds."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.kit import clock
from backend.kit.logs import logger
from backend.notifications import rules
from backend.notifications.models import Attempt, Delivery, DeliveryState, PushAddress
from backend.notifications.transports.base import AddressGone, Outcome, Permanent, Sent, Transient, Unknown

log = logger("notifications")

# Who took it up after our lease ran out shows in `attempt`.
_SETTLE = """
    UPDATE notifications_delivery d
    SET state = v.state, last_outcome = v.why, provider_id = COALESCE(v.provider, d.provider_id), lease_until = NULL,
        next_try_at = COALESCE(v.again, d.next_try_at), hold_reason = v.hold, digest_at = v.digest_at,
        digest_id = COALESCE(v.digest_id, d.digest_id), tries = d.tries + v.tried::int,
        finished_at = CASE WHEN v.state <> 'queued' THEN %(now)s::timestamptz END
    FROM unnest(%(ids)s::uuid[], %(attempts)s::int[], %(states)s::text[], %(whys)s::text[], %(providers)s::text[],
                %(agains)s::timestamptz[], %(holds)s::text[], %(digests)s::timestamptz[], %(digest_ids)s::uuid[],
                %(tried)s::boolean[])
         AS v(id, attempt, state, why, provider, again, hold, digest_at, digest_id, tried)
    WHERE d.id = v.id AND d.attempt = v.attempt AND d.state = 'queued'
    RETURNING d.id
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What one delivery comes to: finished in a state, or queued until `again`. `outcome`: of the provider, if it was sent."""

    delivery: Delivery
    state: DeliveryState
    why: str
    again: datetime | None = None
    hold: str = ""
    digest_at: datetime | None = None
    digest_id: UUID | None = None
    outcome: Outcome | None = None


def finished(delivery: Delivery, state: DeliveryState, why: str) -> Result:
    """Returns that a delivery never goes out."""
    return Result(delivery, state, why, digest_at=delivery.digest_at)


def held(delivery: Delivery, until: datetime, reason: str, digest_at: datetime | None) -> Result:
    """Returns that a delivery waits."""
    return Result(delivery, DeliveryState.QUEUED, delivery.last_outcome, until, reason, digest_at)


def of(delivery: Delivery, outcome: Outcome, digest_id: UUID | None = None) -> Result:
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
    """Writes the results of a batch, an attempt for each message that was sent, and retires addresses that are no more."""
    if not results:
        return
    now = clock.now()
    with transaction.atomic():
        _retire([one for one in results if isinstance(one.outcome, AddressGone)], now)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, _columns(sorted(results, key=lambda one: one.delivery.pk), now))
            ours = {key for (key,) in cursor.fetchall()}
        Attempt.objects.bulk_create(
            [_attempt(one, one.outcome, now) for one in results if one.outcome is not None], ignore_conflicts=True
        )
    for one in results:
        _tell(one, ours)


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
        "tried": [one.outcome is not None for one in results],
    }


def _attempt(result: Result, outcome: Outcome, now: datetime) -> Attempt:
    names = {Sent: "sent", Transient: "transient", Permanent: "permanent", AddressGone: "gone", Unknown: "unknown"}
    return Attempt(
        delivery=result.delivery,
        number=result.delivery.attempt,
        at=now,
        outcome=names[type(outcome)],
        detail="" if isinstance(outcome, Sent) else outcome.why[:600],
        provider_id=outcome.provider_id[:200] if isinstance(outcome, Sent) else "",
    )


def _retire(gone: Sequence[Result], now: datetime) -> None:
    for one in gone:
        address = one.delivery.address
        if address is not None:
            # A phone that registered again while we were sending keeps its address.
            PushAddress.objects.filter(pk=address.pk, retired_at=None, last_seen_at=address.last_seen_at).update(
                retired_at=now, retired_why=one.why[:500] or "gone"
            )


def _later(delivery: Delivery, retry_after: float | None) -> datetime:
    pause = rules.pause(delivery.tries + 1, retry_after, random.random())  # noqa: S311
    return clock.now() + timedelta(seconds=pause)


def _tell(result: Result, ours: set[UUID]) -> None:
    delivery = result.delivery
    if delivery.pk not in ours:
        log.warning("push_lease_lost", delivery=delivery.pk, attempt=delivery.attempt)
    elif result.hold and result.again is not None:
        log.info("push_held", delivery=delivery.pk, reason=result.hold, until=result.again.isoformat())
    elif result.state is DeliveryState.QUEUED and result.again is not None:
        seconds = round((result.again - clock.now()).total_seconds())
        log.warning("push_put_off", delivery=delivery.pk, seconds=seconds, attempt=delivery.attempt, reason=result.why)
    else:
        log.info(
            "push_finished",
            delivery=delivery.pk,
            status=result.state.value,
            attempt=delivery.attempt,
            reason=result.why,
        )
