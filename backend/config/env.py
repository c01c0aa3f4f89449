"""Every setting comes from an environment variable of this table; nothing else is read."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.config import env_values as read
from backend.config.env_channels import CHANNELS
from backend.config.env_gateway import GATEWAY, fill
from backend.config.env_travel import TRAVEL
from backend.config.env_variable import Variable
from backend.config.env_watching import WATCHING, Incoming

SECRETS = frozenset(
    {
        *("DATABASE_URL", "REDIS_URL", "FIELDBEAT_SECRET_KEY", "FIELDBEAT_S3_SECRET_KEY"),
        *("FIELDBEAT_VAPID_KEY", "FIELDBEAT_MAIL_URL", "FIELDBEAT_METRICS_TOKEN"),
    }
)
"""Variables whose value is never repeated in a message: it may hold a password."""


@dataclass(frozen=True, slots=True)
class Env:
    """The settings of this process, typed; None means that the variable is absent."""

    database_url: str | None
    redis_url: str | None
    host: str
    port: int
    data_dir: Path
    secret_key: str | None
    env: str
    log_level: str
    log_format: str | None
    cors_origins: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    fcm_credentials: Path | None
    fcm_url: str | None
    fcm_parallel: int
    fcm_rate: float
    vapid_key: str | None
    vapid_contact: str
    webpush_hosts: tuple[str, ...]
    webpush_url: str | None
    webpush_parallel: int
    webpush_rate: float
    mail_url: str | None
    mail_from: str
    public_url: str | None
    mail_rate: float
    web_processes: int
    db_pool: int
    job_processes: int
    plan_days: int
    s3_bucket: str | None
    s3_endpoint: str | None
    s3_region: str | None
    s3_access_key: str | None
    s3_secret_key: str | None
    photo_mb: int
    signature_mb: int
    document_mb: int
    open_uploads: int
    upload_hours: int
    org_files_mb: int
    free_disk_mb: int
    sync_log_days: int
    sync_ledger_days: int
    sync_idle_days: int
    sync_grace_hours: int
    sync_poke_spread: int
    routing: str
    routing_url: str | None
    routing_timeout: float
    routing_block: int | None
    routing_factor: float
    routing_cache_days: int
    travel_caution: float
    sync_warn_rows: int
    sync_most_rows: int
    metrics_token: str | None
    trace_incoming: Incoming
    introspection: bool
    free_documents: frozenset[str]
    rate_points: int
    rate_address: int
    demo: bool

    @property
    def production(self) -> bool:
        """Says whether this serves real people."""
        return self.env == "production"


class SettingsError(Exception):
    """Some settings are wrong: `sentences` has one for each, and says what to do."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


