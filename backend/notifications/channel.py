"""Which push channel this process uses, by its settings."""

from functools import cache
from pathlib import Path

from django.conf import settings

from backend.notifications.transports.base import Transport
from backend.notifications.transports.fcm.credential import from_dev_server, from_file
from backend.notifications.transports.fcm.transport import FcmTransport


@cache
def configured() -> Transport | None:
    """Returns FCM with the service account of FCM_CREDENTIALS, else the local server at FCM_URL, else None."""
    url: str | None = settings.FCM_URL
    file: Path | None = settings.FCM_CREDENTIALS
    if file is not None:
        return FcmTransport(account=from_file(file), base_url=url)
    if url is not None:
        return FcmTransport(account=from_dev_server(url), base_url=url)
    return None
