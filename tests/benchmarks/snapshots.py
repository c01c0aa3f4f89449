"""A first sync as a stream, against the same rows as JSON text and nothing else: processor, bytes and memory."""

import gzip
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from django.db import connection

from backend.identity.models import User
from backend.sync.snapshot import packer, piece
from backend.territories.actions import assign_user, release_user
from tests.benchmarks.costs import world
from tests.benchmarks.moves import crowded
from tests.benchmarks.side_by_side import Figure, figure
from tests.factories.world import acting

ROUNDS = 9
TABLES = ("crm_account", "crm_address", "crm_opportunity", "field_visit")


def _processor() -> float:
    """Returns the milliseconds that this process and its session in the database have computed so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        spent = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return (time.process_time() + spent.user + spent.system) * 1000


def _streamed(user: User) -> tuple[int, int]:
    """Streams all that a new phone of the person is given, packed with zstd; returns bytes and rows."""
    device, pack, cursor, size, done = world().phone(user), packer("zstd"), None, 0, 0
    while True:
        made = piece(actor=acting(user, device), device_id=device.pk, protocol=2, cursor=cursor, done=done)
        cursor, done = made.cursor, made.done
        size += len(pack(made.text, last=cursor is None))
        if cursor is None:
            return size, done


def _plain() -> bytes:
    """Reads the same rows as psycopg gives them."""
    lines: list[bytes] = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT row_to_json(t)::text::bytea FROM {table} t WHERE deleted_at IS NULL")
            lines += [bytes(line) for (line,) in cursor.fetchall()]
    return b"\n".join(lines)


def _computed(act: Callable[[], object]) -> float:
    before = _processor()
    act()
    return _processor() - before


def first_sync() -> list[Figure]:
    """Ana's 12,000 rows."""
    ana = world().ana
    _plain(), _streamed(ana)
    plain, streamed = zip(*((_computed(_plain), _computed(lambda: _streamed(ana))) for _ in range(ROUNDS)), strict=True)
    packed, (size, rows) = len(gzip.compress(_plain(), 6)), _streamed(ana)
    return [
        figure("rows as JSON, processor", list(plain)),
        figure(f"a first sync of {rows:,} rows, processor", list(streamed), list(plain)),
        figure("rows as JSON, gzip", [packed / 1024], unit="KiB"),
        figure("a first sync, zstd", [size / 1024], [packed / 1024], unit="KiB"),
    ]


def _peak() -> float:
    """Returns the most memory this process had since its peak was last forgotten, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def memory() -> list[Figure]:
    """How much memory the process has at its most in a stream, for Ana and for somebody with 100,000 accounts."""
    if not Path("/proc/self/clear_refs").exists():
        return []  # only Linux tells the most
    field, territory = world(), crowded()
    assign_user(actor=acting(field.dee), user=field.cy, territory=territory)
    rest = [psutil.Process(os.getpid()).memory_info().rss / 2**20]
    figures = [figure("the process before", rest, unit="MiB")]
    for user in (field.ana, field.cy):
        Path("/proc/self/clear_refs").write_text("5")
        _, rows = _streamed(user)
        figures.append(figure(f"in a stream of {rows:,} rows", [_peak()], rest, unit="MiB"))
    release_user(actor=acting(field.dee), user=field.cy, territory=territory)
    return figures


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {"first-sync-stream": first_sync, "first-sync-memory": memory}
