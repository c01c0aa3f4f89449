"""The door at which mail of alerts ends, /mail/stop?token=…: GET asks, POST does (RFC 8058), and nobody signs in."""

from collections.abc import Mapping

from django.utils.html import format_html
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from backend.config.refusals import refusal
from backend.identity.tokens import actor_of
from backend.kit.errors import DomainError
from backend.notifications.delivery.wishing import stop_mail
from backend.notifications.leaving import PATH, person_of
from backend.notifications.texts import language
from backend.schema.execution import Run, run_in_pool

__all__ = ["PATH", "mail_door"]

_WORDS: Mapping[str, tuple[str, str, str]] = {
    "en": (
        "No more mail of alerts?",
        "Send me no more mail",
        "No more mail of alerts will come. Phone and browser go on as before; in the app you can have mail again.",
    ),
    "zh-Hans": (
        "不再接收提醒邮件？",
        "停止发送邮件",
        "您将不再收到提醒邮件。手机和浏览器的提醒保持不变；您可以在应用中重新开启邮件。",
    ),
    "zh-Hant": (
        "不再接收提醒郵件？",
        "停止發送郵件",
        "您將不再收到提醒郵件。手機和瀏覽器的提醒保持不變；您可以在應用程式中重新開啟郵件。",
    ),
}
_PAGE = """<!doctype html><html lang="{}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Fieldbeat</title><style>body{{font:1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;padding:.4rem 1rem}}</style><p>{}</p>{}</html>"""
_BUTTON = '<form method="post"><button>{}</button></form>'
_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}


async def mail_door(scope: Scope, receive: Receive, send: Send, *, run: Run = run_in_pool) -> None:
    """Answers GET and HEAD with a page and a button, and changes nothing; POST ends mail to the address's person.

    What a POST carries is not read: the address says all, whether a person pressed the button or a mail program."""
    request = Request(scope)
    if request.method not in ("GET", "HEAD", "POST"):
        answer = Response(status_code=405, headers={"allow": "GET, HEAD, POST"})
    else:
        answer = await _answer(request, run)
    await answer(scope, receive, send)


async def _answer(request: Request, run: Run) -> Response:
    token, acts = request.query_params.get("token", ""), request.method == "POST"

    def do() -> str:
        person = person_of(token)
        if acts:
            stop_mail(actor=actor_of(person, None))
        return language(person.locale)

    try:
        spoken = await run(do)
    except DomainError as error:
        return refusal(error)
    asks, button, done = _WORDS[spoken]
    said = (done, "") if acts else (asks, format_html(_BUTTON, button))
    return HTMLResponse(format_html(_PAGE, spoken, *said), headers=_HEADERS)
