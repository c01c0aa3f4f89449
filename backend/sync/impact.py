"""Phones that may hold unsent work of people who are about to lose accounts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import connection

from backend.kit import clock

SILENT = timedelta(hours=12)
"""A phone that was not heard of for longer may have been at work without a line for a whole day."""
MOST = 1_000

# A phone that never pulled has nothing to work on.
_DEVICES = """
    SELECT d.id, d.user_id, d.name, d.platform, GREATEST(d.last_seen_at, pulled.at, pushed.at) AS contact, s.pending
    FROM identity_device d
    LEFT JOIN sync_devicestate s ON s.device_id = d.id
    JOIN LATERAL (SELECT max(x.last_pull_at) AS at FROM sync_stream x WHERE x.device_id = d.id) pulled ON pulled.at IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT o.received_at AS at FROM sync_syncop o WHERE o.device_id = d.id ORDER BY o.seq DESC LIMIT 1
    ) pushed ON TRUE
    WHERE d.org_id = %(org)s AND d.user_id = ANY(%(users)s) AND d.revoked_at IS NULL
      AND (COALESCE(s.pending, 0) > 0 OR GREATEST(d.last_seen_at, pulled.at, pushed.at) < %(silent)s)
    ORDER BY COALESCE(s.pending, 0) DESC, contact, d.id LIMIT %(most)s
"""


class Risk(StrEnum):
    """Why a phone is named."""

    PENDING = "pending"
    """It said that work waits in its outbox."""
    SILENT = "silent"
    """It was not heard of for so long that it may hold some."""


@dataclass(frozen=True, slots=True)
class DeviceAtRisk:
    """A phone that may hold unsent work. `pending`: as it said itself at its last contact, None: it does not say."""

    id: UUID
    user_id: UUID
    name: str
    platform: str
    last_contact: datetime
    pending: int | None

    @property
    def risk(self) -> Risk:
        """Returns why it is named."""
        return Risk.PENDING if self.pending else Risk.SILENT


def devices_at_risk(org_id: UUID, users: Collection[UUID]) -> list[DeviceAtRisk]:
    """Returns the phones of these people that said work waits, most of it first, and then those not heard of for SILENT."""
    with connection.cursor() as cursor:
        cursor.execute(_DEVICES, {"org": org_id, "users": list(users), "silent": clock.now() - SILENT, "most": MOST})
        return [DeviceAtRisk(*row) for row in cursor.fetchall()]
