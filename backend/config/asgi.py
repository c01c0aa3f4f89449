"""The doors: GraphQL over HTTP and WebSocket, health, the front page; everything else is Django's."""

from concurrent.futures import ThreadPoolExecutor
from typing import cast

from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.core.asgi import get_asgi_application
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.config.access import AccessLog
from backend.config.boot import setup_django
from backend.config.cors import Cors
from backend.config.front_page import front_page
from backend.config.headers import SafeHeaders
from backend.config.health import healthz, readyz
from backend.config.outage import Outages
from backend.config.patience import PatientLines

setup_django()

from backend.config.calendar_door import PATH as CALENDAR  # noqa: E402  (models need Django set up)
from backend.config.calendar_door import calendar_door  # noqa: E402
from backend.config.downloads import downloads_door  # noqa: E402
from backend.config.mail_door import PATH as MAIL  # noqa: E402
from backend.config.mail_door import mail_door  # noqa: E402
from backend.config.metrics_door import metrics_door  # noqa: E402
from backend.config.snapshot_door import PATH as SNAPSHOT  # noqa: E402
from backend.config.snapshot_door import snapshot_door  # noqa: E402
from backend.config.uploads import PATH as UPLOADS  # noqa: E402
from backend.config.uploads import uploads_door  # noqa: E402
from backend.schema.http_door import graphql_http  # noqa: E402
from backend.schema.socket_door import graphql_ws  # noqa: E402

_django = cast(ASGIApp, get_asgi_application())
# Django's own way starts a thread, and so a database connection, for every request. Its pages are few: one thread does.
_django_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="django")
# Only the admin has static files: served from its package, there is nothing to collect before a start.
_static = ExceptionMiddleware(StaticFiles(packages=[("django.contrib.admin", "static")]))


async def route(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends each caller to the door of its path."""
    path = scope["path"].rstrip("/")
    if scope["type"] == "websocket":
        if path == "/graphql":
            await graphql_ws(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 4404, "reason": "sockets are at /graphql"})
    elif path == "/graphql":
        await graphql_http(scope, receive, send)
    elif path == UPLOADS or path.startswith(f"{UPLOADS}/"):
        await uploads_door(scope, receive, send)
    elif path.startswith("/attachments/"):
        await downloads_door(scope, receive, send)
    elif path == CALENDAR:
        await calendar_door(scope, receive, send)
    elif path == MAIL:
        await mail_door(scope, receive, send)
    elif path == SNAPSHOT:
        await snapshot_door(scope, receive, send)
    elif path.startswith("/static/"):
        await _static({**scope, "root_path": scope.get("root_path", "") + "/static"}, receive, send)
    elif path == "/metrics":
        await metrics_door(scope, receive, send)
    elif path == "":
        await front_page(scope, receive, send)
    else:
        async with ThreadSensitiveContext(executor=_django_thread):
            await _django(scope, receive, send)


def guarded(app: ASGIApp) -> ASGIApp:
    """Lets in only the hosts and the web origins that the settings name."""
    return TrustedHostMiddleware(Cors(app), allowed_hosts=settings.ENV.allowed_hosts, www_redirect=False)


_inside = guarded(route)


async def _health_first(scope: Scope, receive: Receive, send: Send) -> None:
    # Probes come by the number of a machine, not by a name that the host check knows.
    if scope["type"] == "http" and scope["path"] == "/healthz":
        await healthz(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/readyz":
        await readyz(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/metrics" and settings.METRICS_TOKEN is not None:
        await metrics_door(scope, receive, send)
    else:
        await _inside(scope, receive, send)


application: ASGIApp = AccessLog(
    SafeHeaders(Outages(PatientLines(_health_first)), production=settings.ENV.production),
    incoming=settings.ENV.trace_incoming,
)
