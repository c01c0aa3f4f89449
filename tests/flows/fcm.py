"""What reached the local FCM server."""

from typing import Any

import httpx

from tests.config.serving import Serving


def fcm_url(server: Serving) -> str:
    """Returns the address of the FCM server that `fieldbeat serve` started."""
    words = server.family()["dev-fcm"].cmdline()
    return f"http://127.0.0.1:{words[words.index('--port') + 1]}"


def alerts_for(server: Serving, address: str) -> list[dict[str, Any]]:
    """Returns the alerts sent to one push address, oldest first."""
    reply = httpx.get(f"{fcm_url(server)}/messages", params={"address": address}, trust_env=False)
    found: list[dict[str, Any]] = reply.json()
    return found
