"""An import in a process of its own that says when it has written a part, and waits there to be killed.

python -m tests.imports.doomed_import MAPPING FILE PART: PART is how many parts are written before it waits."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from backend.imports.run import run_import  # noqa: E402
from backend.imports.targets import base, order_lines  # noqa: E402


def main(mapping: str, file: str, part: int) -> None:
    """Imports in small parts; after `part` of them, stops in the middle of the next one, some of its rows written."""
    base.CHUNK, order_lines.TAKEN, order_lines.MERGED = 100, 100, 100
    written = 0

    def stop_at_the_part(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        nonlocal written
        answer = execute(sql, params, many, context)
        if re.match(r'\s*INSERT INTO "?(crm_orderline|crm_externalid)"?\s', sql):
            if written == part:
                sys.stdout.write("in the middle\n")
                sys.stdout.flush()
                time.sleep(60)
            written += 1
        return answer

    with connection.execute_wrapper(stop_at_the_part):
        run_import(Path(mapping), Path(file))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
