"""Who runs the embedded PostgreSQL: it refuses to be root, so root lends it an account and a way to its files."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CREATED = "fieldbeat"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account, by number."""

    name: str
    uid: int
    gid: int


def lent_account(pgdata: Path) -> Account | None:
    """Returns the account to use when this process is root, else None: the one that owns `pgdata`, or one that fits, made at need."""
    if os.geteuid() != 0:
        return None
    if pgdata.exists() and pgdata.stat().st_uid != 0:
        entry = pwd.getpwuid(pgdata.stat().st_uid)
    else:
        entry = _found("postgres") or _found(_CREATED) or _made() or pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _found(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd")
    if useradd is None:
        return None
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/bin/false", _CREATED], check=True, capture_output=True
    )
    return _found(_CREATED)


def open_way(path: Path, account: Account) -> None:
    """Lets `account` pass through the folders above `path` (search permission only, they stay unlistable)."""
    for folder in path.resolve().parents:
        if not _may(folder, account, stat.S_IXOTH):
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)


def open_programs(root: Path, account: Account) -> None:
    """Lets `account` read and run what lies under `root`, as a strict umask at install time forbids it."""
    for path in _tree(root):
        wanted = stat.S_IROTH
        if path.is_dir() or path.stat().st_mode & stat.S_IXUSR:
            wanted |= stat.S_IXOTH
        if not _may(path, account, wanted):
            path.chmod(stat.S_IMODE(path.stat().st_mode) | wanted)


def _tree(root: Path) -> Iterator[Path]:
    yield root
    yield from (path for path in root.rglob("*") if not path.is_symlink())


def _may(path: Path, account: Account, wanted: int) -> bool:
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return status.st_mode & (wanted << shift) == wanted << shift


def own(path: Path, account: Account | None) -> None:
    """Hands `path` to the account and closes it to everybody else."""
    path.chmod(0o700)
    if account is not None:
        os.chown(path, account.uid, account.gid)
