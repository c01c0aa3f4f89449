"""Signing in, devices, and cutting either off."""

from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from backend.events import outbox
from backend.events.types import DeviceRevoked
from backend.identity import attempts, rules, tokens
from backend.identity.actor import Actor
from backend.identity.models import Device, RefreshToken, User
from backend.kit import clock, locks
from backend.kit.errors import DomainError, NotFound
from backend.telemetry import metrics

# Compared against when no such user exists, so that the answer takes as long either way.
_NOBODY = make_password(None)


def sign_in(
    *, username: str, password: str, install_key: str, name: str, platform: str, address: str = ""
) -> tokens.Session:
    """Checks name and password and opens a session on this installation's device; `address` is where the caller is.

    Raises Unauthenticated (BAD_CREDENTIALS), Busy (RATE_LIMITED) and Invalid (INSTALL_KEY_LENGTH)."""
    rules.check_install_key(install_key)
    # Not in the transaction below: a refused attempt must stay counted.
    try:
        attempts.begin(username, address)
        session = _sign_in(username, password, install_key=install_key, name=name, platform=platform)
    except DomainError as error:
        metrics.SIGN_INS.add(error.code)
        raise
    attempts.succeeded(username, address)
    metrics.SIGN_INS.add("ok")
    return session


@transaction.atomic
def _sign_in(username: str, password: str, *, install_key: str, name: str, platform: str) -> tokens.Session:
    rules.check_text(username, password)
    user = User.objects.filter(username__iexact=username, is_active=True).exclude(org=None).first()
    if not check_password(password, user.password if user else _NOBODY) or user is None:
        raise rules.bad_credentials()
    return tokens.open_session(_device(user, install_key=install_key, name=name, platform=platform))


def _device(user: User, *, install_key: str, name: str, platform: str) -> Device:
    assert user.org_id is not None
    device, _ = Device.objects.get_or_create(
        user=user,
        install_key=install_key,
        defaults={"org_id": user.org_id, "name": name[:100], "platform": platform[:20]},
    )
    if device.revoked_at is not None:
        raise rules.device_revoked()
    return device


@transaction.atomic
def register_device(*, actor: Actor, install_key: str, name: str, platform: str) -> Device:
    """Makes (or finds) the device of an installation for a caller who holds a script's token."""
    rules.check_install_key(install_key)
    user = User.objects.get(pk=actor.user_id)
    return _device(user, install_key=install_key, name=name, platform=platform)


@transaction.atomic
def sign_out(*, actor: Actor) -> None:
    """Ends the tokens of the caller's device; what the device holds stays."""
    if actor.device_id is not None:
        tokens.end_tokens(Device.objects.get(pk=actor.device_id))


@transaction.atomic
def revoke_device(*, actor: Actor, device_id: UUID, reason: str) -> Device:
    """Cuts a device off for good: tokens and sockets end at once, and it is told to wipe."""
    device = Device.objects.select_for_update().filter(pk=device_id).first()
    if device is None:
        raise NotFound("DEVICE_NOT_FOUND", "There is no such device for you.", fields={"deviceId": "not found"})
    rules.check_may_revoke(actor, device)
    if device.revoked_at is None:
        device.revoked_at = clock.now()
        device.revoked_reason = reason[:200]
        device.save(update_fields=["revoked_at", "revoked_reason"])
        tokens.end_tokens(device)
        outbox.append(DeviceRevoked(device_id=device.pk, actor_id=actor.user_id), org_id=device.org_id)
    return device


@transaction.atomic
def deactivate_user(*, actor: Actor, user: User) -> User:
    """Ends a person's access everywhere at once; their rows stay."""
    rules.check_admin(actor)
    rules.check_same_org(actor, user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    Device.objects.filter(user=user).update(token_generation=F("token_generation") + 1)
    RefreshToken.objects.filter(device__user=user).delete()
    return user


@transaction.atomic
def set_manager(*, actor: Actor, user: User, manager: User | None) -> User:
    """Puts a person under a manager; two moves at once cannot make a circle between them."""
    rules.check_admin(actor)
    rules.check_same_org(actor, user)
    locks.take(locks.Lock.MANAGER_TREE, actor.org_id)
    # Read again under the lock: the tree above may have changed since the caller looked.
    manager = None if manager is None else User.objects.get(pk=manager.pk)
    rules.check_manager(user, manager)
    user.manager = manager
    user.save(update_fields=["manager"])
    return user
