"""The instances of the capacitated p-median problem that the tests and benchmarks share."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[2] / "benchmarks" / "data" / "cpmp"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instance:
    """Points with a demand, how many medians, the capacity of each, and the least cost known."""

    name: str
    x: Floats
    y: Floats
    demand: Floats
    k: int
    capacity: float
    best: float


def read(name: str) -> Instance:
    """Returns one of cpmp01 to cpmp20."""
    rows = [line.split() for line in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines() if line.strip()]
    count, k = int(rows[0][0]), int(rows[0][1])
    table = np.array(rows[1 : count + 1], float)
    with (FOLDER / "bks.csv").open(encoding="utf-8", newline="") as file:
        best = {row["instance"]: float(row["cost"]) for row in csv.DictReader(file)}
    x, y, capacity, demand = (np.ascontiguousarray(table[:, column]) for column in range(4))
    return Instance(name, x, y, demand, k, float(capacity[0]), best[name])


def names() -> list[str]:
    """Returns the names of all instances."""
    return sorted(path.stem for path in FOLDER.glob("cpmp*.txt"))
