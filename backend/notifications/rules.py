"""What alerts allow, when one is due, how long to wait for the next attempt, and the errors of this room."""

from backend.identity.actor import Actor
from backend.identity.models import Device
from backend.kit.errors import Invalid, NotFound
from backend.notifications import browsers
from backend.notifications.models import AddressKind, Notification
from backend.notifications.transports.webpush import subscription

MAX_ADDRESS = 1024
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 900.0


def checked_address(kind: str, value: str) -> str:
    """Returns the address as we keep it; refuses one that no provider can have given, or that may not be called."""
    if kind not in AddressKind.values:
        allowed = ", ".join(AddressKind.values)
        raise Invalid("ADDRESS_KIND", f"kind must be one of {allowed}.", fields={"kind": f"one of {allowed}"})
    if kind == AddressKind.WEBPUSH:
        return _checked_subscription(value)
    if not value or len(value) > MAX_ADDRESS or not value.isascii() or not value.isprintable() or " " in value:
        raise Invalid(
            "ADDRESS_MALFORMED",
            "The push address is not one a provider gives.",
            fields={"value": f"1 to {MAX_ADDRESS} visible ASCII characters"},
        )
    return value


def _checked_subscription(value: str) -> str:
    try:
        found = subscription.parse(value)
    except subscription.SubscriptionRefusedError as error:
        raise Invalid(
            "ADDRESS_MALFORMED", "The push address is not a browser's subscription.", fields={"value": str(error)}
        ) from error
    if not browsers.may_be_called(found.endpoint):
        raise Invalid(
            "PUSH_SERVICE_UNKNOWN",
            f"{found.origin} is no push service that this server calls.",
            fields={"value": "endpoint of an unknown push service"},
        )
    return found.canonical()


def check_own_device(actor: Actor, device: Device) -> None:
    """Refuses a device that is not the actor's own or was cut off."""
    if device.org_id != actor.org_id or device.user_id != actor.user_id or device.revoked_at is not None:
        raise device_not_found()


def check_own(actor: Actor, notification: Notification) -> None:
    """Refuses a notification of somebody else, which looks like none at all."""
    if notification.org_id != actor.org_id or notification.user_id != actor.user_id:
        raise notification_not_found()


def device_not_found() -> NotFound:
    """No such device, or not the actor's."""
    return NotFound("DEVICE_NOT_FOUND", "There is no such device for you.", fields={"deviceId": "not found"})


def notification_not_found() -> NotFound:
    """No such notification, or not the actor's."""
    return NotFound(
        "NOTIFICATION_NOT_FOUND", "There is no such notification for you.", fields={"notificationId": "not found"}
    )


def pause(attempt: int, retry_after: float | None, jitter: float) -> float:
    """Returns the seconds until the next attempt.

    `attempt` counts from 1, `jitter` is 0..1. What the provider asks for is the least; up to a tenth is added, so that
    many rows told the same do not come back together. Otherwise the pause doubles, at most to 15 minutes, and half of
    it is left to chance.
    """
    if retry_after is not None:
        return retry_after * (1 + jitter / 10)
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** min(attempt, 20)))
    return longest * (0.5 + jitter / 2)
