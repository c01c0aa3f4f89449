"""Waiting for at most so long, for what mostly needs no waiting."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, awaited: Awaitable[T]) -> T:
    """Awaits something; raises TimeoutError where it takes longer. What is done at its first step needs no clock, which would
    take longer than the step."""
    steps = awaited.__await__()
    try:
        waits_for = next(steps)
    except StopIteration as done:
        value: T = done.value
        return value
    async with asyncio.timeout(seconds):
        return await _rest(steps, waits_for)


@types.coroutine
def _rest(steps: Generator[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """Goes on with what has begun, and waits for something: as `yield from` does with what has not."""
    while True:
        step: Callable[[], Any]
        try:
            step = partial(steps.send, (yield waits_for))
        except BaseException as error:  # noqa: BLE001
            step = partial(steps.throw, error)
        try:
            waits_for = step()
        except StopIteration as done:
            value: T = done.value
            return value
