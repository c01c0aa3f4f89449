"""The threads that do jobs: as many as run at once, each with a connection to the database that it keeps from job to job.

A new connection has read nothing of the catalogue yet, and asks a third longer for all that a short job asks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.db import connection


class Hands:
    """So many threads; jobs beyond that wait. Begun and closed on the event loop that uses it."""

    def __init__(self, count: int) -> None:
        self._all = [ThreadPoolExecutor(1, thread_name_prefix="job") for _ in range(count)]
        # The last that was used comes first: what it has read is the freshest.
        self._free: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for hand in self._all:
            self._free.put_nowait(hand)

    async def do(self, job: Callable[[], None]) -> None:
        """Does a job on a thread that is free; its error is the caller's."""
        hand = await self._free.get()
        try:
            await sync_to_async(_with_connection, thread_sensitive=False, executor=hand)(job)
        finally:
            self._free.put_nowait(hand)

    async def close(self) -> None:
        """Ends the threads and their connections, when the jobs at hand are done."""
        for hand in self._all:
            await asyncio.get_running_loop().run_in_executor(hand, _end_connection)
            hand.shutdown()


def _end_connection() -> None:
    connection.close()


def _with_connection(job: Callable[[], None]) -> None:
    if connection.connection is not None and not connection.is_usable():
        connection.close()
    try:
        job()
    except BaseException:
        # Nobody knows what a job that failed has left behind: locks of its session, a broken transaction.
        connection.close()
        raise
