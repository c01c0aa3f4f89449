"""Tokens: a short access token that is checked against the device row on every call, and a rotating refresh chain.

An access token names its device and the device's token generation; revoking raises the generation, so every token issued
before ends at once. A refresh token works once. Its successor is made from it and the server's secret, so a lost reply
can be given again for a short while without keeping the token itself; after that, a second use ends the chain."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import F

from backend.identity import rules
from backend.identity.actor import Actor
from backend.identity.models import Device, RefreshToken, Role, User
from backend.kit import clock, statements
from backend.kit.errors import NotFound, Unauthenticated

ACCESS_LIFE = timedelta(minutes=5)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(seconds=60)
ALGORITHM = "HS256"
ISSUER = "fieldbeat"


@dataclass(frozen=True, slots=True)
class Session:
    """What a signed-in device is given."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    device: Device


def _key(purpose: str) -> bytes:
    return _made_key(settings.SECRET_KEY, purpose)


@lru_cache(maxsize=8)
def _made_key(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _access(user: User, device: Device | None) -> tuple[str, datetime]:
    now = clock.now()
    expires = now + ACCESS_LIFE
    claims = {
        "iss": ISSUER,
        "sub": str(user.pk),
        "iat": int(now.timestamp()),
        "exp": int(expires.timestamp()),
        "dev": str(device.pk) if device else None,
        "gen": device.token_generation if device else None,
    }
    return jwt.encode(claims, _key("access"), algorithm=ALGORITHM), expires


def _remember(device: Device, token: str) -> None:
    now = clock.now()
    RefreshToken.objects.create(
        device=device,
        generation=device.token_generation,
        token_hash=_digest(token),
        created_at=now,
        expires_at=now + REFRESH_LIFE,
    )


def open_session(device: Device) -> Session:
    """Starts a refresh chain for the device."""
    token = secrets.token_urlsafe(32)
    _remember(device, token)
    return _session(device, token)


def _session(device: Device, refresh_token: str) -> Session:
    access, expires = _access(device.user, device)
    return Session(access_token=access, access_expires_at=expires, refresh_token=refresh_token, device=device)


def rotate(token: str) -> Session:
    """Gives the successor of a refresh token; raises Unauthenticated, having ended the chain if it was a second use."""
    session = _rotate(token)
    if session is None:
        raise rules.refresh_reused()
    return session


@transaction.atomic
def _rotate(token: str) -> Session | None:
    """Returns None when the chain had to be ended: the caller raises after this transaction has committed it."""
    link = RefreshToken.objects.filter(token_hash=_digest(token)).first()
    if link is None:
        raise rules.token_invalid()
    device = Device.objects.select_for_update().select_related("user").get(pk=link.device_id)
    link.refresh_from_db()
    now = clock.now()
    if device.revoked_at is not None:
        raise rules.device_revoked()
    if not device.user.is_active or link.generation != device.token_generation or link.expires_at <= now:
        raise rules.token_invalid()
    successor = hmac.new(_key("refresh"), token.encode(), hashlib.sha256).hexdigest()
    if link.used_at is None:
        link.used_at = now
        link.save(update_fields=["used_at"])
        _remember(device, successor)
        return _session(device, successor)
    following = RefreshToken.objects.filter(token_hash=_digest(successor)).first()
    if now - link.used_at <= GRACE and following is not None and following.used_at is None:
        return _session(device, successor)
    end_tokens(device)
    return None


def end_tokens(device: Device) -> None:
    """Ends every token of the device, access and refresh."""
    # The links stay, ended by their generation: a revoked phone that comes back late must still hear that it was revoked.
    Device.objects.filter(pk=device.pk).update(token_generation=F("token_generation") + 1)


_CALLER = """
SELECT u.is_active AND u.org_id IS NOT NULL, u.org_id, u.role, u.username, u.timezone,
  d.id IS NOT NULL, d.revoked_at IS NOT NULL, d.token_generation, coalesce(d.platform, '')
FROM identity_user u LEFT JOIN identity_device d ON d.id = %s AND d.user_id = u.id
WHERE u.id = %s"""


class _Claims(NamedTuple):
    """What a token says, its signature being good."""

    user_id: UUID
    device_id: UUID | None
    generation: int | None
    expires: float

    def over(self) -> bool:
        """Says whether the token has had its time."""
        return self.expires <= clock.now().timestamp()


# A signature that was good stays good: what may change since is asked each time.
@lru_cache(maxsize=4096)
def _claims(token: str, key: bytes) -> _Claims:
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": ["sub", "exp", "iat"], "verify_exp": False, "verify_iat": False},
        )
        device_id = UUID(claims["dev"]) if claims["dev"] else None
        return _Claims(UUID(claims["sub"]), device_id, claims["gen"], claims["exp"])
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise rules.token_invalid() from error


