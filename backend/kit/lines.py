"""Statements asked from an event loop itself: a few connections to PostgreSQL that are the loop's own, and libpq's pipelines.

To visit a thread and come back takes longer than PostgreSQL takes for a row. What is asked here only reads, is asked again and
again, and may fail: whoever asks has another way, by a thread, which tells what is wrong."""

import asyncio
import re
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import AsyncConnection, Error, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGcancel, PGresult

from backend.kit.statements import MOST_PREPARED

Statement: TypeAlias = tuple[str, Sequence[object]]
"""SQL with %s for its parameters, and these."""

_PLACE = re.compile(r"%[%s]")


class Line:
    """One connection: asked one thing at a time, of one or more statements."""

    def __init__(self, held: AsyncConnection[Any]) -> None:
        self._held, self._pg = held, held.pgconn
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[list[PGresult]] | None = None
        self._came: list[PGresult] = []
        self._prepared: OrderedDict[tuple[str, tuple[int, ...]], bytes] = OrderedDict()
        self._numbers = count()
        self._socket = self._pg.socket
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._readable)

    @property
    def closed(self) -> bool:
        """Says whether nothing more can be asked here."""
        return self._socket < 0

    async def ask(self, statements: Sequence[Statement]) -> list[PGresult]:
        """Returns what each statement found, its values as text; raises OperationalError, or what else psycopg raises of values.

        They go together, and so does what is found. Where one of them fails, those behind it are not asked."""
        waiting: asyncio.Future[list[PGresult]] = self._loop.create_future()
        self._waiting = waiting
        self._came = []
        try:
            for sql, params in statements:
                self._send(sql, params)
            self._pg.pipeline_sync()
            self._flush()
            return await waiting
        except BaseException as error:
            # Of a question given up the answer is still to come; and what failed may have been prepared, or not.
            if isinstance(error, asyncio.CancelledError) and not self.closed:
                # PostgreSQL would work on for somebody who has gone. To tell it, one calls it anew.
                self._loop.run_in_executor(None, _give_up, self._pg.get_cancel())
            waiting.cancel()  # nobody waits on it any more who could be told
            self.close(error)
            raise

    def close(self, error: BaseException | None = None) -> None:
        """Hangs up; whoever waits is told."""
        if self.closed:
            return
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket = -1
        self._pg.finish()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(OperationalError(str(error or "the line was closed")))

    def _send(self, sql: str, params: Sequence[object]) -> None:
        values = Transformer(self._held)
        dumped = values.dump_sequence(params, [PyFormat.AUTO] * len(params))
        name = self._prepared_as(sql, values.types or ())
        self._pg.send_query_prepared(name, dumped, values.formats)

    def _prepared_as(self, sql: str, types: tuple[int, ...]) -> bytes:
        key = (sql, types)
        known = self._prepared.get(key)
        if known is not None:
            self._prepared.move_to_end(key)
            return known
        if len(self._prepared) >= MOST_PREPARED:
            _, old = self._prepared.popitem(last=False)
            self._pg.send_query_params(b"DEALLOCATE " + old, None)
        name = self._prepared[key] = b"line_%d" % next(self._numbers)
        self._pg.send_prepare(name, _numbered(sql), types)
        return name

    def _flush(self) -> None:
        try:
            rest = self._pg.flush()
        except OperationalError as error:
            self.close(error)
            return
        if rest:
            self._loop.add_writer(self._socket, self._flush)
        else:
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        try:
            self._pg.consume_input()
            while self._waiting is not None and not self._waiting.done() and not self._pg.is_busy():
                self._take(self._pg.get_result())
        except Error as error:
            self.close(error)

    def _take(self, result: PGresult | None) -> None:
        assert self._waiting is not None
        if result is None:  # the end of one of the statements
            return
        if result.status == ExecStatus.TUPLES_OK:
            self._came.append(result)
        elif result.status == ExecStatus.PIPELINE_SYNC:
            self._waiting.set_result(self._came)
        elif result.status != ExecStatus.COMMAND_OK:
            self._waiting.set_exception(error_from_result(result))


def _give_up(cancel: PGcancel) -> None:
    # Where it cannot be told, it ends by its own clock.
    with suppress(Error):
        cancel.cancel()


@lru_cache(maxsize=1_000)
def _numbered(sql: str) -> bytes:
    """Returns SQL as PostgreSQL has it, its parameters by numbers."""
    numbers = count(1)
    return _PLACE.sub(lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql).encode()


async def _open() -> Line:
    django = connections[DEFAULT_DB_ALIAS]
    said = django.get_connection_params()
    said.pop("cursor_factory")
    said["options"] = f"{said.get('options', '')} -c TimeZone={django.timezone_name}".strip()
    return Line(await AsyncConnection.connect(**said, autocommit=True))


class Lines:
    """At most so many lines, opened as they are needed, for whoever comes first."""

    def __init__(self, most: int, opened: Callable[[], Awaitable[Line]] = _open) -> None:
        self._most, self._opened = most, opened
        self._all: set[Line] = set()
        self._opening = 0
        self._free: list[Line] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def ask(self, *statements: Statement) -> list[PGresult]:
        """Asks one of the lines; raises as it does, and OperationalError where none can be opened."""
        line = await self._line()
        try:
            return await line.ask(statements)
        finally:
            if line.closed:
                self._all.discard(line)
            else:
                self._free.append(line)
            self._wake()

    def close(self) -> None:
        """Hangs up all of them."""
        for line in self._all:
            line.close()
        self._all.clear()
        self._free.clear()

    async def _line(self) -> Line:
        while True:
            while self._free:
                # The one that was used last is the one whose plans are warm; others may rest.
                if not (line := self._free.pop()).closed:
                    return line
                self._all.discard(line)
            if len(self._all) + self._opening < self._most:
                return await self._another()
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done():
                    self._wake()  # the turn that is not taken is the next one's
                raise

    async def _another(self) -> Line:
        self._opening += 1
        try:
            line = await self._opened()
        except BaseException:
            self._wake()
            raise
        finally:
            self._opening -= 1
        self._all.add(line)
        return line

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


_most = 0
_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Lines] = WeakKeyDictionary()


def allow(most: int) -> None:
    """Lets each event loop of this process, from now on, have so many lines; without, it has none."""
    global _most
    _most = most


def lines() -> Lines | None:
    """Returns the lines of the running event loop; None where it shall have none."""
    if not _most:
        return None
    loop = asyncio.get_running_loop()
    found = _of_loop.get(loop)
    if found is None:
        found = _of_loop[loop] = Lines(_most)
    return found


def hang_up() -> None:
    """Closes the lines of the running event loop, which ends."""
    found = _of_loop.pop(asyncio.get_running_loop(), None)
    if found is not None:
        found.close()
