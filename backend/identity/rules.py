"""What identity allows, and the errors it raises."""

import re
from datetime import timedelta

from backend.identity.actor import Actor
from backend.identity.models import Device, Role, User
from backend.kit.errors import Busy, Invalid, NotFound, NotPermitted, Unauthenticated
from backend.kit.trees import makes_circle

MIN_INSTALL_KEY = 16
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def bad_credentials() -> Unauthenticated:
    """The one answer to every failed sign-in, so that names cannot be guessed."""
    return Unauthenticated("BAD_CREDENTIALS", "The name or the password is not right.")


def too_many_attempts(span: timedelta) -> Busy:
    """Somebody guesses, or forgot: the right password, too, must wait."""
    minutes = int(span.total_seconds() // 60)
    return Busy("RATE_LIMITED", f"Too many attempts; try again in {minutes} minutes.", fields={"username": "too many"})


def check_text(*given: str) -> None:
    """Refuses names and passwords that are no text, which nobody can have."""
    if any(_NO_TEXT.search(text) for text in given):
        raise bad_credentials()


def token_expired() -> Unauthenticated:
    """The access token is too old: refresh it."""
    return Unauthenticated("TOKEN_EXPIRED", "The access token has expired; refresh it.")


def token_invalid() -> Unauthenticated:
    """The token is not one of ours, or no longer good."""
    return Unauthenticated("TOKEN_INVALID", "The token is not valid; sign in again.")


def refresh_reused() -> Unauthenticated:
    """A refresh token came back after its successor was used: somebody has a copy, so the chain ends."""
    return Unauthenticated("REFRESH_REUSED", "This refresh token was used before; sign in again.")


def device_revoked() -> Unauthenticated:
    """The device was cut off: it must wipe what it holds."""
    return Unauthenticated("DEVICE_REVOKED", "This device was revoked; it must wipe its data.")


def check_install_key(install_key: str) -> None:
    """Refuses a key too short to be one installation's own."""
    if not MIN_INSTALL_KEY <= len(install_key) <= 64:
        raise Invalid(
            "INSTALL_KEY_LENGTH",
            "installKey must be 16 to 64 characters.",
            fields={"installKey": "16 to 64 characters"},
        )


def check_manager(user: User, manager: User | None) -> None:
    """Refuses a manager of another org, a rep as manager, and a circle."""
    if manager is None:
        return
    if manager.org_id != user.org_id:
        raise Invalid("MANAGER_OTHER_ORG", "The manager belongs to another org.", fields={"managerId": "other org"})
    if manager.role not in (Role.MANAGER, Role.ADMIN):
        raise Invalid("MANAGER_ROLE", "Only managers and admins lead people.", fields={"managerId": "not a manager"})
    if makes_circle(user.pk, manager, key=lambda one: one.pk, parent=lambda one: one.manager):
        raise Invalid("MANAGER_CYCLE", "That would make a circle of managers.", fields={"managerId": "circle"})


def check_may_revoke(actor: Actor, device: Device) -> None:
    """A device is revoked by its owner or an admin of the org."""
    if device.org_id != actor.org_id or (device.user_id != actor.user_id and actor.role != Role.ADMIN):
        raise NotFound("DEVICE_NOT_FOUND", "There is no such device for you.", fields={"deviceId": "not found"})


def check_admin(actor: Actor) -> None:
    """Refuses everybody but an admin."""
    if actor.role != Role.ADMIN:
        raise NotPermitted("ADMIN_ONLY", "Only an admin may do this.")


def check_same_org(actor: Actor, user: User) -> None:
    """Another org's person does not exist for the caller."""
    if user.org_id != actor.org_id:
        raise NotFound("USER_NOT_FOUND", "There is no such person for you.", fields={"userId": "not found"})
