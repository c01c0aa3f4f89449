"""Engines that misbehave give an estimate that says so; engines that answer are believed, within reason."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from backend.kit.geo import LatLng
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from backend.planning.solver.solve import Reason, solve
from backend.planning.travel import UNREACHABLE, GreatCircle, Matrix, trouble
from backend.planning.travel.asking import Asker
from backend.planning.travel.osrm import Osrm
from backend.planning.travel.road_times import RoadTimes, pieces
from backend.planning.travel.table import Engine
from backend.planning.travel.valhalla import Valhalla
from tests.planning.travel.engines import answering, serving

PLACES = [LatLng(47.10 + number / 50, 9.5) for number in range(5)]
Ways = list[list[float | None]]


def number_of(lat: str) -> int:
    return round((float(lat) - 47.10) * 50)


def asked(path: str) -> tuple[list[int], list[int]]:
    """Returns which of PLACES an OSRM question has as sources and as targets."""
    listed, _, query = path.removeprefix("/table/v1/driving/").partition("?")
    places = [number_of(pair.split(",")[1]) for pair in listed.split(";")]
    found = dict(re.findall(r"(sources|destinations)=([0-9;]+)", query))
    return tuple(  # type: ignore[return-value]
        [places[int(one)] for one in found[side].split(";")] if side in found else places
        for side in ("sources", "destinations")
    )


def way(source: int, target: int) -> float:
    """A made-up country in which every way has its own time, and going south takes longer."""
    return 0.0 if source == target else 300.4 * abs(source - target) + 10 * source + (60 if target < source else 0)


def osrm(questions: list[str] | None = None, **changed: Any) -> Callable[[str, Any], Any]:
    """Returns an engine of that country; `changed` is put into its answers."""

    def answer(path: str, _: Any) -> Any:
        if questions is not None:
            questions.append(path)
        sources, targets = asked(path)
        return {
            "code": "Ok",
            "durations": [[way(source, target) for target in targets] for source in sources],
            "distances": [[way(source, target) * 10 for target in targets] for source in sources],
        } | changed

    return answer


def times(url: str, engine: Engine | None = None, **more: Any) -> RoadTimes:
    return RoadTimes(engine or Osrm(), url, GreatCircle(), **more)


TRUE = np.array([[np.ceil(way(a, b)) for b in range(5)] for a in range(5)], dtype=np.int64)


@pytest.mark.parametrize(("most", "count"), [(100, 1), (5, 1), (4, 9), (2, 25)])
def test_a_matrix_is_asked_for_in_blocks_no_greater_than_the_engine_takes(most: int, count: int) -> None:
    questions: list[str] = []
    with answering(osrm(questions)) as url:
        matrix = times(url, Osrm(most)).matrix(PLACES)
    assert matrix.fell_back == ""
    assert (matrix.seconds == TRUE).all(), "the same table, whatever the blocks"
    assert matrix.metres is not None
    assert matrix.metres[0, 1] == 3004
    assert len(questions) == count
    assert max(question.count(",") - 1 for question in questions) <= most


def test_two_accounts_in_one_house_are_asked_about_once() -> None:
    questions: list[str] = []
    with answering(osrm(questions)) as url:
        matrix = times(url).matrix([PLACES[0], PLACES[1], LatLng(PLACES[0].lat + 0.00002, 9.50002)])
    assert questions[0].count(";") == 1
    assert matrix.seconds[0, 2] == 0
    assert (matrix.seconds[2] == matrix.seconds[0]).all()


def test_only_what_is_new_is_asked_about() -> None:
    wanted = np.zeros((6, 6), dtype=bool)
    wanted[4, :] = wanted[:, 4] = True
    found = pieces(wanted, 4)
    covered = np.zeros_like(wanted)
    for rows, columns in found:
        assert len(rows) + len(columns) <= 4
        covered[np.ix_(rows, columns)] = True
    assert (covered & wanted == wanted).all()
    assert len(found) == 5, "of nine"


def test_the_factor_makes_the_times_of_an_engine_those_of_the_street() -> None:
    with answering(osrm()) as url:
        matrix = times(url, factor=1.5).matrix(PLACES)
    assert (matrix.seconds == np.ceil(TRUE * 1.5)).all()


def test_a_tenth_of_a_metre_backwards_is_no_way_at_all_and_no_fault() -> None:
    """OSRM says so of places at one spot of a road."""
    ways = [[-0.1] * 5 for _ in range(5)]
    with answering(osrm(distances=ways)) as url:
        matrix = times(url).matrix(PLACES)
    assert matrix.fell_back == ""
    assert matrix.metres is not None
    assert not matrix.metres.any()


def test_where_there_is_no_way_nobody_is_sent() -> None:
    """An island without a ferry: the client there is left out for that reason, and no other."""
    island = 4
    ways: Ways = [[None if island in (a, b) and a != b else way(a, b) for b in range(5)] for a in range(5)]
    with answering(osrm(durations=ways, distances=None)) as url:
        matrix = times(url).matrix(PLACES)
    assert matrix.fell_back == ""
    assert (matrix.seconds[:4, island] == UNREACHABLE).all()
    clients = tuple(Client(f"c{place}", place, prize=10.0, service=600) for place in range(1, 5))
    result = solve(Problem(clients, (Shift("day", 0, 0, TimeWindow(0, 30_000)),), matrix.seconds), seed=1)
    assert [(drop.client_id, drop.reason) for drop in result.dropped] == [("c4", Reason.NOT_REACHABLE)]


def raw(status: int, kind: str, body: bytes) -> Callable[[str, Any], Any]:
    return lambda path, body_: (status, kind, body)


def ok(**fields: Any) -> Callable[[str, Any], Any]:
    return osrm(**fields)


SQUARE = TRUE.tolist()
BAD: dict[str, tuple[Callable[[str, Any], Any], str]] = {
    "a web page": (raw(200, "text/html", b"<html>Welcome to nginx</html>"), "answered 200 with no table"),
    "a fault": (raw(500, "text/plain", b"oops"), "answered 500 with no table"),
    "a gateway's fault": (raw(502, "text/html", b"<html>Bad Gateway</html>"), "answered 502 with no table"),
    "somewhere else": (raw(302, "text/plain", b""), "answered 302 with no table"),
    "nothing": (raw(200, "application/json", b""), "answered 200 with no table"),
    "half a table": (raw(200, "application/json", b'{"code":"Ok","durations":[[0,1'), "answered 200 with no table"),
    "a refusal": (raw(400, "application/json", b'{"code":"TooBig"}'), "answered 400 TooBig"),
    "a list": (raw(200, "application/json", b"[1,2]"), "answered 200 with no table"),
    "not a number": (
        raw(200, "application/json", b'{"code":"Ok","durations":[[0,NaN],[NaN,0]]}'),
        "answered 200 with no table",
    ),
    "no times": (ok(durations=None), "answered times of another size than asked for"),
    "too small a table": (ok(durations=[[0, 1], [1, 0]]), "answered times of another size than asked for"),
    "a crooked table": (ok(durations=[[0, 1], [1]]), "answered times that are no numbers"),
    "words": (ok(durations=[["far"] * 5] * 5), "answered times that are no numbers"),
    "time running backwards": (ok(durations=[[-5] * 5] * 5), "answered times that cannot be"),
    "a thousand years": (ok(durations=[[3e10] * 5] * 5), "answered times that cannot be"),
    "distances of another table": (ok(distances=[[1]]), "answered distances of another size than asked for"),
    "milliseconds for seconds": (
        ok(durations=[[one / 1000 for one in row] for row in SQUARE]),
        "answered times that no car can drive",
    ),
    "other places": (ok(sources=[{"distance": 1}]), "answered places of another number than asked for"),
}


def check_fell_back(matrix: Matrix, reason: str) -> None:
    estimate = GreatCircle().matrix(PLACES)
    assert matrix.fell_back == reason
    assert (matrix.name, matrix.profile) == ("great-circle", "default")
    assert (matrix.seconds == estimate.seconds).all(), "all of it is an estimate, not some of it"
    assert matrix.figures()["travelFellBack"] == reason


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_gives_an_estimate_that_says_why(name: str) -> None:
    answer, reason = BAD[name]
    with answering(answer) as url:
        check_fell_back(times(url).matrix(PLACES), f"osrm {reason}")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (raw(200, "text/html", b"<html></html>"), "answered 200 with no table"),
        (raw(400, "application/json", b'{"error_code":154}'), "answered 400 error 154"),
        (raw(200, "application/json", b'{"sources_to_targets":[[]]}'), "answered 200 with no table"),
        (
            lambda path, body: {"sources_to_targets": {"durations": SQUARE, "distances": 7}},
            "answered distances that are no numbers",
        ),
        (
            lambda path, body: (
                (400, "application/json", b'{"error_code":171}')
                if path != "/locate"
                else [{"edges": [1]} for _ in body["locations"]]
            ),
            "answered 400 error 171",
        ),
        (
            lambda path, body: (
                (400, "application/json", b'{"error_code":171}') if path != "/locate" else [{"edges": [1]}]
            ),
            "answered 200 when asked which places it knows",
        ),
    ],
)
def test_a_bad_answer_of_valhalla_gives_an_estimate_too(answer: Callable[[str, Any], Any], reason: str) -> None:
    with answering(answer) as url:
        check_fell_back(times(url, Valhalla()).matrix(PLACES), f"valhalla {reason}")


def test_one_bad_block_of_many_is_enough() -> None:
    seen: list[str] = []

    def answer(path: str, body: Any) -> Any:
        seen.append(path)
        return (503, "text/plain", b"busy") if len(seen) == 4 else osrm()(path, body)

    with answering(answer) as url:
        check_fell_back(times(url, Osrm(4)).matrix(PLACES), "osrm answered 503 with no table")


def drip_body(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def drip_header(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def silence(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.rfile.read(1)


def hang_up(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    handler.close_connection = True


@pytest.mark.parametrize("act", [drip_body, drip_header, silence])
def test_an_engine_that_never_gets_to_the_end_is_not_waited_for(act: Callable[..., None]) -> None:
    with serving(act) as url:
        check_fell_back(times(url, seconds=0.5).matrix(PLACES), "osrm did not answer within 0.5 seconds")


def test_a_line_that_stands_only_after_the_end_is_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    over = threading.Event()
    connect = socket.create_connection

    def slowly(*args: Any, **kwargs: Any) -> socket.socket:
        over.wait(10)
        made.append(connect(*args, **kwargs))
        return made[-1]

    with answering(osrm()) as url:
        asker = Asker(url, 1.0)
        monkeypatch.setattr(socket, "create_connection", slowly)
        straggler = threading.Thread(target=asker.get, args=("/table/v1/driving/9.5,47.1",))
        straggler.start()
        asker.close()
        over.set()
        straggler.join()
    assert [one.fileno() for one in made] == [-1]


def test_an_engine_that_hangs_up_is_told() -> None:
    with serving(hang_up) as url:
        check_fell_back(times(url).matrix(PLACES), "osrm broke off its answer")


def test_an_engine_that_is_not_there_is_told_once_and_left_alone_for_a_while() -> None:
    with answering(osrm()) as url:
        pass
    with capture_logs() as lines:
        check_fell_back(times(url).matrix(PLACES), "osrm cannot be reached")
        check_fell_back(times(url).matrix(PLACES), "osrm cannot be reached")
    assert [(line["event"], line["reason"]) for line in lines] == [("routing_fell_back", "osrm cannot be reached")]


def test_an_engine_is_asked_again_after_its_rest_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[str] = []
    faults = iter([True])

    def answer(path: str, body: Any) -> Any:
        return (500, "text/plain", b"") if next(faults, False) else osrm(questions)(path, body)

    with answering(answer) as url, capture_logs() as lines:
        first, during = times(url).matrix(PLACES), times(url).matrix(PLACES)
        assert first.fell_back
        assert during.fell_back
        assert not questions, "the second plan did not ask"
        monkeypatch.setattr(trouble, "REST_SECONDS", 0.0)
        assert (times(url).matrix(PLACES).seconds == TRUE).all()
    assert [line["event"] for line in lines] == ["routing_fell_back", "routing_answers_again"]


def test_nothing_of_the_environments_proxies_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with answering(osrm()) as url:
        assert times(url).matrix(PLACES).fell_back == ""


@contextmanager
def counting() -> Iterator[tuple[str, list[Any]]]:
    bodies: list[Any] = []

    def answer(path: str, body: Any) -> Any:
        bodies.append(body)
        rows, columns = ([number_of(str(one["lat"])) for one in body[side]] for side in ("sources", "targets"))
        return {
            "sources_to_targets": {
                "durations": [[way(row, column) for column in columns] for row in rows],
                "distances": [[way(row, column) / 100 for column in columns] for row in rows],
            }
        }

    with answering(answer) as url:
        yield url, bodies


def test_valhalla_is_asked_in_its_own_words() -> None:
    with counting() as (url, bodies):
        matrix = times(url, Valhalla()).matrix(PLACES[:2])
    assert (matrix.seconds == TRUE[:2, :2]).all()
    assert matrix.metres is not None
    assert matrix.metres[0, 1] == 3004
    assert json.dumps(bodies[0]["sources"][0]) == '{"lat": 47.1, "lon": 9.5, "search_cutoff": 2000}'
    assert (bodies[0]["costing"], bodies[0]["verbose"]) == ("auto", False)


def test_no_places_and_one_place_need_no_engine_to_be_right() -> None:
    with answering(osrm()) as url:
        assert times(url).matrix([]).seconds.shape == (0, 0)
        assert times(url).matrix(PLACES[:1]).seconds.tolist() == [[0]]
