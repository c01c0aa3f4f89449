"""Reads the orienteering instances; times in tenths, so that distances cut to one decimal are whole."""

import csv
from pathlib import Path

import numpy as np

from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow

INSTANCES = Path(__file__).parent / "instances"


def load(name: str, routes: int, folder: Path = INSTANCES) -> Problem:
    rows = [[int(cell) for cell in line.split()] for line in lines(name, folder)]
    points = np.array([row[1:3] for row in rows], dtype=np.float64)
    between = points[:, None] - points
    matrix = np.floor(np.hypot(between[..., 0], between[..., 1]) * 10 + 1e-9).astype(np.int64)
    clients = tuple(
        Client(f"{row[0]:03}", row[0], row[3], service=row[6] * 10, windows=(TimeWindow(row[4] * 10, row[5] * 10),))
        for row in rows[1:]
    )
    shifts = tuple(Shift(f"route {number}", 0, 0, TimeWindow(0, rows[0][5] * 10)) for number in range(routes))
    return Problem(clients, shifts, matrix)


def lines(name: str, folder: Path) -> list[str]:
    text = (folder / f"{name.upper()}.txt").read_text()
    return [line for line in text.splitlines() if len(line.split()) == 7 and line.split()[0].isdigit()]


def best_known(name: str, routes: int) -> float:
    with (INSTANCES / "bks.csv").open() as rows:
        return next(
            float(row["bks"]) for row in csv.DictReader(rows) if (row["instance"], int(row["m"])) == (name, routes)
        )
