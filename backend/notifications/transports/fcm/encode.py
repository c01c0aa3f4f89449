"""Our message as firebase-admin's."""

import warnings
from datetime import timedelta
from typing import Any

from firebase_admin import messaging

from backend.notifications.transports.base import Address, Message


def encode(address: Address, message: Message) -> Any:
    """Returns a firebase_admin.messaging.Message; raises ValueError for what is no address.

    The collapse key is the category, because a phone keeps at most four of them; the tag is the nid, so that a second
    delivery of one alert replaces the first on the screen. A wake has data alone: nothing is shown, the phone syncs.
    """
    common = _wake(message) if message.wake else _shown(message)
    if address.kind == "fid":
        encoded = messaging.Message(fid=address.value, **common)
    else:
        with warnings.catch_warnings():
            # installs that have not moved to FIDs are reachable only by the deprecated field
            warnings.simplefilter("ignore", DeprecationWarning)
            encoded = messaging.Message(token=address.value, **common)
    return encoded


def _shown(message: Message) -> dict[str, Any]:
    return {
        "data": {**message.data, "nid": message.nid},
        "notification": messaging.Notification(title=message.title, body=message.body),
        "android": messaging.AndroidConfig(
            collapse_key=message.category,
            priority=message.priority,
            ttl=timedelta(seconds=message.ttl),
            notification=messaging.AndroidNotification(tag=message.nid),
        ),
        "apns": messaging.APNSConfig(
            headers={
                "apns-collapse-id": message.nid,
                "apns-priority": "10" if message.priority == "high" else "5",
            },
            payload=messaging.APNSPayload(aps=messaging.Aps(thread_id=message.category)),
        ),
        "fcm_options": messaging.FCMOptions(analytics_label=message.category[:50]),
    }


def _wake(message: Message) -> dict[str, Any]:
    # Apple takes a push that shows nothing only as a background one, and those only with priority 5.
    return {
        "data": {**message.data, "nid": message.nid, "wake": "1"},
        "android": messaging.AndroidConfig(
            collapse_key="wake", priority=message.priority, ttl=timedelta(seconds=message.ttl)
        ),
        "apns": messaging.APNSConfig(
            headers={"apns-push-type": "background", "apns-priority": "5", "apns-collapse-id": "wake"},
            payload=messaging.APNSPayload(aps=messaging.Aps(content_available=True)),
        ),
        "fcm_options": messaging.FCMOptions(analytics_label="wake"),
    }
