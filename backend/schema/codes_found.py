"""Finds the codes of errors in the program itself: each is declared once, where it is raised, and nowhere else.

`python -m backend.schema.codes_found` writes codes.json and docs/errors.md anew."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from backend.schema.codes import FILE, Found
from backend.schema.errors import RETRY_CLASS
from backend.sync.protocol import ResetReason

ROOT = Path(__file__).parents[1]
PAGE = ROOT.parent / "docs" / "errors.md"

DOORS: dict[str, tuple[str, str]] = {
    "BAD_REQUEST": ("NEVER", "What was sent is no GraphQL request."),
    "BAD_VALUE": ("NEVER", "A value was given that cannot be kept."),
    "BASE_REQUIRED": ("NEVER", "What the phone changes must come with what stood there before."),
    "BODY_STALLED": ("RETRY", "The rest of the body did not come."),
    "BODY_TOO_LARGE": ("NEVER", "The body is longer than 1 MiB; send less at a time."),
    "CANCELLED": ("NEVER", "The run was cancelled before this part was begun."),
    "DATABASE_UNAVAILABLE": ("RETRY", "The database cannot be reached just now; nothing was done."),
    "GRAPHQL_INVALID": ("NEVER", "The document is not one of this schema, or its variables do not fit it."),
    "METHOD_NOT_ALLOWED": ("NEVER", "Send POST, or for a query GET."),
    "NOT_ACCEPTABLE": ("NEVER", "None of the media types of Accept is spoken here."),
    "OPERATION_NOT_HERE": ("NEVER", "Subscriptions are answered over WebSocket, or as text/event-stream."),
    "PUBLISHING_FAILED": ("NEVER", "Publishing failed; the log of the server says why."),
    "QUERY_TOO_LARGE": ("NEVER", "The document asks for too much, or is too long."),
    "SERVER_FIELD": ("NEVER", "Only the server writes this field."),
    "TOO_MANY_SUBSCRIPTIONS": ("NEVER", "The socket has as many operations as it may have at a time."),
    "UNEXPECTED": ("RETRY", "Something went wrong on the server's side; `errorId` finds the line of its log."),
    "UNSUPPORTED_MEDIA_TYPE": ("NEVER", "Send application/json in UTF-8."),
}
"""What is said by doors, of runs and of fields that phones send, without an error of a room: retry class and meaning."""

_MADE: dict[str, tuple[int, str, str]] = {
    "missing": (0, "{}_NOT_FOUND", "There is no such {} for you."),
    "_within": (3, "{}_NOT_FOUND", "There is no such {} for you."),
    "check_own": (2, "NOT_YOUR_{}", "Only its owner changes this {}."),
    "file_refused": (0, "{}", "The file cannot be read."),
}
"""Functions that make a code of a word that they are given: which argument, the code, its meaning."""

_KNOWN_TO_VARY = {
    ("crm/rules.py", "NotFound"),
    ("crm/rules.py", "NotPermitted"),
    ("imports/problems.py", "Invalid"),
    ("schema/errors.py", "Busy"),
    ("sync/facades/rxdb.py", "Reset"),
    ("sync/mutators/merging.py", "Invalid"),
    ("field/shifts.py", "Busy"),
}
"""Where a code is no text of its own, and is found in another way: above, among the doors, or among the reasons to reset.
(`field.shifts.Busy` is a span of a calendar, and no error.)"""


class Undeclared(Exception):
    """A code is made in a way that nobody can find."""


@cache
def trees(root: Path = ROOT) -> dict[str, ast.Module]:
    """Returns the program, by path below backend."""
    files = [path for path in sorted(root.rglob("*.py")) if "migrations" not in path.parts]
    return {str(path.relative_to(root)): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def found(program: dict[str, ast.Module] | None = None) -> dict[str, Found]:
    """Returns all codes, in order; raises Undeclared for one that cannot be read."""
    program = program or trees()
    families = _families(program)
    codes: dict[str, Found] = {}

    def add(code: str, retry: str, meaning: str) -> None:
        one = codes.setdefault(code, {"retry": [], "meaning": meaning})
        one["retry"] = sorted({*one["retry"], retry})
        one["meaning"] = one["meaning"] or meaning

    for code, (retry, meaning) in DOORS.items():
        add(code, retry, meaning)
    for reason in ResetReason:
        add(reason.value, "RESET", "Begin anew with what the server has; what is unsent stays.")
    for path, tree in program.items():
        for call, name in _calls(tree):
            if name in _MADE:
                at, shape, meaning = _MADE[name]
                word = call.args[at] if len(call.args) > at else None
                if isinstance(word, ast.Constant):
                    add(shape.format(str(word.value).upper()), "NEVER", meaning.format(word.value))
            elif name in families:
                given = (
                    call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "code"), None)
                )
                if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
                    if (path, name) in _KNOWN_TO_VARY:
                        continue
                    raise Undeclared(f"{path}:{call.lineno}: {name} has no code in quotes")
                message = call.args[1] if len(call.args) > 1 else None
                add(
                    given.value,
                    RETRY_CLASS.get(families[name], "NEVER"),
                    _words(message)
                    or _told_above(path, tree, call)
                    or given.value.replace("_", " ").capitalize() + ".",
                )
    return dict(sorted(codes.items()))


def said_by_doors(program: dict[str, ast.Module] | None = None) -> set[str]:
    """Returns the codes in quotes that doors say themselves, in `{"code": …}` and to the functions that refuse."""
    said: set[str] = set()
    for tree in (program or trees()).values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                said |= {_text(v) for k, v in zip(node.keys, node.values, strict=True) if _text(k) == "code"}
        for call, name in _calls(tree):
            if name in ("_refusal", "_refuse", "error_payload"):
                said |= {_text(one) for one in call.args}
    return {code for code in said if code.replace("_", "").isupper() and len(code) > 4 and code not in RETRY_CLASS}


def _text(node: ast.expr | None) -> str:
    """Returns what stands in quotes; nothing where that is something else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node, node.func.id if isinstance(node.func, ast.Name) else node.func.attr


