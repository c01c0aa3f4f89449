"""The development secret: made once, kept in the data folder."""

import secrets

from backend.config.env import Env
from backend.kit.private_file import kept_text


def secret_key(env: Env) -> str:
    """Returns the configured secret, or the one kept in the data folder, made at the first call (file mode 0600)."""
    return env.secret_key or kept_text(env.data_dir / "secret_key", lambda: secrets.token_urlsafe(48))
