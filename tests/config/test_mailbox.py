"""A mailbox has one reader, who gets everything, in order, and loses nothing when they go away in between."""

import asyncio

from backend.kit.mailbox import Mailbox


def test_what_is_put_is_taken_in_order_whether_somebody_waits_or_not() -> None:
    async def story() -> list[int]:
        box = Mailbox[int]()
        reading = asyncio.create_task(box.get())
        await asyncio.sleep(0)
        assert (box.empty(), box.qsize()) == (True, 0)
        for number in (1, 2, 3):
            box.put_nowait(number)
        assert (box.empty(), box.qsize()) == (False, 3)
        return [await reading, await box.get(), await box.get()]

    assert asyncio.run(asyncio.wait_for(story(), 20)) == [1, 2, 3]


def test_a_reader_who_is_cancelled_takes_nothing_along() -> None:
    async def story() -> list[int]:
        box = Mailbox[int]()
        before, meanwhile = asyncio.create_task(box.get()), None
        await asyncio.sleep(0)
        before.cancel()
        await asyncio.wait([before])
        meanwhile = asyncio.create_task(box.get())
        await asyncio.sleep(0)
        box.put_nowait(1)
        meanwhile.cancel()  # woken, and gone before it could take what woke it
        await asyncio.wait([meanwhile])
        box.put_nowait(2)
        return [await box.get(), await box.get()]

    assert asyncio.run(asyncio.wait_for(story(), 20)) == [1, 2]
