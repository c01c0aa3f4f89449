"""`make bench ARGS="iowa-week [PICTURE.png]"`: the manager of the Iowa demo plans the coming week of all reps, watches it become
better, publishes it, and each rep's phone pulls it; asked again, the plan is the same. Everything goes through the doors of a
server as an operator starts it, on the real stores and orders of the demo."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGTERM
from typing import Any

from rich.console import Console
from rich.table import Table
from shapely.geometry import LineString, Polygon

from backend.territories.balance.canvas import Canvas, Png, Svg
from mobile_client_stub.device import Device
from tests.benchmarks.plans import WEEK, ask, progress, sign_in

PASSWORD = "fieldbeat"
PARTS = "query($id: UUID!) { planRun(id: $id) { parts { id } } }"
READ = """query($id: UUID!) { planPart(id: $id) {
  rep { username fullName } figures trouble { code message }
  plans { day figures stops { accountId plannedStart account { address { lat lng } } } }
  drops { reason detail account { name } } } }"""
PUBLISH = """mutation($id: UUID!) { publishPlanRun(runId: $id) {
  parts { part { rep { username } } visits { id } trouble { code message } } } }"""
WARM_SECONDS = 90.0
LOADING_SECONDS = 900.0
WIDE, TALL, ROOM = 1100, 900, 40
DAYS = ("#1b6ca8", "#c25a00", "#2e7d32", "#6a3fa0", "#b3261e", "#00796b", "#5d4037")

Run = dict[str, Any]


def measure(arguments: Sequence[str], console: Console) -> None:
    """Plays it, prints what came out, and draws the routes where a path is given."""
    from tests.config.serving import Serving

    with tempfile.TemporaryDirectory(prefix="fieldbeat-bench-") as folder:
        serving = Serving.start(Path(folder), LOADING_SECONDS, FIELDBEAT_DEMO="1")
        try:
            run = _play(serving.base, Path(folder), console)
        finally:
            serving.process.send_signal(SIGTERM)
            serving.process.wait(60)
    console.print(_table(run))
    console.print(f"Left out, by reason: {_by_reason(run)}", highlight=False)
    for drop in _first_drops(run):
        console.print(f"  {drop}", highlight=False)
    for name in arguments:
        draw(run, Path(name))
        console.print(f"The routes are in {name}.", highlight=False)


def _play(base: str, folder: Path, console: Console) -> Run:
    # The job process compiles the search at its first start; what is planned before is planned by the library.
    time.sleep(WARM_SECONDS)
    token = sign_in(base, "ben", PASSWORD)
    today = datetime.now(tz=UTC).date()
    monday = (today + timedelta(days=7 - today.weekday())).isoformat()
    runs: list[Run] = []
    for _ in range(2):
        began = time.perf_counter()
        asked = ask(base, token, WEEK, i={"firstDay": monday, "scope": "TEAM"})["proposeWeek"]["run"]["id"]
        told = asyncio.run(progress(base, token, asked, began))
        usable = [at for at, run in told if run["figures"].get("stops")]
        console.print(
            f"The week from {monday}: first usable after {usable[0]:.2f} s, all parts done after {usable[-1]:.2f} s",
            highlight=False,
        )
        names = [part["id"] for part in ask(base, token, PARTS, id=asked)["planRun"]["parts"]]
        parts = [ask(base, token, READ, id=name)["planPart"] for name in names]
        runs.append({"id": asked, "parts": parts})
    same = _stops(runs[0]) == _stops(runs[1])
    console.print(f"Asked twice, the plan is {'the same' if same else 'ANOTHER'}.", highlight=False)
    began = time.perf_counter()
    done = ask(base, token, PUBLISH, id=runs[0]["id"])["publishPlanRun"]["parts"]
    console.print(f"Published in {time.perf_counter() - began:.2f} s:", highlight=False)
    for part in done:
        console.print(f"  {_arrived(base, folder, part)}", highlight=False)
    return runs[0]


def _arrived(base: str, folder: Path, part: Mapping[str, Any]) -> str:
    name = part["part"]["rep"]["username"]
    if part["trouble"] is not None:
        return f"{name}: {part['trouble']['code']}, {part['trouble']['message']}"
    with Device(base, folder / f"{name}.sqlite3") as phone:
        phone.sign_in(name, PASSWORD)
        phone.sync()
        held = set(phone.store.contents())
    there = sum(("visit", visit["id"]) in held for visit in part["visits"])
    return f"{name}: {there} of {len(part['visits'])} visits are on the phone"


def _stops(run: Run) -> list[tuple[str, str, str]]:
    return [
        (part["rep"]["username"], stop["accountId"], stop["plannedStart"])
        for part in run["parts"]
        for plan in part["plans"]
        for stop in plan["stops"]
    ]


def _table(run: Run) -> Table:
    table = Table("rep", "days", "stops", "travel a stop", "points seen of due", "overdue left", title_justify="left")
    for part in run["parts"]:
        figures = part["figures"]
        if part["trouble"] is not None:
            table.add_row(part["rep"]["fullName"], part["trouble"]["code"])
            continue
        stops = figures["stops"]
        travel = figures["travelSeconds"] / 60 / stops if stops else 0
        days = " ".join(str(len(plan["stops"])) for plan in part["plans"])
        seen = f"{figures['prize']:.0f} of {figures['duePrize']:.0f} ({figures['coverage']:.0%})"
        name = part["rep"]["fullName"]
        table.add_row(name, days, f"{stops:.0f}", f"{travel:.1f} min", seen, f"{figures['overdueLeft']:.0f}")
    return table


def _by_reason(run: Run) -> dict[str, int]:
    return dict(Counter(drop["reason"] for part in run["parts"] for drop in part["drops"]))


def _first_drops(run: Run) -> list[str]:
    return [
        f"{part['rep']['fullName']} does not see {(drop['account'] or {}).get('name')}: {drop['detail']}"
        for part in run["parts"]
        for drop in part["drops"][:1]
    ]


def draw(run: Run, path: Path) -> None:
    """Draws the routes of all reps, a colour a day; .svg or .png."""
    lines = [
        (part["rep"]["fullName"], number, plan["day"], [_place(stop) for stop in plan["stops"]])
        for part in run["parts"]
        for number, plan in enumerate(part["plans"])
    ]
    places = [place for *_, stops in lines for place in stops]
    west, south = min(lng for _, lng in places), min(lat for lat, _ in places)
    east, north = max(lng for _, lng in places), max(lat for lat, _ in places)
    # At 42 degrees a degree of longitude is three quarters of one of latitude.
    scale = min((WIDE - 2 * ROOM) / ((east - west) * 0.745), (TALL - 3 * ROOM) / (north - south))

    def at(place: tuple[float, float]) -> tuple[float, float]:
        return ROOM + (place[1] - west) * 0.745 * scale, TALL - ROOM - (place[0] - south) * scale

    sheet: Canvas = (Png if path.suffix.lower() == ".png" else Svg)(WIDE, TALL)
    sheet.text((ROOM, ROOM / 2), f"A week of {len(run['parts'])} reps: {len(places)} stops", 18)
    for _, number, _, stops in lines:
        points = [at(place) for place in stops]
        if len(points) > 1:
            stroke = LineString(points).buffer(1.1)
            if isinstance(stroke, Polygon):
                sheet.area(stroke, DAYS[number % len(DAYS)], DAYS[number % len(DAYS)])
        for point in points:
            sheet.dot(point, 3.2, DAYS[number % len(DAYS)])
    for number, day in enumerate(sorted({day for _, _, day, _ in lines})):
        sheet.box((WIDE - 150, ROOM + 24 * number), (14, 14), DAYS[number % len(DAYS)])
        sheet.text((WIDE - 128, ROOM + 7 + 24 * number), day, 14)
    sheet.save(path)


def _place(stop: Mapping[str, Any]) -> tuple[float, float]:
    address = stop["account"]["address"]
    return float(address["lat"]), float(address["lng"])
