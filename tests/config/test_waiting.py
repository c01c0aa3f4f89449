"""Waiting for at most so long: what does not wait is not timed, and what waits is awaited as ever."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from backend.kit.waiting import within


async def _at_once() -> str:
    return "done"


async def _soon() -> str:
    for _ in range(3):
        await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    return "done"


async def _never() -> str:
    await asyncio.Event().wait()
    return "never"


async def _broken_at_once() -> str:
    raise ValueError("at once")


async def _broken_later() -> str:
    await asyncio.sleep(0)
    raise ValueError("later")


async def _stubborn() -> str:
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        await asyncio.sleep(0)  # what ends a line takes a step more
        raise
    return "never"


async def _restless() -> str:
    for _ in range(100_000):  # waits for nothing, at each step anew
        await asyncio.sleep(0)
    return "never"


def _future() -> Awaitable[str]:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.001, future.set_result, "done")
    return future


@pytest.mark.parametrize("what", [_at_once, _soon, _future])
def test_it_returns_what_is_returned(what: Callable[[], Awaitable[str]]) -> None:
    async def ask() -> str:
        return await within(5, what())

    assert asyncio.run(ask()) == "done"


@pytest.mark.parametrize(("what", "told"), [(_broken_at_once, "at once"), (_broken_later, "later")])
def test_it_raises_what_is_raised(what: Callable[[], Awaitable[str]], told: str) -> None:
    async def ask() -> str:
        return await within(5, what())

    with pytest.raises(ValueError, match=told):
        asyncio.run(ask())


@pytest.mark.parametrize("what", [_never, _stubborn, _restless])
def test_what_takes_longer_is_ended(what: Callable[[], Awaitable[str]]) -> None:
    async def ask() -> str:
        return await within(0.01, what())

    with pytest.raises(TimeoutError):
        asyncio.run(ask())


@pytest.mark.parametrize("what", [_never, _stubborn, _restless])
def test_who_is_cancelled_while_waiting_is_cancelled(what: Callable[[], Awaitable[str]]) -> None:
    async def story() -> bool:
        asking = asyncio.create_task(within(5, what()))
        await asyncio.sleep(0.001)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return asking.cancelled()

    assert asyncio.run(story())
