"""What PROTOCOL.md of graphql-ws asks of a server, message by message; see test_doors for frames that are no messages.

Here the other end is this process; over a real line: tests/flows."""

# The communicator is not typed.
# mypy: disable-error-code="no-untyped-call"

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from backend.schema.context import Context
from backend.schema.socket_door import SUBSCRIPTIONS_PER_SOCKET, door, graphql_ws
from tests.schema.test_doors import Message, Socket

T = TypeVar("T")
BEAT = "subscription { heartbeat(everyMs: 10) { n } }"
ONCE = "subscription { heartbeat(everyMs: 10, count: 1) { n } }"


def a_socket(*protocols: str, app: Any = graphql_ws) -> Socket:
    """Returns one end of a socket that asks for these protocols."""
    return Socket(app, {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": list(protocols)})


def tell(story: Callable[[Socket], Awaitable[T]], *, opened: bool = True, app: Any = graphql_ws) -> T:
    """Plays a story on a socket that is acknowledged, or only accepted."""

    async def play() -> T:
        socket = a_socket("graphql-transport-ws", app=app)
        if opened:
            assert await socket.open() == {"type": "connection_ack"}
        else:
            await socket.send_input({"type": "websocket.connect"})
            await socket.receive_output()
        try:
            return await asyncio.wait_for(story(socket), 20)
        finally:
            await socket.leave()

    return asyncio.run(play())


def subscribe(document: str, name: str = "1", **more: object) -> dict[str, object]:
    """Returns the message that begins an operation."""
    return {"id": name, "type": "subscribe", "payload": {"query": document, **more}}


async def until(socket: Socket, true: Callable[[Message], bool]) -> Message:
    """Returns the first message of which it is true."""
    while True:
        if true(message := await socket.heard()):
            return message


def code(closed: Message) -> object:
    """Returns the code of a socket's end."""
    assert closed["type"] == "websocket.close", closed
    assert len(closed.get("reason", "").encode()) <= 123
    return closed["code"]


def test_the_protocol_is_named_when_the_socket_is_accepted() -> None:
    async def play() -> Message:
        socket = a_socket("graphql-ws", "graphql-transport-ws")
        await socket.send_input({"type": "websocket.connect"})
        accepted: Message = await socket.receive_output()
        await socket.leave()
        return accepted

    assert asyncio.run(play())["subprotocol"] == "graphql-transport-ws"


def test_a_socket_of_no_protocol_is_refused() -> None:
    async def play() -> Message:
        socket = a_socket()
        closed = await socket.open()
        await socket.leave()
        return closed

    assert code(asyncio.run(play())) == 4406


def test_who_does_not_begin_is_not_waited_for() -> None:
    assert code(tell(Socket.heard, opened=False, app=door(timedelta(milliseconds=50)))) == 4408


def test_who_began_in_time_stays() -> None:
    async def story(socket: Socket) -> Message:
        await socket.say({"type": "connection_init"})
        await socket.heard()
        await asyncio.sleep(0.5)
        await socket.say({"type": "ping"})
        return await socket.heard()

    assert tell(story, opened=False, app=door(timedelta(milliseconds=400)))["type"] == "pong"


@pytest.mark.parametrize("payload", [{}, {"anything": [1]}])
def test_a_beginning_is_acknowledged_once(payload: object) -> None:
    async def story(socket: Socket) -> list[Message]:
        begin = {"type": "connection_init", "payload": payload}
        await socket.say(begin)
        first = await socket.heard()
        await socket.say(begin)
        return [first, await socket.heard()]

    first, second = tell(story, opened=False)
    assert (first, code(second)) == ({"type": "connection_ack"}, 4429)


def test_two_beginnings_at_once_are_too_many() -> None:
    async def story(socket: Socket) -> Message:
        for _ in range(2):
            await socket.say({"type": "connection_init"})
        return await until(socket, lambda message: message["type"] == "websocket.close")

    assert code(tell(story, opened=False)) == 4429


def test_nothing_is_asked_before_the_beginning() -> None:
    async def story(socket: Socket) -> Message:
        await socket.say(subscribe("{ __typename }"))
        return await socket.heard()

    assert code(tell(story, opened=False)) == 4401


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("more", [{}, {"payload": {"at": 1}}])
def test_a_ping_is_answered_before_and_after_the_beginning(opened: bool, more: dict[str, object]) -> None:
    async def story(socket: Socket) -> Message:
        await socket.say({"type": "pong", **more})
        await socket.say({"type": "ping", **more})
        return await socket.heard()

    assert tell(story, opened=opened)["type"] == "pong"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "unknown"},
        {"type": "next", "id": "1", "payload": {"data": None}},
        {"type": "connection_ack"},
        {"type": "ping", "payload": 7},
        {"type": "complete", "id": ""},
        {"type": "complete"},
        subscribe("{ __typename }", name=""),
        {"id": "1", "type": "subscribe"},
        {"id": "1", "type": "subscribe", "payload": {}},
    ],
)
def test_what_the_protocol_does_not_know_closes_the_socket(message: dict[str, object]) -> None:
    async def story(socket: Socket) -> Message:
        await socket.say(message)
        return await socket.heard()

    assert code(tell(story)) == 4400


