# mypy: ignore-errors
# ruff: noqa: INP001
# It runs in the rivals' environment, which has what ours has not.
"""Commits changes of deals, and tells the rivals as they want to be told: live_writer.py WAY (commit, notify or channels).

A line of standard input is a JSON list of [id, note, to whom or null] and a rate a second (0: one after another); it is
answered with the nanosecond of the machine's clock at which each was committed."""

import asyncio
import json
import os
import sys
import time

import psycopg

UPDATE = {
    "commit": "UPDATE crm_opportunity SET notes = %(notes)s WHERE id = %(id)s",
    "notify": "WITH one AS (UPDATE bench_deal SET notes = %(notes)s WHERE id = %(id)s RETURNING 1) "
    "SELECT pg_notify('bench_events', %(payload)s) FROM one",
    "channels": "UPDATE bench_deal SET notes = %(notes)s WHERE id = %(id)s",
}


async def main(way):
    """Does what standard input asks for until it ends."""
    line = await psycopg.AsyncConnection.connect(autocommit=True)
    layer = None
    if way == "channels":
        from channels_redis.pubsub import RedisPubSubChannelLayer

        layer = RedisPubSubChannelLayer(hosts=[os.environ["BENCH_REDIS"]])
    loop = asyncio.get_running_loop()
    while asked := await loop.run_in_executor(None, sys.stdin.readline):
        events, rate = json.loads(asked)
        stamps, began = [], time.monotonic()
        for number, (row, note, to) in enumerate(events):
            if rate and (early := began + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(early)
            given = {"id": row, "notes": note}
            if way == "notify":
                given["payload"] = json.dumps({"id": row, "notes": note, "to": to})
            await line.execute(UPDATE[way], given, prepare=True)
            stamps.append(time.monotonic_ns())
            if layer is not None:
                message = {"type": "deal.changed", "id": row, "notes": note}
                await layer.group_send(f"user.{to}" if to else "all", message)
        print(json.dumps(stamps), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
