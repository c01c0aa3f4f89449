"""A text that is made once and kept in a file that only its owner may read: a secret, a key."""

import os
from collections.abc import Callable
from pathlib import Path


def kept_text(path: Path, make: Callable[[], str]) -> str:
    """Returns the text kept in `path`, without space around it; made at the first call (file mode 0600)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked, so that of two processes starting at once both read the same whole text.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(make())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text().strip()
