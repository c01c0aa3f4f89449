"""The bad line does what it is told to: a fault that does not happen proves nothing."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import pytest

from tests.config.serving import until
from tests.flows.faults import Ending, Fault, weather
from tests.flows.line import Line


class Shouting:
    """A server that answers each byte with two, and remembers what each caller said."""

    def __init__(self) -> None:
        self.said: list[bytearray] = []
        self.pieces = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                call, _ = self._listening.accept()
                self.said.append(bytearray())
                threading.Thread(target=self._answer, args=[call, self.said[-1]], daemon=True).start()

    def _answer(self, call: socket.socket, said: bytearray) -> None:
        with suppress(OSError):
            while data := call.recv(4096):
                said += data
                self.pieces += 1
                call.sendall(data + data)
        call.close()

    def close(self) -> None:
        """Takes no more calls."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture
def there() -> Iterator[Shouting]:
    """A server to speak to."""
    shouting = Shouting()
    yield shouting
    shouting.close()


def call(line: Line) -> socket.socket:
    """Opens a connection over the line."""
    port = int(line.base.rpartition(":")[2])
    opened = socket.create_connection(("127.0.0.1", port), timeout=10)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def hear(call: socket.socket, size: int) -> bytes:
    """Returns what comes, up to `size` bytes or the end."""
    heard = b""
    while len(heard) < size and (data := call.recv(size - len(heard))):
        heard += data
    return heard


def test_a_good_line_carries_everything_and_the_next_fault_is_the_next_calls(there: Shouting) -> None:
    with Line(there.base, [Fault(), Fault(down=3)]) as line:
        with call(line) as first:
            first.sendall(b"hello")
            assert hear(first, 10) == b"hellohello"
        with call(line) as second:
            second.sendall(b"hello")
            assert hear(second, 10) == b"hel"
        with call(line) as third:
            third.sendall(b"hello")
            assert hear(third, 10) == b"hellohello"


def test_a_request_cut_on_its_way_reaches_the_server_in_part(there: Shouting) -> None:
    with Line(there.base, [Fault(up=2)]) as line, call(line) as first:
        first.sendall(b"hello")
        hear(first, 100)
    # Our end is told of the cut; the other may still have to read what it was sent before.
    until(lambda: [bytes(one) for one in there.said] == [b"he"], "the two bytes")


def test_bytes_drip_one_at_a_time(there: Shouting) -> None:
    with Line(there.base, [Fault(piece=1, wait=0.002)]) as line, call(line) as first:
        first.sendall(b"hello" * 20)
        assert sorted(hear(first, 200)) == sorted(b"hello" * 40)
    # Some may have met again on the way, but not all.
    assert there.pieces > 10


def test_a_reset_is_rude_and_a_cut_is_not(there: Shouting) -> None:
    with Line(there.base, [Fault(down=1, ending=Ending.RESET), Fault(down=1)]) as line:
        with call(line) as first:
            first.sendall(b"hello")
            with pytest.raises(ConnectionResetError):
                hear(first, 100)
        with call(line) as second:
            second.sendall(b"hello")
            assert hear(second, 100) == b"h"


def test_silence_tells_nobody(there: Shouting) -> None:
    with Line(there.base, [Fault(down=4, ending=Ending.SILENCE)]) as line, call(line) as first:
        first.sendall(b"hello")
        assert hear(first, 4) == b"hell"
        first.settimeout(0.3)
        first.sendall(b"anybody?")
        with pytest.raises(TimeoutError):
            first.recv(1)
        assert [bytes(one) for one in there.said] == [b"hello"]


def test_what_is_said_twice_is_said_on_two_calls_and_answered_on_one(there: Shouting) -> None:
    with Line(there.base, [Fault(again_after=0.05)]) as line, call(line) as first:
        first.sendall(b"hello")
        assert hear(first, 10) == b"hellohello"
        deadline = time.monotonic() + 10
        while len(there.said) < 2 or there.said[1] != b"hello":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        first.settimeout(0.2)
        with pytest.raises(TimeoutError):
            first.recv(1)


def test_a_line_is_cut_and_mended_at_the_same_address(there: Shouting) -> None:
    with Line(there.base) as line:
        with call(line) as before:
            before.sendall(b"a")
            hear(before, 2)
            line.cut()
            with suppress(ConnectionResetError):
                assert hear(before, 1) == b""
        with pytest.raises(ConnectionRefusedError):
            call(line)
        line.mend()
        with call(line) as after:
            after.sendall(b"b")
            assert hear(after, 2) == b"bb"


def test_a_seed_is_one_weather() -> None:
    assert list(islice(weather(3), 50)) == list(islice(weather(3), 50))
    assert {one.ending for one in islice(weather(3), 200)} == set(Ending)
