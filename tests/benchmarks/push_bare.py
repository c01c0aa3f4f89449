"""What one writes without us: python -m tests.benchmarks.push_bare URL MESSAGES CHUNK."""

import sys
import time
from datetime import timedelta
from typing import Any

import firebase_admin
import httpx
from firebase_admin import credentials, messaging
from requests.adapters import HTTPAdapter


def main(url: str, messages: int, chunk: int) -> None:
    """Sends so many messages like ours by send_each, over lines that are kept."""
    account = httpx.get(f"{url}/service-account.json", trust_env=False).json()
    app = firebase_admin.initialize_app(credentials.Certificate(account), {"httpTimeout": 10})
    service: Any = messaging._get_messaging_service(app)
    service._fcm_url = service._fcm_url.replace("https://fcm.googleapis.com", url)
    service._client.session.mount("http://", HTTPAdapter(pool_maxsize=chunk))
    service._client.session.trust_env = False
    messaging.send(_message(-1), app=app)  # the token is had
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    taken, worked = 0, time.process_time()
    for start in range(0, messages, chunk):
        taken += messaging.send_each(
            [_message(n) for n in range(start, min(start + chunk, messages))], app=app
        ).success_count
    assert taken == messages
    sys.stdout.write(f"done {time.process_time() - worked:.3f}\n")
    sys.stdout.flush()


def _message(number: int) -> messaging.Message:
    nid = f"{number:032x}"
    return messaging.Message(
        fid=f"fid-{number}",
        data={"nid": nid, "notification_id": nid, "rule": "visit.overdue", "entity": "account", "entity_id": nid},
        notification=messaging.Notification(
            title="Visit overdue: Joe's Deli", body="Ana has not checked in there yet."
        ),
        android=messaging.AndroidConfig(
            collapse_key="visit",
            priority="high",
            ttl=timedelta(hours=8),
            notification=messaging.AndroidNotification(tag=nid),
        ),
        apns=messaging.APNSConfig(
            headers={"apns-collapse-id": nid, "apns-priority": "10"},
            payload=messaging.APNSPayload(aps=messaging.Aps(thread_id="visit")),
        ),
        fcm_options=messaging.FCMOptions(analytics_label="visit"),
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
