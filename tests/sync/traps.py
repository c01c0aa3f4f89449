"""The traps every server-side sync meets, and which tests show each: docs/traps.md is written from here.

    python -m tests.sync.traps

A test names its trap with `@pytest.mark.trap(n)`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "traps.md"

TRAPS: dict[int, str] = {
    1: "Transactions commit in another order than they began: a cursor of numbers or times passes over the slow ones.",
    2: "Rows are written past the ORM (update, bulk, SQL), or a savepoint is rolled back: the log misses one, or tells the other.",
    3: "A clock jumps: a position that is a time skips what was written meanwhile.",
    4: "A row enters or leaves somebody's coverage without having changed itself.",
    5: "Children of what left stay behind; a child that moved to another parent haunts the old one.",
    6: "Coverage changes between two pages; what is lost and regained comes back in halves.",
    7: "The reply is lost, or the phone dies in the middle of a pull: what it holds is not what was sent.",
    8: "A page ends in the middle of a transaction: half an order is shown.",
    9: "Rows are filtered after LIMIT: a page that is short though not the last is taken for the last.",
    10: "The reply to a push is lost and the push is sent again: everything is done twice.",
    11: "Pushes come out of order, with gaps, or two at once.",
    12: "Ids are made on the phone, and a child may come before its parent.",
    13: "Two people edit one row: one silently overwrites the other.",
    14: "Null, decimals and times come back in another spelling: an echo looks like an edit, for ever.",
    15: "What was deleted is edited, what was edited is deleted, an id is used again.",
    16: "A row leaves the phone while it holds an edit of it that nobody has seen.",
    17: "One mutation that can never succeed blocks all that come after it.",
    18: "A cursor is changed, or shown by another person, device, stream or version.",
    19: "The log was purged behind a cursor, or the database was restored under it.",
    20: "A phone that had nothing to hear for long is thrown out by age alone.",
    21: "The phone's clock lies: a visit in 2099.",
    22: "A phone is reinstalled, copied, or restored from a backup: one number, two meanings.",
    23: "Access is taken away in the middle of a sync.",
    24: "A hundred thousand accounts change hands at once: writers wait, the log swells, all phones call together.",
    25: "The first sync races with writes.",
    26: "An old app meets a new column, a new required field, a new value of an enumeration.",
    27: "The word that something was deleted carries what the phone cannot read, or may not know.",
    28: "A line says every request twice: each answer makes the other worthless, and nothing is ever complete.",
    29: "Rows are written faster than pages are taken: what came meanwhile has no end.",
}

Named = dict[int, list[str]]


def named() -> Named:
    """Returns the tests that name each trap, as path::name, in order."""
    found: Named = {}
    for path, function in _functions():
        for number in _marks(function):
            found.setdefault(number, []).append(f"{path.relative_to(TESTS.parent).as_posix()}::{function.name}")
    return found


def only_told() -> list[str]:
    """Returns the tests whose docstring names a trap that no mark of theirs does."""
    return [
        f"{path.relative_to(TESTS.parent).as_posix()}::{function.name} names trap {number}"
        for path, function in _functions()
        for told in re.findall(r"\bTraps? (\d+(?:(?:, | and )\d+)*)", ast.get_docstring(function) or "")
        for number in map(int, re.findall(r"\d+", told))
        if number not in _marks(function)
    ]


def _functions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in sorted(TESTS.glob("[!.]*/**/*.py")):
        if "node_modules" not in path.parts and "rap" in (text := path.read_text()):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    yield path, node


def _marks(function: ast.FunctionDef) -> list[int]:
    return [
        one.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.trap"
        for one in decorator.args
        if isinstance(one, ast.Constant) and isinstance(one.value, int)
    ]


def page() -> str:
    """Returns docs/traps.md."""
    tests = named()
    lines = [
        "# The traps of syncing, and the tests that show we do not fall into them",
        "",
        "Written by `python -m tests.sync.traps` from the marks `@pytest.mark.trap(n)` in the tests; a test fails when it is not",
        "up to date, or when a trap has no test.",
        "",
    ]
    for number, wrong in TRAPS.items():
        lines += [f"{number}. {wrong}", *(f"   - `{one}`" for one in tests.get(number, [])), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
