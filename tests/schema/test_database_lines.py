"""Statements that an event loop asks by itself: several at once, in their order, and nobody gets another's answer."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg.pq.abc import PGresult

from backend.kit import clock, lines
from backend.kit.ids import new_id
from backend.kit.lines import Lines
from backend.kit.statements import MOST_PREPARED

T = TypeVar("T")


def asked(work: Callable[[Lines], Awaitable[T]], most: int = 2) -> T:
    """Does something with lines of an event loop, and hangs up."""

    async def whole() -> T:
        lines.allow(most)
        try:
            found = lines.lines()
            assert found is not None
            assert found is lines.lines()
            return await work(found)
        finally:
            lines.hang_up()
            lines.allow(0)

    return asyncio.run(whole())


def said(result: PGresult) -> list[str | None]:
    """Returns the first row as texts."""
    values = (result.get_value(0, column) for column in range(result.nfields))
    return [None if value is None else value.decode() for value in values]


async def number_of(found: Lines, number: int) -> int:
    """Asks the database for a number that it is told."""
    [result] = await found.ask(("SELECT %s::int", [number]))
    return int(str(said(result)[0]))


pytestmark = pytest.mark.django_db


def test_two_statements_are_answered_together_and_values_of_every_kind_arrive() -> None:
    number, now = new_id(), clock.now()

    async def work(found: Lines) -> list[PGresult]:
        values: list[object] = [number, now, 70_000, None, "100 %", [number], 2.5]
        return await found.ask(
            ("SELECT 1 WHERE %s = 2", [1]),
            ("SELECT %s::uuid, %s::timestamptz = now(), %s, %s::text, %s || ' %%', %s::uuid[], %s", values),
        )

    first, second = asked(work)
    assert first.ntuples == 0
    assert said(second) == [str(number), "f", "70000", None, "100 % %", f"{{{number}}}", "2.5"]


def test_the_loop_s_lines_are_set_as_the_threads_are() -> None:
    wanted = "SELECT current_setting('TimeZone'), current_setting('jit'), current_setting('lock_timeout'), current_database()"

    async def work(found: Lines) -> list[PGresult]:
        return await found.ask((wanted, []))

    with connection.cursor() as cursor:
        cursor.execute(wanted)
        assert said(asked(work)[0]) == list(cursor.fetchone())


def test_what_fails_is_told_and_the_next_is_answered() -> None:
    async def work(found: Lines) -> int:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await found.ask(("SELECT %s", [1]), ("SELECT 1 / %s", [0]), ("SELECT %s", [3]))
        with pytest.raises(psycopg.errors.SyntaxError):
            await found.ask(("SELEC", []))
        with pytest.raises(psycopg.ProgrammingError):
            await found.ask(("SELECT %s", [object()]))
        return await number_of(found, 7)

    assert asked(work, most=1) == 7


def test_what_could_not_be_sent_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """To its asker, and not to the log too, as an answer that nobody fetched."""

    async def work(found: Lines) -> None:
        with pytest.raises(psycopg.ProgrammingError):
            await found.ask(("SELECT %s", [object()]))
        gc.collect()

    asked(work)
    assert "never retrieved" not in caplog.text


def test_more_askers_than_lines_get_each_their_own_answer() -> None:
    async def work(found: Lines) -> tuple[list[int], int]:
        numbers = await asyncio.gather(*(number_of(found, number) for number in range(40)))
        own = "SELECT pg_backend_pid(), pg_sleep(0.01)"
        pids = await asyncio.gather(*(found.ask((own, [])) for _ in range(6)))
        return numbers, len({said(one)[0] for [one] in pids})

    assert asked(work) == (list(range(40)), 2)


def test_who_gives_up_leaves_no_answer_to_the_next() -> None:
    async def work(found: Lines) -> list[int]:
        slow = asyncio.create_task(found.ask(("SELECT 1 FROM pg_sleep(%s)", [30])))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(number_of(found, 5))
        late = asyncio.create_task(number_of(found, 6))
        await asyncio.sleep(0)
        late.cancel()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        return [await waiting, await number_of(found, 8)]

    assert asked(work, most=1) == [5, 8]


@pytest.mark.parametrize("busy", [False, True])
def test_a_line_that_the_server_ended_is_replaced(busy: bool) -> None:
    async def work(found: Lines) -> int:
        [pid] = await found.ask(("SELECT pg_backend_pid()", []))
        question = asyncio.create_task(found.ask(("SELECT pg_sleep(%s)", [30]))) if busy else None
        await asyncio.sleep(0.05)
        await asyncio.to_thread(_end, int(str(said(pid)[0])))
        if question is not None:
            with pytest.raises(psycopg.OperationalError):
                await question
        await asyncio.sleep(0.05)
        return await number_of(found, 9)

    assert asked(work, most=1) == 9


def _end(pid: int) -> None:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    connection.close()


def test_where_none_can_be_opened_everybody_who_waits_is_told() -> None:
    async def refuse() -> lines.Line:
        await asyncio.sleep(0)
        raise psycopg.OperationalError("no more connections")

    async def work() -> list[object]:
        found = Lines(1, refuse)
        return list(await asyncio.gather(*(number_of(found, one) for one in range(3)), return_exceptions=True))

    assert [type(one) for one in asyncio.run(work())] == [psycopg.OperationalError] * 3


def test_statements_are_planned_once_and_the_oldest_are_forgotten() -> None:
    planned: tuple[str, list[object]] = (
        "SELECT count(*)::int, max(generic_plans + custom_plans)::int FROM pg_prepared_statements",
        [],
    )

    async def work(found: Lines) -> list[list[str | None]]:
        for _ in range(9):
            await found.ask(("SELECT %s::uuid", [new_id()]))
        first = said((await found.ask(planned))[0])
        for number in range(MOST_PREPARED + 5):
            [one] = await found.ask((f"SELECT {number} + %s", [1]))
            assert said(one) == [str(number + 1)]
        return [first, said((await found.ask(planned))[0])]

    first, last = asked(work, most=1)
    assert first == ["2", "9"]
    assert last[0] == str(MOST_PREPARED)


def test_what_is_large_goes_and_comes_whole() -> None:
    """More than the buffers of a socket hold, both ways."""
    text = "漢" * 1_500_000

    async def work(found: Lines) -> PGresult:
        [one] = await found.ask(("SELECT %s::text || 'x' FROM generate_series(1, 3)", [text]))
        return one

    result = asked(work)
    assert [len(result.get_value(row, 0) or b"") for row in range(3)] == [4_500_001] * 3


def test_a_process_that_was_not_allowed_any_has_none() -> None:
    async def work() -> Lines | None:
        return lines.lines()

    assert asyncio.run(work()) is None


@pytest.fixture(autouse=True)
def _of_this_database() -> Iterator[None]:
    """Lines are closed however a test ends."""
    yield
    lines.allow(0)


def test_ids_are_told_from_texts() -> None:
    async def work(found: Lines) -> PGresult:
        return (await found.ask(("SELECT %s::uuid = %s", [UUID(int=1), str(UUID(int=1))])))[0]

    assert said(asked(work)) == ["t"]
