"""One mail out of one person's alerts, as plain text and as HTML that holds nothing of a stranger's."""

from collections.abc import Sequence
from hashlib import sha256

from django.core.mail import EmailMultiAlternatives
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from backend.notifications import texts
from backend.notifications.transports.base import Message

_WORDS = {
    "en": ("{count} alerts: {first}", "No more such mail"),
    "zh-Hans": ("{count} 条提醒：{first}", "不再接收此类邮件"),
    "zh-Hant": ("{count} 則提醒：{first}", "不再接收此類郵件"),
}
_PAGE = """<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head>
<body style="font:16px/1.5 sans-serif;max-width:40em;color:#1a1f24">{}{}</body></html>"""
_ITEM = '<h2 style="font-size:1em;margin:1.2em 0 0">{}</h2><p style="margin:.2em 0">{}</p>'


def compose(to: str, sender: str, messages: Sequence[Message]) -> EmailMultiAlternatives:
    """Returns the mail; raises ValueError for an address that is none.

    The same alerts to the same person are the same mail, by its Message-ID, so that one sent again can be known."""
    if not to.isprintable() or to.count("@") != 1 or " " in to or "," in to:
        raise ValueError(f"no mail address: {to!r}")
    first = messages[0]
    many, stop = _WORDS[texts.language(first.locale)]
    subject = first.title if len(messages) == 1 else many.format(count=len(messages), first=first.title)
    subject = " ".join("".join(sign if sign.isprintable() else " " for sign in subject).split())
    text = "\n\n".join(f"{one.title}\n{one.body}" for one in messages)
    headers = {"Message-ID": _message_id(to, sender, messages), "Auto-Submitted": "auto-generated"}
    foot = ""
    if first.unsubscribe is not None:
        text += f"\n\n-- \n{stop}: {first.unsubscribe}"
        foot = format_html('<p style="font-size:.8em"><a href="{}">{}</a></p>', first.unsubscribe, stop)
        headers["List-Unsubscribe"] = f"<{first.unsubscribe}>"
        if first.unsubscribe.startswith("https://"):  # RFC 8058 offers one click over TLS alone
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(subject, text + "\n", sender, [to], headers=headers)
    items = format_html_join("", _ITEM, ((one.title, _lines(one.body)) for one in messages))
    mail.attach_alternative(format_html(_PAGE, texts.language(first.locale), subject, items, foot), "text/html")
    return mail


def _lines(text: str) -> str:
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in text.splitlines()))


def _message_id(to: str, sender: str, messages: Sequence[Message]) -> str:
    named = "\n".join([to, *sorted(one.nid for one in messages)])
    domain = sender.rpartition("@")[2].rstrip("> ") or "localhost"
    return f"<{sha256(named.encode()).hexdigest()[:32]}@{domain}>"
