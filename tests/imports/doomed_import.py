"""An import in a process of its own that says when it has written a part, and waits there to be killed.

python -m tests.imports.doomed_import MAPPING FILE PART: PART is how many parts are written before it waits."""

import sys
import time
from pathlib import Path

import django

django.setup()

from backend.imports.run import run_import  # noqa: E402
from backend.imports.targets import base, order_lines  # noqa: E402
from backend.imports.targets.staging import Staging  # noqa: E402


def main(mapping: str, file: str, part: int) -> None:
    """Imports in small parts; after `part` of them, stops in the middle of the next one's transaction."""
    base.CHUNK, order_lines.TAKEN, order_lines.MERGED = 100, 100, 100
    written = 0

    def stop_at_the_part() -> None:
        nonlocal written
        if written == part:
            sys.stdout.write("in the middle\n")
            sys.stdout.flush()
            time.sleep(60)
        written += 1

    merge, save = Staging.merge, base.EntityTarget._save

    def merge_then_stop(self: Staging, after: int, upto: int) -> tuple[int, int]:
        with django.db.transaction.atomic():
            counts = merge(self, after, upto)
            stop_at_the_part()
        return counts

    def save_then_stop(self: object, *given: object) -> None:
        save(self, *given)  # type: ignore[arg-type]
        stop_at_the_part()

    Staging.merge = merge_then_stop  # type: ignore[method-assign]
    base.EntityTarget._save = save_then_stop  # type: ignore[method-assign,assignment]
    run_import(Path(mapping), Path(file))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
