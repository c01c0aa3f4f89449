"""`fieldbeat territories balance`: clean CSV on one side, figures on the other, and refusals with a code."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from PIL import Image
from shapely.geometry import shape
from typer.testing import CliRunner

from backend.__main__ import app
from backend.kit.errors import Invalid
from tests.territories.balance import cpmp
from tests.territories.balance.fields import towns

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Returns a function that writes a CSV of rows under a header."""

    def write(header: str, *rows: str) -> Path:
        path = tmp_path / "accounts.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


def run(*arguments: object) -> tuple[dict[str, str], dict[str, object], str]:
    """Runs the command; returns the territory of each account, the figures, and all of standard output."""
    done = CliRunner().invoke(app, ["territories", "balance", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["id", "territory"]
    return dict(rows[1:]), json.loads(done.stderr), done.stdout


def a_field(accounts: int = 120) -> list[str]:
    """Returns rows id,lat,lon,sales,today around the middle of Iowa."""
    x, y, work = towns(accounts, 4, 3)
    return [
        f"A{n},{41 + y[n] / 111:.5f},{-94 + x[n] / 83:.5f},{work[n]:.2f},{'West' if x[n] < 150 else 'East'}"
        for n in range(accounts)
    ]


def test_medians_of_an_instance_and_their_cost(write: Write) -> None:
    one = cpmp.read("cpmp01")
    rows = [f"{n},{one.x[n]:g},{one.y[n]:g},{one.demand[n]:g}" for n in range(len(one.x))]
    file = write("id,x,y,demand", *rows)
    given = ("--k", 5, "--by", "demand", "--capacity", 120, "--seed", 7, "--cpu-seconds", 1)
    placed, figures, _ = run(file, *given, "--round-down")
    assert figures["distance"] == one.best
    assert sorted(set(placed.values())) == ["1", "2", "3", "4", "5"]
    territories = figures["territories"]
    assert isinstance(territories, dict)
    assert all(placed[found["median"]] == name for name, found in territories.items())
    assert sum(found["load"] for found in territories.values()) == one.demand.sum()
    _, plain, _ = run(file, *given)
    assert isinstance(plain["distance"], float)
    assert plain["distance"] > one.best


def test_even_territories_twice_the_same(write: Write) -> None:
    file = write("id,lat,lon,sales,today", *a_field())
    placed, figures, text = run(file, "--k", 4, "--by", "sales", "--seed", 7)
    assert len(placed) == 120
    assert figures["contiguous"] == 4
    assert figures["deviation"] == pytest.approx(0, abs=0.03)
    assert run(file, "--k", 4, "--by", "sales", "--seed", 7)[2] == text


def test_from_today_and_with_pins_few_move(write: Write) -> None:
    rows = [f"{row},{'East' if row.startswith('A5,') else ''}" for row in a_field()]
    file = write("id,lat,lon,sales,today,pin", *rows)
    placed, figures, _ = run(file, "--k", 2, "--by", "sales", "--current", "today", "--pin", "pin")
    before = {row.split(",")[0]: row.split(",")[4] for row in rows}
    assert sum(placed[one] != before[one] for one in placed) == figures["moved"]
    assert placed["A5"] == "East"
    assert set(placed.values()) == {"East", "West"}
    assert isinstance(figures["today"], dict)
    assert figures["today"]["deviation"] >= figures["deviation"]


def test_workload_is_visits_times_minutes_and_the_way(write: Write) -> None:
    file = write("id,lat,lon,visits,minutes", "a,41,-93,12,30", "b,41.1,-93,12,30", "c,41.2,-93,0,30")
    _, figures, _ = run(file, "--k", 2, "--by", "workload")
    territories = figures["territories"]
    assert isinstance(territories, dict)
    loads = sorted(found["load"] for found in territories.values())
    assert loads[0] > 12 * 30


def test_count_needs_no_column(write: Write) -> None:
    _, figures, _ = run(write("id,x,y", *(f"{n},{n},{n % 3}" for n in range(12))), "--k", 3)
    assert figures["mean"] == 4
    assert figures["deviation"] == 0


def test_maps_are_drawn(write: Write, tmp_path: Path) -> None:
    file = write("id,lat,lon,sales,today", *a_field())
    for ending in ("svg", "png", "geojson"):
        run(file, "--k", 3, "--by", "sales", "--map", tmp_path / f"map.{ending}")
    assert "120 accounts in 3 territories by sales" in (tmp_path / "map.svg").read_text("utf-8")
    with Image.open(tmp_path / "map.png") as image:
        assert image.width > 500
    features = json.loads((tmp_path / "map.geojson").read_text("utf-8"))["features"]
    areas = [shape(feature["geometry"]) for feature in features]
    assert [area.is_valid for area in areas] == [True] * 3
    placed, _, _ = run(file, "--k", 3, "--by", "sales")
    for row in a_field():
        one, lat, lon = row.split(",")[:3]
        at = shapely.Point(float(lon), float(lat))
        holding = [
            feature["properties"]["name"]
            for feature, area in zip(features, areas, strict=True)
            if area.distance(at) < 1e-4
        ]
        assert placed[one] in holding


def test_accounts_on_both_sides_of_the_antimeridian_are_neighbours(write: Write, tmp_path: Path) -> None:
    rows = [f"{n},{-17 + n % 4 / 10},{180 - n / 10 if n < 10 else -180 + (n - 10) / 10}" for n in range(20)]
    path = tmp_path / "fiji.geojson"
    _, figures, _ = run(write("id,lat,lon", *rows), "--k", 2, "--map", path)
    assert figures["contiguous"] == 2
    assert figures["meanDistance"] == pytest.approx(40, abs=40)
    for feature in json.loads(path.read_text("utf-8"))["features"]:
        west, _, east, _ = shape(feature["geometry"]).bounds
        assert west >= -180
        assert east <= 180


@pytest.mark.parametrize(
    ("header", "row", "given", "code"),
    [
        ("id,x", "a,1", [], "MISSING_COLUMN"),
        ("x,y", "1,1", [], "MISSING_COLUMN"),
        ("id,x,y", "a,1,one", [], "BAD_NUMBER"),
        ("id,x,y", "a,1,nan", [], "BAD_NUMBER"),
        ("id,lat,lon", "a,91,0", [], "IMPOSSIBLE_COORDINATE"),
        ("id,x,y", "a,1,1", ["--by", "sales"], "MISSING_COLUMN"),
        ("id,x,y,sales", "a,1,1,-4", ["--by", "sales"], "BAD_MEASURE"),
        ("id,x,y", "b,1,1", [], "DUPLICATE_ID"),
        ("id,x,y", "a,1", [], "MISSING_COLUMN"),
        ("id,x,y", "a,1,1", ["--k", "3"], "TOO_MANY_TERRITORIES"),
        ("id,x,y", "a,1,1", ["--capacity", "0.5"], "CAPACITY_TOO_SMALL"),
        ("id,x,y", "a,1,1", ["--capacity", "2", "--current", "id"], "NOT_WITH_CAPACITY"),
        ("id,x,y", "a,1,1", ["--pin", "id", "--k", "1"], "TOO_MANY_NAMES"),
        ("id,x,y,sales", "a,1,1,0", ["--by", "sales"], "NO_WORK"),
    ],
)
def test_what_is_wrong_is_refused_with_a_code(write: Write, header: str, row: str, given: list[str], code: str) -> None:
    second = ",".join("b" if name == "id" else "0" for name in header.split(","))
    file = write(header, second, row)
    with pytest.raises(Invalid) as refused:
        run(file, *(given if "--k" in given else ["--k", "1", *given]))
    assert refused.value.code == code


def test_a_file_without_accounts_is_refused(write: Write) -> None:
    with pytest.raises(Invalid) as refused:
        run(write("id,x,y"), "--k", 1)
    assert refused.value.code == "NO_ACCOUNTS"
