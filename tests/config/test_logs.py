"""Log lines say who by id and what happened, and nothing personal, whoever wrote them."""

import io
import json
import logging
import re
from collections.abc import Iterator
from uuid import UUID

import pytest

from backend.config.logs import formatter, masked
from backend.kit.logs import bind, clear, logger

ANA = UUID("01a205e5-f2cb-71eb-b96a-d706567f8406")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What this process writes to its log during a test, as JSON lines."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter("json"))
    root = logging.getLogger()
    before, level = root.handlers, root.level
    root.handlers = [handler]
    root.setLevel("DEBUG")
    clear()
    yield written
    clear()
    root.handlers = before
    root.setLevel(level)


def _one(lines: io.StringIO) -> dict[str, object]:
    (line,) = lines.getvalue().splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_a_line_carries_the_ids_of_its_request(lines: io.StringIO) -> None:
    bind(request_id="r-12345678", org="o-1", user=ANA, device="d-1")
    bind(device=None)
    logger("field").info("visit_checked_in", visit=ANA, meters=12.5)
    line = _one(lines)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", str(line.pop("timestamp")))
    assert line == {
        "event": "visit_checked_in",
        "level": "info",
        "logger": "field",
        "request_id": "r-12345678",
        "org": "o-1",
        "user": str(ANA),
        "device": "d-1",
        "visit": str(ANA),
        "meters": 12.5,
    }


def test_the_ids_of_one_request_do_not_reach_the_next(lines: io.StringIO) -> None:
    bind(request_id="r-12345678", user=ANA)
    clear()
    logger("field").info("next")
    assert {"request_id", "user"} & set(_one(lines)) == set()


def test_text_under_a_key_that_is_not_allowed_is_dropped(lines: io.StringIO) -> None:
    logger("crm").warning("contact_saved", name="Ana Lopez", notes=["likes tea"], count=2, ok=True)
    assert {"name", "notes"} & set(_one(lines)) == set()
    assert (_one(lines)["count"], _one(lines)["ok"]) == (2, True)


def test_addresses_and_numbers_in_allowed_text_are_masked(lines: io.StringIO) -> None:
    logger("crm").warning("called ana@example.com", reason="no answer at +1 (515) 555-0100")
    line = _one(lines)
    assert (line["event"], line["reason"]) == ("called [email]", "no answer at [phone]")


def test_lines_of_other_libraries_pass_the_same_sieve(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("sent to %s", "ana@example.com", extra={"password": "hunter2"})
    assert _one(lines)["event"] == "sent to [email]"
    assert "hunter2" not in lines.getvalue()


def test_an_exception_is_told_without_the_row_that_the_database_repeats(lines: io.StringIO) -> None:
    repeated = "duplicate key\nDETAIL:  Key (name)=(Ana Lopez) already exists.\nfor ana@example.com"
    try:
        raise ValueError(repeated)
    except ValueError:
        logger("crm").exception("save_failed")
    told = str(_one(lines)["exception"])
    assert "ValueError: duplicate key" in told
    assert "test_logs.py" in told
    assert "Ana Lopez" not in told
    assert "[email]" in told


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ana.lopez+x@mail.example.co.uk", "[email]"),
        ("call 515-555-0100 now", "call [phone] now"),
        ("+4915112345678", "[phone]"),
        (str(ANA), str(ANA)),
        ("01902345-1234-7123-8123-123456789012", "01902345-1234-7123-8123-123456789012"),
        (
            "/admin/crm/account/01a205e5-f2cb-71eb-b96a-d706567f8406/change/",
            "/admin/crm/account/01a205e5-f2cb-71eb-b96a-d706567f8406/change/",
        ),
        ("psycopg 3.3.9 on port 5432", "psycopg 3.3.9 on port 5432"),
    ],
)
def test_what_is_masked(text: str, left: str) -> None:
    assert masked(text) == left
