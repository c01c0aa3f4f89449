"""Records what real engines answer: `python -m tests.planning.travel.record osrm http://127.0.0.1:5000 "osrm-routed 26.10"`.

The engine must serve Liechtenstein (tests/benchmarks/data/roads). Everything in a recording but the code is
© OpenStreetMap contributors, under the Open Database License.
"""

import json
import os
import sys


def main(kind: str, url: str, version: str) -> None:
    """Asks the engine as the tests will, and writes recorded/KIND.json."""
    from backend.planning.travel.choose import ENGINES
    from backend.planning.travel.great_circle import GreatCircle
    from backend.planning.travel.road_times import RoadTimes
    from tests.planning.travel.engines import RECORDED, recording
    from tests.planning.travel.places import recorded_places

    with recording(url) as (address, book):
        matrix = RoadTimes(ENGINES[kind](8), address, GreatCircle(), seconds=60).matrix(recorded_places())
    assert not matrix.fell_back, matrix.fell_back
    kept = {
        "engine": version,
        "credit": "© OpenStreetMap contributors, ODbL 1.0",
        "exchanges": dict(sorted(book.items())),
    }
    path = RECORDED / f"{kind}.json"
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{path.name}: {len(book)} questions, {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    os.environ.setdefault("FIELDBEAT_SECRET_KEY", "only for looking at the program, never for serving")
    import django

    django.setup()
    main(*sys.argv[1:4])
