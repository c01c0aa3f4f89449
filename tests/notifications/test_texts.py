"""The words of an alert."""

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
