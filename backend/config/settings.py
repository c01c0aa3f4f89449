"""Django's settings, made from the environment (see env.py)."""

from importlib.util import find_spec
from typing import Any

from backend.config import logs
from backend.config.database import database_setting
from backend.config.env import current
from backend.config.files import file_store
from backend.config.mail import mail_settings
from backend.config.secret import secret_key
from backend.kit import embedded_postgres

ENV = current()

DEBUG = False
SECRET_KEY = secret_key(ENV)
# Django writes the wildcard of *.example.com as a leading dot.
ALLOWED_HOSTS = [host[1:] if host.startswith("*.") else host for host in ENV.allowed_hosts]

INSTALLED_APPS = [
    "backend.events",
    "backend.identity",
    "backend.clients",
    "backend.crm",
    "backend.territories",
    "backend.field",
    "backend.orders",
    "backend.quotas",
    "backend.attachments",
    "backend.planning",
    "backend.planning.travel",
    "backend.merging",
    "backend.sync",
    "backend.sync.facades",
    "backend.notifications",
    "backend.notifications.alerting",
    "procrastinate.contrib.django",
    "channels",
    "corsheaders",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *(["django_migration_linter"] if find_spec("django_migration_linter") else []),  # a developer's tool
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "backend.config.urls"
ASGI_APPLICATION = "backend.config.asgi.application"
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The embedded server is started before Django (supervisor, command line, tests), never from here.
DATABASES = {"default": database_setting(ENV.database_url or embedded_postgres.uri(ENV.data_dir))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if ENV.redis_url:
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.redis_url,
        "KEY_PREFIX": "fieldbeat",
    }

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

STATIC_URL = "/static/"
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "default": file_store(ENV),
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.production
CORS_ALLOWED_ORIGINS = list(ENV.cors_origins)
CORS_ALLOW_METHODS = ("GET", "POST", "HEAD", "PATCH", "DELETE")
CORS_ALLOW_HEADERS = (
    *("authorization", "content-type", "x-request-id", "range", "if-range"),
    *(
        "tus-resumable",
        "upload-length",
        "upload-offset",
        "upload-metadata",
        "upload-checksum",
        "x-http-method-override",
    ),
)
CORS_EXPOSE_HEADERS = (
    *("x-request-id", "location", "etag", "content-range", "repr-digest"),
    *("retry-after", "ratelimit", "ratelimit-policy"),
    *(
        "tus-resumable",
        "tus-version",
        "tus-extension",
        "tus-max-size",
        "upload-offset",
        "upload-length",
        "upload-expires",
    ),
)
CORS_PREFLIGHT_MAX_AGE = 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Which tasks there are stands in wiring; no module is looked for.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""

FCM_CREDENTIALS = ENV.fcm_credentials
FCM_URL = ENV.fcm_url
FCM_PARALLEL = ENV.fcm_parallel
FCM_RATE = ENV.fcm_rate
VAPID_KEY = ENV.vapid_key
VAPID_FILE = ENV.data_dir / "vapid_key"
VAPID_CONTACT = ENV.vapid_contact
WEBPUSH_HOSTS = ENV.webpush_hosts
WEBPUSH_URL = ENV.webpush_url
WEBPUSH_PARALLEL = ENV.webpush_parallel
WEBPUSH_RATE = ENV.webpush_rate
MAIL_URL = ENV.mail_url
MAIL_RATE = ENV.mail_rate
PUBLIC_URL = ENV.public_url
globals().update(mail_settings(ENV.mail_url, ENV.mail_from))
DB_POOL = ENV.db_pool
PLAN_DAYS = ENV.plan_days
INTROSPECTION = ENV.introspection
FREE_DOCUMENTS = None if "everybody" in ENV.free_documents else ENV.free_documents
RATE_POINTS = ENV.rate_points
RATE_ADDRESS = ENV.rate_address
REDIS_URL = ENV.redis_url
SYNC_LOG_DAYS = ENV.sync_log_days
SYNC_LEDGER_DAYS = ENV.sync_ledger_days
SYNC_IDLE_DAYS = ENV.sync_idle_days
SYNC_GRACE_HOURS = ENV.sync_grace_hours
SYNC_POKE_SPREAD = ENV.sync_poke_spread
ROUTING = ENV.routing
ROUTING_URL = ENV.routing_url
ROUTING_TIMEOUT = ENV.routing_timeout
ROUTING_BLOCK = ENV.routing_block
ROUTING_FACTOR = ENV.routing_factor
ROUTING_CACHE_DAYS = ENV.routing_cache_days
TRAVEL_CAUTION = ENV.travel_caution
METRICS_TOKEN = ENV.metrics_token
SYNC_WARN_ROWS = ENV.sync_warn_rows
SYNC_MOST_ROWS = ENV.sync_most_rows

LOGGING_CONFIG = None
logs.configure(level=ENV.log_level, style=ENV.log_format or ("json" if ENV.production else "console"))

MIGRATION_LINTER_OPTIONS = {"no_cache": True}
