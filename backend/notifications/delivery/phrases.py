"""What delivery itself says around the words of alerts, by language: a digest, and what somebody did not read."""

from backend.notifications import texts

_SAYS: dict[str, dict[str, str]] = {
    "en": {"digest": "{count} alerts", "more": "and {count} more", "unread": "Not read by {who}: {title}"},
    "zh-Hans": {"digest": "{count} 条提醒", "more": "还有 {count} 条", "unread": "{who} 尚未阅读：{title}"},
    "zh-Hant": {"digest": "{count} 則提醒", "more": "還有 {count} 則", "unread": "{who} 尚未閱讀：{title}"},
}


def digest_title(count: int, locale: str) -> str:
    """Returns the title over several alerts."""
    return _SAYS[texts.language(locale)]["digest"].format(count=count)


def digest_body(titles: list[str], locale: str) -> str:
    """Returns one line for each alert, as many as fit, and how many more there are."""
    lines: list[str] = []
    for number, title in enumerate(titles):
        left = len(titles) - number
        more = _SAYS[texts.language(locale)]["more"].format(count=left)
        room = texts.MAX_BODY - sum(len(line) + 1 for line in lines)
        if len(title) + (len(more) + 1 if left > 1 else 0) > room:
            return "\n".join([*lines, more])
        lines.append(title)
    return "\n".join(lines)


def unread(title: str, who: str, locale: str) -> str:
    """Returns the title of what somebody else did not read."""
    said = _SAYS[texts.language(locale)]["unread"].format(who=who, title=title)
    return said if len(said) <= texts.MAX_TITLE else f"{said[: texts.MAX_TITLE - 1]}…"
