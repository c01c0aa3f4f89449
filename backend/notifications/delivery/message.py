"""What is handed to a transport: one alert, or those of a digest as one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from backend.kit import clock
from backend.notifications import leaving
from backend.notifications.delivery import phrases
from backend.notifications.delivery.words import words
from backend.notifications.models import Channel, Delivery, Severity
from backend.notifications.transports.base import Address, AddressKind, Message, Priority

_DIGESTS = UUID("0d6a1a54-77b8-4a2c-9d0e-3c1f9e9f7b11")
MOST_NIDS = 60
"""So many ids fit beside the words into the 4 KB that providers carry."""


def address_of(delivery: Delivery) -> Address:
    """Returns where a delivery goes."""
    if delivery.address is None:
        return Address("email", delivery.notification.user.email)
    kinds: dict[str, AddressKind] = {"fid": "fid", "fcm_token": "fcm_token", "webpush": "webpush"}
    return Address(kinds[delivery.address.kind], delivery.address.value)


def single(delivery: Delivery) -> Message:
    """Returns one alert as it goes out by itself; its nid is that of the inbox row."""
    told = delivery.notification
    title, body = words(told, told.user.role)
    urgent: Priority = "high" if told.severity in (Severity.CRITICAL, Severity.HIGH) else "normal"
    return Message(
        nid=told.pk.hex,
        title=title,
        body=body,
        data={
            "notification_id": str(told.pk),
            "rule": told.rule,
            "entity": told.subject_entity,
            "entity_id": str(told.subject_id),
        },
        category=told.category,
        priority=urgent,
        ttl=_seconds_to(told.expires_at),
        locale=told.user.locale,
        unsubscribe=_way_out(delivery),
    )


def digest_id(delivery: Delivery) -> UUID:
    """Returns the id of the digest a delivery goes out in: the same however often it is tried."""
    assert delivery.digest_at is not None
    way = delivery.address_id or delivery.user_id
    return uuid5(_DIGESTS, f"{way}/{delivery.channel}/{delivery.digest_at.isoformat()}")


def together(deliveries: Sequence[Delivery]) -> Message:
    """Returns several alerts of one person on one way as one message; one alone goes as itself, under the digest's nid."""
    first = deliveries[0]
    person = first.notification.user
    ordered = sorted(deliveries, key=lambda one: (one.notification.occurred_at, one.notification_id))
    said = [words(one.notification, person.role) for one in ordered]
    if len(said) == 1:
        title, body = said[0]
    else:
        title = phrases.digest_title(len(said), person.locale)
        body = phrases.digest_body([line for line, _ in said], person.locale)
    nids = ",".join(one.notification_id.hex for one in ordered[:MOST_NIDS])
    return Message(
        nid=digest_id(first).hex,
        title=title,
        body=body,
        data={"nids": nids, "rule": "digest"},
        category="digest",
        priority="normal",
        locale=person.locale,
        unsubscribe=_way_out(first),
    )


def _way_out(delivery: Delivery) -> str | None:
    return leaving.address_for(delivery.user_id) if delivery.channel == Channel.EMAIL else None


def _seconds_to(instant: datetime) -> int:
    return max(1, int((instant - clock.now()).total_seconds()))
