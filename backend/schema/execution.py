"""Where resolvers meet the database: a bounded set of threads, each with a connection that it keeps."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import ParamSpec, Protocol, TypeVar

from django.conf import settings

from backend.kit.threads import Threads
from backend.telemetry.hops import hop

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """Runs a function that uses the database, away from the event loop, and awaits its result."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Returns what the function returns, or raises what it raises."""


class Here:
    """Runs a function where it is called, which is on one of the threads already."""

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what the function returns."""
        return function(*args, **kwargs)


@cache
def _threads() -> Threads:
    return Threads("database", settings.ENV.db_pool)


async def run_in_pool(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs the function on the pool, with the caller's context (log ids) around it."""
    return await _threads().run(hop(function), *args, **kwargs)
