"""The house rules that no other tool checks."""

import ast
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = 400
BANNED = {"utils", "util", "helpers", "helper", "services", "service", "signals", "common", "misc"}
ROOMS = sorted(
    path
    for part in ("backend", "mobile_client_stub", "tests")
    for path in (ROOT / part).rglob("*.py")
    if "migrations" not in path.parts
)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _saying(*words: str) -> Iterator[Path]:
    """Gives the files in which one of the words stands: to parse all takes seconds."""
    for path in ROOMS:
        text = path.read_text(encoding="utf-8")
        if any(word in text for word in words):
            yield path


def test_no_file_is_longer_than_400_lines() -> None:
    long = {_name(path): lines for path in ROOMS if (lines := path.read_text(encoding="utf-8").count("\n")) > LINES}
    assert long == {}, "make a folder of nouns of it"


def test_every_file_is_named_for_what_is_in_it() -> None:
    names = [_name(path) for path in ROOMS if BANNED & {path.stem, *path.relative_to(ROOT).parent.parts}]
    assert names == []


def test_nothing_is_promised_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    words = ("TODO", "FIXME", "XXX", "HACK")
    promises = [
        f"{_name(path)}: {comment}" for path in _saying(*words) for comment in _comments(path) if marks.search(comment)
    ]
    assert promises == []


def _comments(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT]


def test_no_receiver_listens_to_a_signal() -> None:
    listeners = [
        _name(path)
        for path in _saying("dispatch", "signals")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").endswith(("dispatch", "signals"))
        and (node.module or "").startswith("django")
    ]
    assert listeners == []


def _swallowed(tree: ast.Module) -> Iterator[ast.ExceptHandler]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        broad = node.type is None or (
            isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
        )
        if broad and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body):
            yield node


def test_no_fault_is_swallowed() -> None:
    found = [f"{_name(path)}:{node.lineno}" for path in _saying("except") for node in _swallowed(_tree(path))]
    assert found == []


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def _described(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Says whether a decorator holds the description, which then stands in the GraphQL schema too."""
    return any(
        isinstance(decorator, ast.Call) and any(given.arg == "description" for given in decorator.keywords)
        for decorator in node.decorator_list
    )


def test_every_public_name_below_the_schema_says_what_it_is() -> None:
    # What the schema's types are is said in the schema itself, for those who call it.
    silent = [
        f"{_name(path)}: {node.name}"
        for path in ROOMS
        if not path.is_relative_to(ROOT / "tests") and not path.is_relative_to(ROOT / "backend" / "schema")
        for node in _public(_tree(path))
        if ast.get_docstring(node) is None and not _described(node)
    ]
    assert silent == []


def _imports(path: Path) -> set[str]:
    """The modules of ours that a file imports anywhere, within functions too; imports for types alone are left out."""
    found: set[str] = set()
    waiting: list[ast.AST] = [_tree(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        waiting.extend(ast.iter_child_nodes(node))
    return {name for name in found if name.split(".")[0] in {"backend", "mobile_client_stub"}}


def _graph() -> dict[str, set[str]]:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in ROOMS
        if not path.is_relative_to(ROOT / "tests")
    }
    return {name: {wanted for wanted in _imports(path) if wanted in modules} - {name} for name, path in modules.items()}


def test_no_files_import_each_other_in_a_circle() -> None:
    left = _graph()
    # Files that import nothing of what is left cannot be in a circle; take them away until none is left, or a circle is.
    while free := {name for name, wanted in left.items() if not wanted & left.keys()}:
        left = {name: wanted for name, wanted in left.items() if name not in free}
    while unwanted := left.keys() - set().union(*left.values()):
        left = {name: wanted for name, wanted in left.items() if name not in unwanted}
    assert sorted(left) == []


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_lock_files_name_versions_and_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9][^\s=]*==\S+.*$", text, re.MULTILINE)
        assert len(pins) > 20
        assert all(pin.endswith("\\") for pin in pins), "a pin without a hash"


def test_the_repository_holds_only_what_belongs_to_it() -> None:
    allowed = {
        *(".ci", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "LICENSE", "Makefile", "README.md"),
        *("backend", "demo", "docs", "mobile_client_stub", "pyproject.toml", "requirements-dev.lock"),
        *("requirements.lock", "tests", ".gitattributes"),
    }
    assert {path.relative_to(ROOT).parts[0] for path in _tracked()} - allowed == set()
