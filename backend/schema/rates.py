"""How much somebody may ask in a minute, paid by the price that an operation was judged at: each device, else each user,
else each address; and half of it for operations that begin with the same field, so that one that runs wild leaves room."""

import asyncio
import ipaddress
from typing import TypeAlias
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings

from backend.identity.actor import Actor
from backend.kit.errors import Busy
from backend.schema.context import Context
from backend.schema.limits import Price
from backend.schema.standing import Standing
from backend.schema.windows import Memory, Valkey, Window, Windows
from backend.telemetry import metrics

Payer: TypeAlias = tuple[str, str, int]
"""Of which kind, who, and how many points a minute they have (0: as many as they like)."""

_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Windows] = WeakKeyDictionary()


def windows() -> Windows:
    """Returns where this process counts; lines to Valkey belong to one event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _of_loop:
        _of_loop[loop] = Valkey(settings.REDIS_URL) if settings.REDIS_URL else Memory()
    return _of_loop[loop]


async def charge(context: Context, price: Price, *, payer: Payer | None = None) -> None:
    """Pays for an operation; raises Busy (RATE_LIMITED) with when to come again, and leaves the standing in the context.

    `payer`: where nobody has asked yet who calls."""
    kind, who, limit = payer or payer_of(context.caller, context.address)
    if not limit:
        return
    # What costs more than a budget holds takes all of it.
    cost, half = min(price.values, limit), max(1, limit // 2)
    key = f"{kind}:{who}"
    (paid, whole), (part_paid, part) = await asyncio.gather(
        windows().spend(key, limit, cost), windows().spend(f"{key}:{price.root}", half, min(cost, half))
    )
    waits = [0 if paid else whole.wait(limit, cost), 0 if part_paid else part.wait(half, min(cost, half))]
    context.standing = _standing(kind, limit, whole)
    if not (paid and part_paid):
        metrics.RATE_LIMITED.add(kind)
        raise Busy(
            "RATE_LIMITED",
            f"This {kind} asked for too much in a minute; wait {max(*waits, 1)} seconds.",
            after=max(*waits, 1),
        )


def payer_of(caller: Actor | None, address: str = "") -> Payer:
    """Returns who pays for what somebody asks, or what an address asks that nobody has signed in from."""
    if caller is None:
        return "address", _network(address), settings.RATE_ADDRESS
    if caller.device_id is None:
        return "user", str(caller.user_id), settings.RATE_POINTS
    return payer_with(caller.device_id)


def payer_with(device: UUID) -> Payer:
    """Returns who pays for what a device asks."""
    return "device", str(device), settings.RATE_POINTS


def _network(address: str) -> str:
    """Returns an address, or of one in IPv6 the network of its house: who has one has 2**64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def _standing(kind: str, limit: int, window: Window) -> Standing:
    return Standing(kind=kind, limit=limit, left=max(0, limit - window.spent), seconds=max(1, round(window.left)))
