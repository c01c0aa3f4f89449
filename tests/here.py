"""Doors run what waits for the database on threads of their own; a test has it run where its own transaction is."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async

P = ParamSpec("P")
T = TypeVar("T")


async def on_this_connection(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs on the thread that asked."""
    return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)