def _families(program: dict[str, ast.Module]) -> dict[str, str]:
    """Returns the classes of errors, and the family of each."""
    families = {"DomainError": "ERROR"}
    classes = [node for tree in program.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while True:
        before = len(families)
        for one in classes:
            above = [base.id for base in one.bases if isinstance(base, ast.Name) and base.id in families]
            if above and one.name not in families:
                own = [
                    node.value.value
                    for node in one.body
                    if isinstance(node, ast.Assign | ast.AnnAssign)
                    and isinstance(node.value, ast.Constant)
                    and "family" in ast.unparse(node)
                ]
                families[one.name] = str(own[0]) if own else families[above[0]]
        if len(families) == before:
            return families


def _words(message: ast.expr | None) -> str:
    """Returns the text of a message, with … for what is filled in."""
    if isinstance(message, ast.Constant):
        return str(message.value)
    if isinstance(message, ast.JoinedStr):
        words = "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in message.values)
        return words if len(words.replace("…", "").strip(" .:;,")) > 8 else ""
    return ""


def _told_above(path: str, tree: ast.Module, call: ast.Call) -> str:
    """Returns the first line that stands over the rule which a call is in."""
    if not path.endswith("rules.py"):
        return ""
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
    ]
    around = [one for one in functions if one.lineno <= call.lineno <= (one.end_lineno or 0)]
    words = ast.get_docstring(around[-1]) if around else None
    return (words or "").partition("\n")[0]


_HEAD = """# Errors

Written by `python -m backend.schema.codes_found` from the program itself; a test fails when it is not up to date.

Every error of GraphQL, and every refusal of another door, has a `code` (of the enum `ErrorCode` of the schema), a `retry` class,
`fields` (which input is wrong, and how) and a message for people, whose words may change. A mishap of the server's own is
`UNEXPECTED` and has an `errorId`, which is in the line of the log that says more.
Decide by `retry`, and by `code` only where the app has something better to do. A code that an app does not know is treated by its class.

| Retry class | What a client does |
|---|---|
| `NEVER` | Shows it, or mends the input. The same again is refused again. |
| `RETRY` | Sends the same again: after `retryAfter` seconds where they are given, else after a while that doubles. |
| `AUTH` | Refreshes the session once and sends the same again; else the person signs in. `DEVICE_REVOKED`: wipes what it holds. |
| `UPGRADE` | Asks for a newer app; what is unsent stays, and is sent by that. |
| `RESET` | Fetches anew what the server has, from the beginning; what is unsent stays. |

| Code | Retry | In other words |
|---|---|---|
"""


def page(codes: dict[str, Found]) -> str:
    """Returns docs/errors.md."""
    rows = (
        f"| `{code}` | {', '.join(one['retry'])} | {one['meaning'].replace('|', '/')} |\n"
        for code, one in codes.items()
    )
    return _HEAD + "".join(rows)


def as_json(codes: dict[str, Found]) -> str:
    """Returns codes.json."""
    rows = (f"{json.dumps(code)}: {json.dumps(one, ensure_ascii=False)}" for code, one in codes.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


def main() -> None:
    """Writes both."""
    codes = found()
    FILE.write_text(as_json(codes), encoding="utf-8")
    PAGE.write_text(page(codes), encoding="utf-8")


if __name__ == "__main__":
    main()
