"""Installs OSRM into a folder, turns an extract of OpenStreetMap into a map for cars, and starts the engine on it."""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from backend.kit.tie import tier
from backend.planning.travel.own_engine.interpreters import find_python

LOCK = Path(__file__).parent / "requirements.lock"
MOST_PLACES = 1_000
"""How many places the engine takes in one question; a thousand, because then a whole plan is one question or few."""

SUFFIXES = (".osm.pbf", ".osm.bz2", ".osm")
READY_SECONDS = 120.0
GRACE_SECONDS = 10.0
_INSTALLED = "installed-from"

Report = Callable[[str], None]


class EngineError(Exception):
    """The engine cannot be had; the message says why and what to do."""


class OwnEngine:
    """The engine that lives in `folder` (made when absent); `report` is told each step that takes time."""

    def __init__(self, folder: Path, report: Report = lambda text: None) -> None:
        self.folder = folder
        self._report = report

    def install(self, python: Path | None = None) -> None:
        """Makes the environment and installs the engine there, unless both are there already; raises EngineError."""
        with self._alone():
            wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
            marker = self._environment / _INSTALLED
            if marker.exists() and marker.read_text(encoding="ascii") == wanted and self._programs() is not None:
                return
            chosen = python or find_python()
            if chosen is None:
                raise EngineError(
                    "OSRM's package needs Python 3.12 or newer, and none was found here. Install one (on Debian and Ubuntu: "
                    "apt install python3.12-venv; with uv: uv python install 3.12), or name it with --python /path/to/python3.12."
                )
            self._report(f"Installing OSRM beside Fieldbeat ({chosen})")
            shutil.rmtree(self._environment, ignore_errors=True)
            _run([str(chosen), "-m", "venv", str(self._environment)], "An environment cannot be made")
            pip = [str(self._environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
            careful = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--retries", "2", "--timeout", "20"]
            _run(
                [*pip, "--quiet", *careful, "-r", str(LOCK)],
                "OSRM's package cannot be installed; is there a network, and a package for this kind of machine?",
            )
            if self._programs() is None:
                raise EngineError(f"OSRM's package has no programs in it; remove {self._environment} and try again.")
            marker.write_text(wanted, encoding="ascii")

    def map_of(self, extract: Path) -> Path:
        """Returns the map made of an extract, made now unless it was before; raises EngineError."""
        suffix = next((one for one in SUFFIXES if extract.name.endswith(one)), None)
        if suffix is None or not extract.is_file():
            raise EngineError(
                f"{extract} is no extract of OpenStreetMap; give a file that ends with {', '.join(SUFFIXES)}."
            )
        with self._alone():
            with extract.open("rb") as opened:
                sha = hashlib.file_digest(opened, "sha256").hexdigest()
            version = hashlib.sha256(LOCK.read_bytes()).hexdigest()
            finished = self.folder / "maps" / f"{sha[:16]}-{version[:8]}"
            if not finished.exists():
                self._make_map(extract.absolute(), suffix, finished)
            return finished / "map.osrm"

    def _make_map(self, extract: Path, suffix: str, finished: Path) -> None:
        programs = self._needed_programs()
        under_way = finished.with_name(f"{finished.name}.under-way")
        shutil.rmtree(under_way, ignore_errors=True)
        under_way.mkdir(parents=True)
        # The programs write their many files beside the one that they read.
        (under_way / f"map{suffix}").symlink_to(extract)
        profile = programs.parent / "share" / "profiles" / "car.lua"
        failed = f"No map can be made of {extract.name}; is it whole, and is there room and memory enough?"
        try:
            self._report(f"Reading the roads of {extract.name}")
            _run([str(programs / "osrm-extract"), "-p", str(profile), f"map{suffix}"], failed, under_way)
            self._report("Preparing the roads for quick answers")
            _run([str(programs / "osrm-contract"), "map.osrm"], failed, under_way)
        except EngineError:
            shutil.rmtree(under_way, ignore_errors=True)
            raise
        (under_way / f"map{suffix}").unlink()
        under_way.rename(finished)

    @contextmanager
    def serving(
        self, made: Path, host: str, port: int, threads: int | None = None
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Runs the engine on a map inside the block, once it answers; it ends with this process. Raises EngineError."""
        check_port(host, port)
        words = [str(self._needed_programs() / "osrm-routed"), "--ip", host, "--port", str(port)]
        words += ["--threads", str(threads or os.cpu_count() or 1), "--max-table-size", str(MOST_PLACES)]
        self._report("Starting the engine")
        log = self.folder / f"osrm-{port}.log"
        with log.open("wb") as told:
            process = subprocess.Popen(
                [*words, "--verbosity", "WARNING", str(made)],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us, and we end it
                preexec_fn=tier(signal.SIGTERM),  # noqa: PLW1509  (it makes one system call)
            )
        try:
            _wait(process, f"http://{host}:{port}", log)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(GRACE_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    @property
    def _environment(self) -> Path:
        return self.folder / "environment"

    def _programs(self) -> Path | None:
        found = sorted(self._environment.glob("lib/python3*/site-packages/osrm/bin/osrm-routed"))
        return found[0].parent if found else None

    def _needed_programs(self) -> Path:
        programs = self._programs()
        if programs is None:
            raise EngineError("The engine is not installed.")
        return programs

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two who install or make one map at the same time wait for each other."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise EngineError(f"{self.folder} cannot be written ({error.strerror}).") from error


def check_port(host: str, port: int) -> None:
    """Raises EngineError when the port cannot be had: two engines on one would share its callers without a word."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except OSError as error:
        raise EngineError(
            f"Port {port} of {host} cannot be opened ({error.strerror}); choose another with --port."
        ) from error


def _run(words: Sequence[str], failed: str, folder: Path | None = None) -> None:
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise EngineError(f"{failed}\n  {words[0]}: {error.strerror}") from error
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise EngineError("\n".join([failed, *(f"  {line[:300]}" for line in lines[-3:])]))


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Waits until the engine answers at all; raises EngineError with the end of its log when it ends instead."""
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/nearest/v1/driving/0,0", timeout=5, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    why = "ended" if process.poll() is not None else f"did not answer within {READY_SECONDS:.0f} seconds"
    raise EngineError(
        "\n".join([f"The engine {why}; {log} has all it said.", *(f"  {line[:300]}" for line in lines[-3:])])
    )
