"""Writes docs/settings.md from the table of variables: `python -m backend.config.settings_page`."""

from pathlib import Path

from backend.config.env import TABLE

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

_HEAD = """# Settings

Fieldbeat reads its settings from environment variables and from nowhere else. An empty variable counts as absent.
A wrong value is refused at start: every wrong one is named, with what to write instead, and the exit code is 2.

`make run PORT=8123 DATA_DIR=some/folder` sets `FIELDBEAT_PORT` and `FIELDBEAT_DATA_DIR`. Give the commands of
`.venv/bin/fieldbeat` the same ones, or they look into `./data`: `FIELDBEAT_DATA_DIR=some/folder .venv/bin/fieldbeat token ana`.
A variable of a name that is not in the table is not looked at, so check its spelling when a setting seems to do nothing.

| Variable | Meaning | When absent | Example |
|---|---|---|---|
"""

_FOOT = """
## A PostgreSQL of your own

Create an empty database with `ENCODING 'UTF8'` and a role that owns it, set `DATABASE_URL`, and start. An empty database
is migrated by the first start. Later versions of Fieldbeat refuse to start on a database that is behind, and ask for
`.venv/bin/fieldbeat migrate`, so that you choose the moment (and make a backup first). No extension is needed.
The database inside the data folder is brought up to date by each start.

After a restore from a backup, run `.venv/bin/fieldbeat new-epoch` before phones connect: each then fetches anew what it may
see, and keeps what it has not sent. A dump loaded into another database, a backup that was rolled forward, a standby that took
over and a cluster that pg_upgrade made are noticed without it. A copy of the cluster's files (a snapshot of the disk) is
noticed only when a phone connects that is ahead of it, so there the command is needed. Docs: architecture.md, "The log".

Each minute counts while the worker stands still: the change log grows, and is not cut. `.venv/bin/fieldbeat sync status` shows
its size, what the phones hold back, and the conflicts that wait for somebody; `sync keep` does at once what the worker does
every five minutes.

Each web process opens up to `FIELDBEAT_DB_POOL` connections, four more for files, and two for its own pages; the worker
opens one, and each process for long work up to six.
Connections stay open, so a pooler between must work by session, not by transaction.

The tests run on the embedded PostgreSQL 18, or on the server that `TEST_DATABASE_URL` names (its role must be allowed to
create databases).
"""


def rendered() -> str:
    """Returns the page's text."""
    rows = (
        f"| `{one.name}` | {one.meaning} | {f'`{one.default}`' if one.default else one.absent} | `{one.example}` |\n"
        for one in TABLE
    )
    return _HEAD + "".join(rows) + _FOOT


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
