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

Each web process opens up to `FIELDBEAT_DB_POOL` connections, four of its event loop's own (for questions asked before), four
more for files, and two for its own pages; the worker
opens one, and each process for long work up to six.
Connections stay open, so a pooler between must work by session, not by transaction.

## A proxy before it

Real phones come over HTTPS, so a proxy that ends it stands before Fieldbeat. Fieldbeat itself gives a request's headers 20 seconds
and 64 KiB, a body 30 seconds for its next part, and an answer 60 seconds for each 64 KiB that nobody takes; what is beyond is cut.
It does not count the lines of one address: that is the proxy's. Set there (nginx's names in brackets):

- headers within 20 seconds (`client_header_timeout 20s`), at most 64 KiB (`large_client_header_buffers 8 8k`);
- at most 200 lines of one address at a time (`limit_conn`): a carrier has many phones behind one address, and each has up to three;
- bodies up to 1 MiB (`client_max_body_size 1m`), but under `/attachments/uploads` up to the largest document, 25 MiB unless set
  otherwise, passed on as they come (`proxy_request_buffering off`), else a cut line loses what the proxy had not passed on;
- answers of `/sync/snapshot` passed on as they come (`proxy_buffering off`), and 120 seconds for them to begin (`proxy_read_timeout 120s`);
- `/graphql` open for WebSocket (`Upgrade` and `Connection` passed on); the server says something each 20 seconds;
- `X-Forwarded-For` and `X-Forwarded-Proto` set by the proxy: guessing of passwords is counted by address. They are believed from
  127.0.0.1 alone; if the proxy is on another machine, name it in the variable `FORWARDED_ALLOW_IPS`, which uvicorn reads.

## Watching it

`/metrics`, alerts and traces: operations.md. Traces are set up by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and its
kin), and processes that are started one by one share counts by `PROMETHEUS_MULTIPROC_DIR`; both libraries read them themselves.

## Tests

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