def test_a_question_has_one_answer_and_its_end() -> None:
    async def story(socket: Socket) -> list[Message]:
        await socket.say(subscribe("query Q { __typename }", variables=None, operationName=None, extensions={}))
        return [await socket.heard(), await socket.heard()]

    assert tell(story) == [
        {"id": "1", "type": "next", "payload": {"data": {"__typename": "Query"}}},
        {"id": "1", "type": "complete"},
    ]


def test_a_stream_that_ends_says_so_and_its_name_is_free_again() -> None:
    async def story(socket: Socket) -> list[object]:
        kinds = []
        for _ in range(2):
            await socket.say(subscribe(ONCE))
            kinds += [(await socket.heard())["type"], (await socket.heard())["type"]]
        return kinds

    assert tell(story) == ["next", "complete", "next", "complete"]


def test_an_operation_that_is_refused_ends_with_its_error() -> None:
    async def story(socket: Socket) -> list[Message]:
        await socket.say(subscribe("{ nothing }"))
        refused = await socket.heard()
        await socket.say({"type": "ping"})
        return [refused, await socket.heard()]

    refused, after = tell(story)
    assert (refused["id"], refused["type"]) == ("1", "error")
    assert isinstance(refused["payload"], list)
    assert {"message", "extensions"} <= refused["payload"][0].keys()
    assert after["type"] == "pong"


def test_a_name_in_use_closes_the_socket() -> None:
    async def story(socket: Socket) -> Message:
        await socket.say(subscribe(BEAT))
        await socket.say(subscribe(BEAT))
        return await until(socket, lambda message: message["type"] == "websocket.close")

    closed = tell(story)
    assert (code(closed), closed["reason"]) == (4409, "Subscriber for 1 already exists")


def test_a_completed_operation_says_no_more_and_the_others_go_on() -> None:
    async def story(socket: Socket) -> list[object]:
        await socket.say(subscribe(BEAT, "mine"))
        await socket.say(subscribe(BEAT, "other"))
        await until(socket, lambda message: message["id"] == "mine")
        await socket.say({"id": "mine", "type": "complete"})
        await socket.say({"type": "ping"})
        await until(socket, lambda message: message["type"] == "pong")
        return [(await socket.heard())["id"] for _ in range(5)]

    assert set(tell(story)) == {"other"}


def test_completing_what_is_not_there_or_has_just_begun_harms_nothing() -> None:
    async def story(socket: Socket) -> list[object]:
        await socket.say({"id": "never", "type": "complete"})
        await socket.say(subscribe(BEAT, "brief"))
        await socket.say({"id": "brief", "type": "complete"})
        await socket.say(subscribe(ONCE, "after"))
        heard: list[object] = []
        while (message := await socket.heard())["type"] != "complete":
            heard.append(message["id"])
        return [*heard, message["id"]]

    assert [one for one in tell(story) if one != "brief"] == ["after", "after"]


def test_a_socket_has_so_many_operations_and_is_told_of_more() -> None:
    async def story(socket: Socket) -> Message:
        long = "subscription { heartbeat(everyMs: 60000) { n } }"
        for number in range(SUBSCRIPTIONS_PER_SOCKET + 1):
            await socket.say(subscribe(long, str(number)))
        refused = await until(socket, lambda message: message["type"] == "error")
        await socket.say({"id": "0", "type": "complete"})
        await socket.say(subscribe(ONCE, "again"))
        await until(socket, lambda message: message["type"] == "next" and message["id"] == "again")
        return refused

    refused = tell(story)
    assert refused["id"] == str(SUBSCRIPTIONS_PER_SOCKET)
    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"


def test_messages_have_nothing_the_protocol_does_not_name() -> None:
    async def story(socket: Socket) -> list[Message]:
        await socket.say(subscribe(ONCE))
        await socket.say(subscribe("{", "broken"))
        return [await socket.heard() for _ in range(3)]

    for message in tell(story):
        assert message.keys() <= {"id", "type", "payload"}, json.dumps(message)


def test_a_socket_that_hears_nothing_keeps_three_tasks_and_no_token() -> None:
    """There are thousands of them: one takes messages, one reads them, and one is the operation."""

    async def story() -> None:
        before = asyncio.all_tasks()
        socket = a_socket("graphql-transport-ws")
        assert await socket.open(init={"authorization": "Bearer none of ours"}) == {"type": "connection_ack"}
        await socket.say(subscribe("subscription { heartbeat(everyMs: 60000) { n } }"))
        await socket.say({"type": "ping"})
        await until(socket, lambda message: message["type"] == "pong")
        try:
            held = asyncio.all_tasks() - before
            assert len(held) == 3, held
            assert not [one for one in gc.get_objects() if isinstance(one, Context) and one.connection_params]
        finally:
            await socket.leave()

    asyncio.run(asyncio.wait_for(story(), 20))
