"""The three tenants, loaded once into a database of their own; order lines are those of Story county and a few more stores."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pytest_django import DjangoDbBlocker

from backend.demo import steps
from backend.demo.iowa import AMES, areas
from backend.demo.load import load_demo
from backend.kit.geo import LatLng
from backend.territories.geometry import Areas
from tests.copies import copied, inside


@pytest.fixture(scope="session")
def some_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a Parquet file with a fifth of the order lines: every store of Story county, every tenth of the others."""
    import csv
    import gzip

    ames = Areas({AMES: areas()[AMES]})
    with gzip.open(steps.FOLDER / "iowa" / "stores.csv.gz", "rt", encoding="utf-8", newline="") as file:
        stores = [row for row in csv.DictReader(file) if row["latitude"]]
    near = [
        int(row["store_no"])
        for row in stores
        if int(row["store_no"]) % 10 == 0 or ames.holding(LatLng(float(row["latitude"]), float(row["longitude"])))
    ]
    orders = pq.read_table(steps.FOLDER / steps.FILES["iowa-orders"])
    path = tmp_path_factory.mktemp("demo") / "order_lines.parquet"
    pq.write_table(orders.filter(pc.is_in(orders["store_no"], pc.cast(near, "int32"))), path)
    return path


@pytest.fixture(scope="session")
def loaded(django_db_blocker: DjangoDbBlocker, some_orders: Path) -> Iterator[str]:
    """Loads the demo into a database of its own, and returns its name."""
    with django_db_blocker.unblock(), copied("demo") as name:
        with pytest.MonkeyPatch.context() as patch, inside(name):
            patch.setitem(steps.FILES, "iowa-orders", str(some_orders))
            load_demo(lambda step: None)
        yield name


@pytest.fixture
def demo(
    loaded: str, some_orders: Path, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Lets a test look at the loaded demo; it must leave it as it was."""
    monkeypatch.setitem(steps.FILES, "iowa-orders", str(some_orders))
    with django_db_blocker.unblock(), inside(loaded):
        yield
