"""Turns a PostgreSQL URI into Django's setting."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

IDLE_IN_TRANSACTION_MS = 300_000
"""A transaction left open holds back the sync horizon of every phone, so the server ends it."""

_OWN_KEYS = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def database_setting(uri: str) -> dict[str, Any]:
    """Returns the DATABASES entry for `uri`; libpq parameters in its query are kept."""
    parsed = conninfo_to_dict(uri)
    setting: dict[str, Any] = {
        "ENGINE": "backend.telemetry.postgres",
        # Work runs in a bounded pool of threads, and each keeps its connection.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": "fieldbeat"},
    }
    for key, value in parsed.items():
        if key in _OWN_KEYS:
            setting[_OWN_KEYS[key]] = str(value)
        else:
            setting["OPTIONS"][key] = value
    # Compiling a plan to machine code takes longer than any question of ours; what the planner guesses of coverage invites it.
    limits = f"-c jit=off -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS} -c lock_timeout=30000"
    setting["OPTIONS"]["options"] = " ".join(filter(None, [setting["OPTIONS"].get("options"), limits]))
    return setting


def limit_statements(setting: dict[str, Any], *, milliseconds: int) -> None:
    """Makes the server end statements that run longer, on connections opened from now on; for processes people wait on."""
    setting["OPTIONS"]["options"] += f" -c statement_timeout={milliseconds}"
