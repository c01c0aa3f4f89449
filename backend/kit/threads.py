"""Where what waits for the database runs beside an event loop: a bounded set of threads, each with a connection it keeps."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """At most `most` threads, begun as they are needed."""

    def __init__(self, name: str, most: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=most, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the function on one of the threads, with the caller's context (log ids) around it."""
        call = partial(contextvars.copy_context().run, partial(function, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._pool, _on_living_connection, call)


def _on_living_connection(function: Callable[[], T]) -> T:
    connection.close_if_unusable_or_obsolete()
    return function()
