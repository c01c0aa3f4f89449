"""The caller: one frozen value that every call carries from the door to the last room."""

from dataclasses import dataclass
from uuid import UUID

from backend.identity.models import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who calls: user, org, role, and the device whose token it is (None for a script's token).

    `generation`: of that token, where the call began with one; what goes on for long ends with its session.
    `platform`: what the device said it is when it signed in first; empty when it did not say."""

    user_id: UUID
    org_id: UUID
    role: Role
    username: str
    timezone: str
    device_id: UUID | None = None
    generation: int | None = None
    platform: str = ""

    @property
    def leads(self) -> bool:
        """Says whether the actor may act for those beneath: managers and admins."""
        return self.role in (Role.MANAGER, Role.ADMIN)