TABLE: tuple[Variable, ...] = (
    Variable(
        "DATABASE_URL",
        "The PostgreSQL (15 to 18) to use. When absent, a PostgreSQL 18 inside the data folder is started and used.",
        None,
        "postgresql://fieldbeat:secret@db.example.com:5432/fieldbeat",
        read.postgres_url,
        absent="the embedded PostgreSQL",
    ),
    Variable(
        "REDIS_URL",
        "A Redis or Valkey for what several web processes share: how much each device asked for lately, and the cache. When it is "
        "absent, or for as long as it is lost, each process counts for itself.",
        None,
        "redis://127.0.0.1:6379/0",
        read.redis_url,
    ),
    Variable(
        "FIELDBEAT_HOST", "The address to listen on; 0.0.0.0 for every network.", "127.0.0.1", "192.168.1.20", read.host
    ),
    Variable("FIELDBEAT_PORT", "The port to listen on.", "8000", "8123", read.whole(1, 65535)),
    Variable(
        "FIELDBEAT_DATA_DIR",
        "The folder that keeps the embedded database and the development secret; made when absent.",
        "./data",
        "/var/lib/fieldbeat",
        read.folder,
    ),
    Variable(
        "FIELDBEAT_SECRET_KEY",
        "Signs tokens and sessions; 32 characters or more. Required in production; "
        "otherwise made once and kept in the data folder, readable by its owner only.",
        None,
        "(the output of: openssl rand -base64 48)",
        read.secret,
        absent="made and kept",
    ),
    Variable(
        "FIELDBEAT_ENV",
        "What this process is for. production asks for a secret and sends cookies over HTTPS only.",
        "development",
        "production",
        read.one_of("development", "production"),
    ),
    Variable(
        "FIELDBEAT_LOG_LEVEL",
        "The least important log line to write.",
        "INFO",
        "WARNING",
        read.one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Variable(
        "FIELDBEAT_LOG_FORMAT",
        "How log lines look: json for machines, console for people.",
        None,
        "json",
        read.one_of("json", "console"),
        absent="json in production, console otherwise",
    ),
    Variable(
        "FIELDBEAT_CORS_ORIGINS",
        "Web origins, split at commas, whose pages may call this server.",
        "",
        "https://app.example.com",
        read.origins,
    ),
    Variable(
        "FIELDBEAT_ALLOWED_HOSTS",
        "Host names, split at commas, that this server answers to; * for any. Set it when others than this machine call.",
        "localhost,127.0.0.1,[::1]",
        "crm.example.com,10.0.0.5",
        read.hosts,
    ),
    *CHANNELS,
    *GATEWAY,
    Variable("FIELDBEAT_WEB_PROCESSES", "How many web processes share the port.", "1", "4", read.whole(1, 64)),
    Variable(
        "FIELDBEAT_DB_POOL",
        "Threads, each with its own database connection, in one web process.",
        "8",
        "16",
        read.whole(1, 100),
    ),
    Variable(
        "FIELDBEAT_JOB_PROCESSES",
        "How many processes serve starts for long work, such as planning the week of a whole team.",
        "1",
        "4",
        read.whole(1, 64),
    ),
    Variable(
        "FIELDBEAT_PLAN_DAYS",
        "How many days a proposed plan that nobody published is kept; its figures are kept for ever.",
        "30",
        "90",
        read.whole(1, 3650),
    ),
    Variable(
        "FIELDBEAT_S3_BUCKET",
        "The bucket of an S3-compatible store that keeps photos and documents. When absent, they lie in the folder "
        "attachments of the data folder, which all web processes and workers must then share.",
        None,
        "fieldbeat-files",
        read.word,
    ),
    Variable(
        "FIELDBEAT_S3_ENDPOINT",
        "The address of that store.",
        None,
        "https://s3.example.com",
        read.http_base,
        absent="Amazon's",
    ),
    Variable("FIELDBEAT_S3_REGION", "The region of that bucket.", None, "eu-central-1", read.word),
    Variable(
        "FIELDBEAT_S3_ACCESS_KEY",
        "The name of the key to that store. When absent, the machine's own role is used.",
        None,
        "AKIAIOSFODNN7EXAMPLE",
        read.word,
        absent="the machine's role",
    ),
    Variable("FIELDBEAT_S3_SECRET_KEY", "The key to that store.", None, "(the key itself)", read.word),
    Variable("FIELDBEAT_PHOTO_MB", "The largest photo, in MiB.", "15", "30", read.whole(1, 100)),
    Variable("FIELDBEAT_SIGNATURE_MB", "The largest signature, in MiB.", "1", "2", read.whole(1, 100)),
    Variable("FIELDBEAT_DOCUMENT_MB", "The largest document, in MiB.", "25", "50", read.whole(1, 100)),
    Variable(
        "FIELDBEAT_OPEN_UPLOADS", "How many uploads one device may have under way.", "20", "50", read.whole(1, 1000)
    ),
    Variable(
        "FIELDBEAT_UPLOAD_HOURS",
        "How many hours an upload is kept after its last piece, to be gone on with.",
        "72",
        "24",
        read.whole(1, 720),
    ),
    Variable(
        "FIELDBEAT_ORG_FILES_MB",
        "How much one org's photos and documents may take, in MiB, with what is under way; 0 for no bound. Beyond it no new "
        "upload begins: the phone keeps what it has, and tries again.",
        "102400",
        "512000",
        read.whole(0, 1_000_000_000),
    ),
    Variable(
        "FIELDBEAT_FREE_DISK_MB",
        "How much stays free on the disk of photos and documents, in MiB. Where a new upload would go below it, none begins; "
        "one that was begun goes on until half of it is left. A bucket has no such bound.",
        "1024",
        "10240",
        read.whole(0, 10_000_000),
    ),
    Variable(
        "FIELDBEAT_SYNC_LOG_DAYS",
        "How many days the change log is kept. A phone that was away for longer, and to whose accounts something happened "
        "meanwhile, fetches everything anew; it keeps what it has not sent.",
        "90",
        "30",
        read.whole(1, 3650),
    ),
    Variable(
        "FIELDBEAT_SYNC_LEDGER_DAYS",
        "How many days the full answers to what phones sent are kept. Number, fingerprint and outcome are kept for ever.",
        "90",
        "30",
        read.whole(1, 3650),
    ),
    Variable(
        "FIELDBEAT_SYNC_IDLE_DAYS",
        "After how many days without a pull the server forgets what a phone holds; it then fetches everything anew.",
        "120",
        "60",
        read.whole(1, 3650),
    ),
    Variable(
        "FIELDBEAT_SYNC_GRACE_HOURS",
        "For how many hours after a phone was told to drop an account the work that was done there offline is still taken.",
        "72",
        "48",
        read.whole(1, 720),
    ),
    Variable(
        "FIELDBEAT_SYNC_POKE_SPREAD",
        "Over how many seconds phones are woken when much changes at once (an import, a new cut of the territories); 0 for "
        "all in the same moment.",
        "60",
        "20",
        read.whole(0, 3600),
    ),
    Variable(
        "FIELDBEAT_SYNC_WARN_ROWS",
        "A first sync of more rows than this warns its phone (SCOPE_LARGE) that less would be faster.",
        "50000",
        "20000",
        read.whole(1, 10_000_000),
    ),
    Variable(
        "FIELDBEAT_SYNC_MOST_ROWS",
        "The most rows that one phone is given. More are refused whole (SCOPE_TOO_LARGE), never cut short.",
        "250000",
        "400000",
        read.whole(1, 10_000_000),
    ),
    *TRAVEL,
    *WATCHING,
    Variable(
        "FIELDBEAT_DEMO",
        "Whether serve loads the demo, whose passwords everybody knows, into a database that holds no org: 1 or 0.",
        None,
        "0",
        read.yes_no,
        absent="`1`, and `0` in production",
    ),
)


def load(environ: Mapping[str, str]) -> Env:
    """Reads all settings; raises SettingsError with a sentence for every wrong one."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for variable in TABLE:
        text = environ.get(variable.name, "").strip() or variable.default
        field = variable.name.removeprefix("FIELDBEAT_").lower()
        try:
            found[field] = None if text is None else () if text == "" else variable.read(text)
        except ValueError as error:
            shown = "" if variable.name in SECRETS else f"={text}"
            wrong.append(f"{variable.name}{shown} {error}.")
    if found.get("demo", ...) is None:
        found["demo"] = found.get("env") != "production"
    fill(found)
    if found.get("routing", "great-circle") != "great-circle" and not found.get("routing_url", "wrong already"):
        wrong.append(
            f"FIELDBEAT_ROUTING={found['routing']} needs FIELDBEAT_ROUTING_URL, the address of that engine; "
            "`fieldbeat routing serve` starts one and says it."
        )
    if found.get("env") == "production" and not found.get("secret_key", "wrong already"):
        wrong.append(
            "FIELDBEAT_SECRET_KEY is absent, but production needs one; make one with: openssl rand -base64 48."
        )
    if wrong:
        raise SettingsError(wrong)
    if found["public_url"] is not None:
        found["allowed_hosts"] = (*found["allowed_hosts"], _host_of(found["public_url"]))
    return Env(**found)


def _host_of(url: str) -> str:
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


@cache
def current() -> Env:
    """Returns this process's settings, read once; raises SettingsError."""
    return load(os.environ)
