"""The words of an alert."""

import string

import pytest

from backend.notifications import texts


def test_words_come_in_english_for_a_language_we_do_not_have() -> None:
    args = {"account": "Joe's {Deli}", "rep": "Ana"}
    for locale in ("en", "en-GB", "eo", ""):
        assert texts.render("visit.overdue", args, locale) == (
            "Visit overdue: Joe's {Deli}",
            "Ana has not checked in at Joe's {Deli} yet.",
        )


def test_a_long_name_does_not_make_a_long_alert() -> None:
    title, body = texts.render("visit.overdue", {"account": "x" * 999, "rep": "Ana"}, "en")
    assert (len(title), len(body)) == (texts.MAX_TITLE, texts.MAX_BODY)
    assert title.endswith("…")


def test_every_language_says_all_there_is_to_say_with_the_same_arguments() -> None:
    english = {key: _arguments(words) for key, words in texts.LANGUAGES["en"].items()}
    for language, said in texts.LANGUAGES.items():
        told = {key: _arguments(words) for key, words in said.items()}
        assert told.keys() == english.keys(), language
        assert {key: names - english[key] for key, names in told.items() if names - english[key]} == {}, language


def _arguments(words: tuple[str, str]) -> set[str]:
    return {name for text in words for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("locale", "title"),
    [
        ("zh", "拜访逾期：Joe's"),
        ("zh-CN", "拜访逾期：Joe's"),
        ("zh-Hans-HK", "拜访逾期：Joe's"),
        ("zh-Hant", "拜訪逾期：Joe's"),
        ("zh_TW", "拜訪逾期：Joe's"),
        ("zh-HK", "拜訪逾期：Joe's"),
        ("de", "Visit overdue: Joe's"),
    ],
)
def test_each_reads_their_own_language(locale: str, title: str) -> None:
    assert texts.render("visit.overdue", {"account": "Joe's", "rep": "Ana"}, locale)[0] == title
