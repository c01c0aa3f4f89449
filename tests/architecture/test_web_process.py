"""A web process that only reads and syncs is small: what takes much and serves few is loaded where it is used."""

import os
import subprocess
import sys

BEGIN = "import backend.__main__, backend.config.web, backend.config.asgi, sys; print(*sys.modules)"
"""What `fieldbeat web` loads before it serves."""

FEW_NEED = {
    "plans": "numba llvmlite pyvrp scipy",
    "imports and demos": "pyarrow openpyxl python_calamine holidays geopy",
    "files": "PIL puremagic boto3 storages",
    "calendars": "icalendar",
    "alerts": "firebase_admin google pywebpush requests",
    "Valkey, where there is one": "redis limits",
    "traces, where somebody takes them": "opentelemetry.sdk opentelemetry.exporter",
}


def test_a_web_process_begins_without_what_few_need() -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
        "FIELDBEAT_SECRET_KEY": "only to look at what a process loads, never to serve",
    }
    ended = subprocess.run(
        [sys.executable, "-c", BEGIN], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    loaded = set(ended.stdout.split())
    assert "backend.schema.api" in loaded
    assert {why: found for why, names in FEW_NEED.items() if (found := loaded.intersection(names.split()))} == {}
