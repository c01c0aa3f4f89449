"""Where resolvers meet the database: a bounded set of threads, each with a connection that it keeps."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, Protocol, TypeVar

from django.conf import settings
from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """Runs a function that uses the database, away from the event loop, and awaits its result."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Returns what the function returns, or raises what it raises."""


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=settings.ENV.db_pool, thread_name_prefix="database")


def _on_living_connection(function: Callable[[], T]) -> T:
    connection.close_if_unusable_or_obsolete()
    return function()


async def run_in_pool(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs the function on the pool, with the caller's context (log ids) around it."""
    call = partial(contextvars.copy_context().run, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool(), _on_living_connection, call)
