"""The development secret: made once, kept in the data folder."""

import os
import secrets

from backend.config.env import Env


def secret_key(env: Env) -> str:
    """Returns the configured secret, or the one kept in the data folder, made at the first call (file mode 0600)."""
    if env.secret_key:
        return env.secret_key
    path = env.data_dir / "secret_key"
    env.data_dir.mkdir(parents=True, exist_ok=True)
    # Written aside and linked, so that of two processes starting at once both read the same whole secret.
    aside = env.data_dir / f".secret_key.{os.getpid()}"
    if not path.exists():
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text().strip()
