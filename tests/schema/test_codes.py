"""Every code that an error may have stands in the schema and on its page, and none stands there that nobody says."""

import ast

import pytest

from backend.schema import codes_found
from backend.schema.api import schema
from backend.schema.codes import CODES, FILE
from backend.schema.codes_found import DOORS, PAGE, Undeclared, as_json, found, page, said_by_doors

WRITE = "run: .venv/bin/python -m backend.schema.codes_found, then make schema"


def test_the_codes_of_the_schema_and_its_page_are_those_of_the_program() -> None:
    codes = found()
    assert FILE.read_text() == as_json(codes), WRITE
    assert PAGE.read_text() == page(codes), WRITE
    kind = schema._schema.type_map["ErrorCode"]
    assert set(kind.values) == set(codes)  # type: ignore[attr-defined]


def test_what_doors_say_is_among_them() -> None:
    assert said_by_doors() >= {"BAD_REQUEST", "BODY_TOO_LARGE", "UNEXPECTED", "METHOD_NOT_ALLOWED"}
    assert said_by_doors() - set(CODES) == set()


def test_each_says_in_words_what_it_means() -> None:
    assert [code for code, one in CODES.items() if len(one["meaning"]) < 10 or not one["retry"]] == []


def test_codes_are_found_where_they_are_raised() -> None:
    program = {
        "room/rules.py": ast.parse(
            'class Late(Busy):\n    """So."""\n\n'
            'class Busy(DomainError):\n    family = "RETRY"\n\n'
            "def gone(what):\n"
            '    """Nothing is left."""\n'
            '    if what: raise Late("GONE_LATE", why)\n'
            '    raise missing("parrot", "id")\n'
        )
    }
    codes = found(program)
    assert codes["GONE_LATE"] == {"retry": ["RETRY"], "meaning": "Nothing is left."}
    assert codes["PARROT_NOT_FOUND"]["meaning"] == "There is no such parrot for you."


def test_a_code_that_is_made_up_where_it_is_raised_is_noticed() -> None:
    with pytest.raises(Undeclared, match=r"room/rules\.py:1"):
        found({"room/rules.py": ast.parse('raise DomainError(f"{what}_GONE", "It is gone.")')})


def test_what_varies_is_listed_only_where_it_does() -> None:
    program = codes_found.trees()
    assert {path for path, _ in codes_found._KNOWN_TO_VARY} <= set(program)
    assert set(DOORS) <= set(CODES)
