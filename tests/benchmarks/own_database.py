"""A PostgreSQL of a benchmark's own, and Django set up to use it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.kit import embedded_postgres


@contextmanager
def own_database(**settings: str) -> Iterator[tuple[Path, str]]:
    """Runs a PostgreSQL inside the block and names it, and `settings`, in the environment; yields its folder and address."""
    with tempfile.TemporaryDirectory(prefix="fieldbeat-bench-") as folder:
        server = embedded_postgres.start(Path(folder))
        try:
            os.environ |= {
                "DATABASE_URL": server.uri,
                "FIELDBEAT_DATA_DIR": folder,
                "FIELDBEAT_SECRET_KEY": "a secret that only the benchmarks of Fieldbeat use",
                "FIELDBEAT_LOG_LEVEL": "WARNING",
                "DJANGO_SETTINGS_MODULE": "backend.config.settings",
                **settings,
            }
            yield Path(folder), server.uri
        finally:
            server.stop()
