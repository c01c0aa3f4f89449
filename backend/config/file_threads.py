"""Threads for files: a slow store must not keep the database's threads from those who wait for rows."""

from backend.kit.threads import Threads

THREADS = 4

_threads = Threads("files", THREADS)
run_on_files = _threads.run
