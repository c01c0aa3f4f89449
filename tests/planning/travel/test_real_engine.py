"""A real OSRM on the real roads of Liechtenstein, where this machine has a Python that its package is made for."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from pytest_django import Settings

from backend.crm.models import Address
from backend.planning.actions import propose_day
from backend.planning.travel import GreatCircle
from backend.planning.travel.models import TravelCell
from backend.planning.travel.osrm import Osrm
from backend.planning.travel.own_engine.interpreters import find_python
from backend.planning.travel.own_engine.osrm_engine import EngineError, OwnEngine
from backend.planning.travel.road_times import RoadTimes
from tests.planning.story import MONDAY, Story, actor
from tests.planning.travel.engines import free_port, replaying
from tests.planning.travel.places import ROADS, country, recorded_places

EXTRACT = ROADS / "liechtenstein-latest.osm.pbf"
pytestmark = pytest.mark.xdist_group("road engine")


@pytest.fixture(scope="module")
def installed(routing_data: Path) -> OwnEngine:
    """An engine in a folder of its own; skips where none can be had."""
    if find_python() is None:
        pytest.skip("no Python 3.12 or newer here, for which OSRM's package is made")
    engine = OwnEngine(routing_data / "routing")
    try:
        engine.install()
    except EngineError as error:
        pytest.skip(str(error))
    return engine


@pytest.fixture(scope="module")
def url(installed: OwnEngine) -> Iterator[str]:
    """The address of an engine that serves the country."""
    port = free_port()
    with installed.serving(installed.map_of(EXTRACT), "127.0.0.1", port, 1):
        yield f"http://127.0.0.1:{port}"


def test_all_places_of_the_country_are_as_far_apart_as_was_measured(url: str) -> None:
    points, true = country("liechtenstein")
    matrix = RoadTimes(Osrm(1000), url, GreatCircle(), seconds=60).matrix(points)
    assert (matrix.name, matrix.fell_back, matrix.estimated) == ("osrm", "", 0)
    difference = np.abs(matrix.seconds - true)
    assert np.median(difference) <= 2
    # Eleven metres may lie on another road, where the engine then begins.
    assert np.mean(difference > 60) < 0.02


def test_the_blocks_that_it_is_asked_in_change_nothing(url: str) -> None:
    points = country("liechtenstein")[0][:60]
    whole, parts = (RoadTimes(Osrm(most), url, GreatCircle()).matrix(points) for most in (100, 14))
    assert (whole.seconds == parts.seconds).all()
    assert whole.metres is not None
    assert parts.metres is not None
    assert (whole.metres == parts.metres).all()


def test_the_recording_is_what_the_engine_says(url: str) -> None:
    live = RoadTimes(Osrm(8), url, GreatCircle()).matrix(recorded_places())
    with replaying("osrm") as recorded:
        kept = RoadTimes(Osrm(8), recorded, GreatCircle()).matrix(recorded_places())
    assert live.fell_back == ""
    assert (live.seconds == kept.seconds).all()
    assert live.estimated == kept.estimated == 1


def test_another_country_is_all_off_its_map(url: str) -> None:
    places = [*country("liechtenstein")[0][:20], *country("andorra")[0][:30]]
    matrix = RoadTimes(Osrm(), url, GreatCircle()).matrix(places)
    assert (matrix.fell_back, matrix.estimated) == ("", 30)
    assert (matrix.seconds[20:, 20:] == GreatCircle().matrix(places[20:]).seconds).all()


def test_what_is_made_once_is_used_again(installed: OwnEngine) -> None:
    made = installed.map_of(EXTRACT)
    steps: list[str] = []
    again = OwnEngine(installed.folder, steps.append)
    again.install()
    assert again.map_of(EXTRACT) == made
    assert steps == []


@pytest.mark.django_db
def test_a_day_is_planned_on_real_roads(story: Story, url: str, settings: Settings) -> None:
    points, true = country("liechtenstein")
    story.ana.start_lat, story.ana.start_lng = points[0].lat, points[0].lng
    for name, point in (("Up the hill", points[3]), ("In the valley", points[9])):
        shop = story.shop(name, service_minutes=60)
        Address.objects.filter(account=shop).update(lat=point.lat, lng=point.lng)
    settings.ROUTING, settings.ROUTING_URL = "osrm", url
    plan = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
    assert (plan.figures["stops"], plan.figures["travelTimes"]) == (2, "osrm")
    shortest = min(true[0, a] + true[a, b] + true[b, 0] for a, b in ((3, 9), (9, 3)))
    assert shortest - 20 <= plan.figures["travelSeconds"] <= shortest + 3 * 60 + 20, "each way up to a minute more"
    assert TravelCell.objects.count() == 3


def test_an_engine_that_dies_under_a_plan_leaves_an_estimate(installed: OwnEngine) -> None:
    port = free_port()
    points = recorded_places()[:3]
    with installed.serving(installed.map_of(EXTRACT), "127.0.0.1", port, 1) as process:
        roads = RoadTimes(Osrm(), f"http://127.0.0.1:{port}", GreatCircle())
        assert roads.matrix(points).fell_back == ""
        process.kill()
        process.wait()
        assert roads.matrix(points).fell_back == "osrm cannot be reached"


def test_two_cannot_serve_on_one_port(installed: OwnEngine, url: str) -> None:
    port = urlsplit(url).port
    assert port is not None
    with (
        pytest.raises(EngineError, match="cannot be opened"),
        installed.serving(installed.map_of(EXTRACT), "127.0.0.1", port, 1),
    ):
        pass


def test_a_damaged_extract_is_refused_and_leaves_no_map(installed: OwnEngine, tmp_path: Path) -> None:
    torn = tmp_path / "torn.osm.pbf"
    torn.write_bytes(EXTRACT.read_bytes()[:100_000])
    with pytest.raises(EngineError, match=r"No map can be made of torn\.osm\.pbf"):
        installed.map_of(torn)
    with pytest.raises(EngineError, match="No map can be made"):
        installed.map_of(torn)
    assert not list(installed.folder.glob("maps/*.under-way"))
