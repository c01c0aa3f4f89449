"""What anybody may ask: which server this is, and whether a socket lives."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import date, datetime

import strawberry

from backend.kit import clock
from backend.kit.errors import Invalid
from backend.kit.version import VERSION
from backend.sync import versions

LONGEST_MS = 3_600_000
MOST_BEATS = 100_000
FASTEST_SECONDS = 0.01
"""However little is asked for: a beat is a sign of life, not a load."""


@strawberry.type(
    description="A version of the sync protocol; until is the first day on which a release may stop speaking it, null for "
    "the newest. From 90 days before, pages of that version carry the warning PROTOCOL_ENDING."
)
class ProtocolVersion:
    number: int
    since: date
    until: date | None
    says: str


@strawberry.type
class ServerInfo:
    version: str
    # Phones of the first version ask for the numbers alone.
    protocol_versions: list[int]
    protocols: list[ProtocolVersion]
    server_time: datetime


@strawberry.type
class Heartbeat:
    n: int
    server_time: datetime


@strawberry.type
class ServerQuery:
    @strawberry.field(description="Open to all.")
    def server_info(self) -> ServerInfo:
        spoken = versions.spoken()
        return ServerInfo(
            version=VERSION,
            protocol_versions=[one.number for one in spoken],
            protocols=[
                ProtocolVersion(number=one.number, since=one.since, until=versions.until(one.number), says=one.says)
                for one in spoken
            ],
            server_time=clock.now(),
        )


def _check(every_ms: int, count: int | None) -> None:
    if not 0 <= every_ms <= LONGEST_MS:
        what = "negative" if every_ms < 0 else "too large"
        raise Invalid("OUT_OF_RANGE", f"everyMs is from 0 to {LONGEST_MS}.", fields={"everyMs": what})
    if count is not None and not 0 <= count <= MOST_BEATS:
        raise Invalid("OUT_OF_RANGE", f"count is from 0 to {MOST_BEATS}.", fields={"count": "out of range"})


async def _beats(every_ms: int, count: int | None) -> AsyncGenerator[Heartbeat, None]:
    n = 0
    while count is None or n < count:
        if n:
            await asyncio.sleep(max(every_ms / 1000, FASTEST_SECONDS))
        n += 1
        yield Heartbeat(n=n, server_time=clock.now())


@strawberry.type
class ServerSubscription:
    @strawberry.subscription(
        description="A beat every so many milliseconds, `count` times or until cancelled. Open to all."
    )
    async def heartbeat(self, every_ms: int, count: int | None = None) -> AsyncGenerator[Heartbeat, None]:
        _check(every_ms, count)
        return _beats(every_ms, count)
