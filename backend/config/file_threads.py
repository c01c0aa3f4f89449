"""Threads for files: a slow store must not keep the database's threads from those who wait for rows."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 4


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="files")


def _on_living_connection(function: Callable[[], T]) -> T:
    connection.close_if_unusable_or_obsolete()
    return function()


async def run_on_files(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs the function on a thread for files, each with a database connection that it keeps."""
    call = partial(contextvars.copy_context().run, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool(), _on_living_connection, call)
