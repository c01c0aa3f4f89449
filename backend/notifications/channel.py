"""Which push channel this process uses, by its settings."""

from backend.notifications.lanes import lanes
from backend.notifications.transports.base import Transport


def configured() -> Transport | None:
    """Returns the lane to phones, when there is one."""
    return lanes().get("push")
