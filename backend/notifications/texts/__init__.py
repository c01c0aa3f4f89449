"""The words of each alert, by language and key: one file a language, the same keys and arguments in each."""

from collections.abc import Mapping

from backend.notifications.texts import en, zh_hans, zh_hant

FALLBACK = "en"
LANGUAGES: dict[str, dict[str, tuple[str, str]]] = {
    "en": en.TEXTS,
    "zh-Hans": zh_hans.TEXTS,
    "zh-Hant": zh_hant.TEXTS,
}
MAX_TITLE = 120
MAX_BODY = 400
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


def language(locale: str) -> str:
    """Returns which of LANGUAGES a locale reads: zh-TW, zh-HK and zh-MO the traditional script, English if in doubt."""
    first, *rest = locale.replace("_", "-").lower().split("-")
    if first == "zh":
        return "zh-Hant" if _TRADITIONAL & set(rest) and "hans" not in rest else "zh-Hans"
    return first if first in LANGUAGES else FALLBACK


def render(key: str, args: Mapping[str, str], locale: str) -> tuple[str, str]:
    """Returns (title, body) in the language of `locale`, else in English; raises KeyError for an unknown key."""
    title, body = LANGUAGES[language(locale)][key]
    return _short(title.format_map(args), MAX_TITLE), _short(body.format_map(args), MAX_BODY)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
