"""Our message as firebase-admin's."""

import warnings
from datetime import timedelta
from typing import Any

from firebase_admin import messaging

from backend.notifications.transports.base import Address, Message


def encode(address: Address, message: Message) -> Any:
    """Returns a firebase_admin.messaging.Message; raises ValueError for what FCM could never take.

    The collapse key is the category, because a phone keeps at most four of them; the tag is the nid, so that a second
    delivery of one alert replaces the first on the screen.
    """
    common: dict[str, Any] = {
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
    if address.kind == "fid":
        encoded = messaging.Message(fid=address.value, **common)
    else:
        with warnings.catch_warnings():
            # installs that have not moved to FIDs are reachable only by the deprecated field
            warnings.simplefilter("ignore", DeprecationWarning)
            encoded = messaging.Message(token=address.value, **common)
    str(encoded)  # firebase-admin validates while encoding: one bad message must not sink its batch
    return encoded
