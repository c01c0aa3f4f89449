"""What is handed to a transport: one alert, or those of a digest as one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from backend.kit import clock
from backend.notifications import leaving
from backend.notifications.delivery import phrases
from backend.notifications.delivery.claim import Held
from backend.notifications.delivery.standing import Person
from backend.notifications.delivery.words import readable
from backend.notifications.models import Channel, Severity
from backend.notifications.transports.base import Address, AddressKind, Message, Priority

_DIGESTS = UUID("0d6a1a54-77b8-4a2c-9d0e-3c1f9e9f7b11")
MOST_NIDS = 60
"""So many ids fit beside the words into the 4 KB that providers carry."""

_KINDS: dict[str, AddressKind] = {"fid": "fid", "fcm_token": "fcm_token", "webpush": "webpush"}
_URGENT = (Severity.CRITICAL.value, Severity.HIGH.value)


def address_of(delivery: Held, person: Person) -> Address:
    """Returns where a delivery goes."""
    if delivery.kind is None or delivery.value is None:
        return Address("email", person.email)
    return Address(_KINDS[delivery.kind], delivery.value)


def single(delivery: Held, person: Person) -> Message:
    """Returns one alert as it goes out by itself; its nid is that of the inbox row."""
    title, body = _words(delivery, person)
    urgent: Priority = "high" if delivery.severity in _URGENT else "normal"
    return Message(
        nid=delivery.notification_id.hex,
        title=title,
        body=body,
        data={
            "notification_id": str(delivery.notification_id),
            "rule": delivery.rule,
            "entity": delivery.subject_entity,
            "entity_id": str(delivery.subject_id),
        },
        category=delivery.category,
        priority=urgent,
        ttl=_seconds_to(delivery.expires_at),
        locale=person.locale,
        unsubscribe=_way_out(delivery),
        trace=delivery.trace,
    )


def digest_id(delivery: Held) -> UUID:
    """Returns the id of the digest a delivery goes out in: the same however often it is tried."""
    assert delivery.digest_at is not None
    way = delivery.address_id or delivery.user_id
    return uuid5(_DIGESTS, f"{way}/{delivery.channel}/{delivery.digest_at.isoformat()}")


def together(deliveries: Sequence[Held], person: Person) -> Message:
    """Returns several alerts of one person on one way as one message; one alone goes as itself, under the digest's nid."""
    first = deliveries[0]
    ordered = sorted(deliveries, key=lambda one: (one.occurred_at, one.notification_id))
    said = [_words(one, person) for one in ordered]
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
        trace=first.trace,
    )


def _way_out(delivery: Held) -> str | None:
    return leaving.address_for(delivery.user_id) if delivery.channel == Channel.EMAIL else None


def _words(told: Held, person: Person) -> tuple[str, str]:
    return readable(
        told.title_key,
        (told.title, told.body),
        told.arguments(),
        told.origin,
        role=person.role,
        locale=person.locale,
    )


def _seconds_to(instant: datetime) -> int:
    return max(1, int((instant - clock.now()).total_seconds()))
