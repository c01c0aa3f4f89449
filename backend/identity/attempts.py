"""How often somebody may try to sign in. Counted in the database, where all web processes meet, before the password is
looked at: guesses made at the same time count as well. Only hashes of names and addresses are kept."""

import hashlib
from datetime import timedelta

from django.db import connection

from backend.identity import rules
from backend.identity.models import SignInAttempts
from backend.kit import clock

SPAN = timedelta(minutes=15)
OF_NAME = 10
"""Failures of one name from one address within SPAN."""

OF_ADDRESS = 100
"""Failures of one address within SPAN, whatever the names; many phones may share an address."""

_COUNT = """
    INSERT INTO identity_signinattempts AS kept (key, since, count) VALUES (%(key)s, %(now)s, 1)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN kept.since <= %(ended)s THEN 1 ELSE kept.count + 1 END,
        since = CASE WHEN kept.since <= %(ended)s THEN %(now)s ELSE kept.since END
    RETURNING count
"""
_TAKE_BACK = "UPDATE identity_signinattempts SET count = greatest(count - 1, 0) WHERE key = %s"


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _keys(username: str, address: str) -> tuple[str, str]:
    return _key(address, username.lower()), _key(address)


def begin(username: str, address: str) -> None:
    """Counts an attempt; raises Busy (RATE_LIMITED) when there were too many."""
    now = clock.now()
    with connection.cursor() as cursor:
        for key, most in zip(_keys(username, address), (OF_NAME, OF_ADDRESS), strict=True):
            cursor.execute(_COUNT, {"key": key, "now": now, "ended": now - SPAN})
            if cursor.fetchone()[0] > most:
                raise rules.too_many_attempts(SPAN)


def succeeded(username: str, address: str) -> None:
    """Forgets the failures of a name that has signed in, and takes its attempt back from the address."""
    named, anyone = _keys(username, address)
    SignInAttempts.objects.filter(pk=named).delete()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, [anyone])


def forget_old() -> int:
    """Deletes counts that no longer count; returns how many."""
    return SignInAttempts.objects.filter(since__lte=clock.now() - SPAN).delete()[0]
