"""The words of each alert, by language and key."""

from collections.abc import Mapping

FALLBACK = "en"
MAX_TITLE = 120
MAX_BODY = 400

_TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "opportunity.late": ("{subject}: {stage}", "{who} moved {opportunity} to {stage}."),
        "opportunity.late.amount": ("{subject}: {stage}", "{who} moved {opportunity} ({amount}) to {stage}."),
        "visit.overdue": ("Visit overdue: {account}", "{rep} has not checked in at {account} yet."),
        "visit.overdue.own": ("Visit overdue: {account}", "You have not checked in at {account} yet."),
    }
}


def render(key: str, args: Mapping[str, str], locale: str) -> tuple[str, str]:
    """Returns (title, body) in the language of `locale`, else in English; raises KeyError for an unknown key."""
    language = _TEXTS.get(locale.split("-")[0].lower(), _TEXTS[FALLBACK])
    title, body = language[key] if key in language else _TEXTS[FALLBACK][key]
    return _short(title.format_map(args), MAX_TITLE), _short(body.format_map(args), MAX_BODY)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