class Remembered(NamedTuple):
    """Who called the last time from a device, or as a script, and what the database said of them then."""

    actor: Actor
    said: tuple[bytes | None, ...]


MOST_REMEMBERED = 4_096
_remembered: OrderedDict[tuple[UUID, UUID | None], Remembered] = OrderedDict()


def device_said(token: str) -> UUID | None:
    """Returns the device that a well-signed token names, without asking whether it is good yet; None for any other token."""
    try:
        return _claims(token, _key("access")).device_id
    except Unauthenticated:
        return None


def remembered(token: str) -> Remembered | None:
    """Returns who a token's bearer is, if it is well signed and not over, and its device, or this person's script, called before
    in the same session. It is to be asked whether the database still says the same."""
    try:
        claims = _claims(token, _key("access"))
    except Unauthenticated:
        return None
    found = _remembered.get((claims.user_id, claims.device_id))
    if found is None or found.actor.generation != claims.generation or claims.over():
        return None
    return found


def question(token: str) -> tuple[str, list[UUID | None]]:
    """Returns the statement that asks who calls with a well-signed token, and its parameters."""
    claims = _claims(token, _key("access"))
    return _CALLER, [claims.device_id, claims.user_id]


def said(found: Any) -> tuple[bytes | None, ...]:
    """Returns what the database says of a caller (psycopg's result); empty when there is none."""
    return tuple(found.get_value(0, column) for column in range(found.nfields)) if found.ntuples else ()


def authenticate(token: str) -> Actor:
    """Returns the caller whose access token this is, checked against the device and user as they stand now. One query."""
    claims = _claims(token, _key("access"))
    if claims.over():
        raise rules.token_expired()
    told = said(statements.read(*question(token)))
    actor = _actor(claims, told)
    _remembered[claims.user_id, claims.device_id] = Remembered(actor, told)
    while len(_remembered) > MOST_REMEMBERED:
        # Another thread may have taken the last one out.
        with suppress(KeyError):
            _remembered.popitem(last=False)
    return actor


def _actor(claims: _Claims, told: tuple[bytes | None, ...]) -> Actor:
    if not told:
        raise rules.token_invalid()
    good, org, role, username, timezone, device, revoked, generation, platform = ((one or b"").decode() for one in told)
    if claims.device_id is not None:
        if device != "t":
            raise rules.token_invalid()
        if revoked == "t":
            raise rules.device_revoked()
        if generation != str(claims.generation):
            raise rules.token_invalid()
    if good != "t":
        raise rules.token_invalid()
    return Actor(
        user_id=claims.user_id,
        org_id=UUID(org),
        role=Role(role),
        username=username,
        timezone=timezone,
        device_id=claims.device_id,
        generation=claims.generation,
        platform=platform,
    )


def actor_of(user: User, device_id: UUID | None = None, generation: int | None = None, platform: str = "") -> Actor:
    """Returns the frozen caller for a user who belongs to an org."""
    assert user.org_id is not None
    return Actor(
        user_id=user.pk,
        org_id=user.org_id,
        role=Role(user.role),
        username=user.username,
        timezone=user.timezone,
        device_id=device_id,
        generation=generation,
        platform=platform,
    )


def access_token_for(username: str) -> str:
    """Returns a short-lived access token for scripts, bound to no device; raises NotFound."""
    user = User.objects.filter(username__iexact=username, is_active=True).exclude(org=None).first()
    if user is None:
        raise NotFound("USER_NOT_FOUND", f"There is no active user named {username!r}.", fields={"user": "not found"})
    return _access(user, None)[0]


def still_good(actor: Actor) -> bool:
    """Says whether a caller who was authenticated before may go on: user active, of the same org and role, device not revoked,
    session not ended. One query."""
    people = User.objects.filter(pk=actor.user_id, org_id=actor.org_id, is_active=True, role=actor.role)
    if actor.device_id is None:
        return people.exists()
    same = {} if actor.generation is None else {"devices__token_generation": actor.generation}
    return people.filter(devices__pk=actor.device_id, devices__revoked_at=None, **same).exists()
