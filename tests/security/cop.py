"""Runs graphql-cop's own program from a copy of it; it is in no package index, so whoever attacks brings the copy."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

NEEDS = ("requests==2.34.2", "simplejson==4.3.0", "termcolor==3.3.0")
"""What the program imports and is not its own."""


def report(folder: Path, python: str, base: str, bearer: str) -> Iterator[str]:
    """Yields the lines of two parts, made by a stranger and by Ana, whose token is given."""
    named = _told(folder, python, "--version").strip().removeprefix("version: ")
    header = """ -H '{"Authorization": "Bearer …"}'"""
    for who, given, more in (("a stranger", "", ""), ("Ana, signed in", bearer, header)):
        yield from (f"## graphql-cop {named}, its own program, by {who}", "")
        yield from (f"`python graphql-cop.py -t URL -f -o json{more}`", "", "| check | found |", "|---|---|")
        for title, severity, found in findings(folder, python, base, given):
            yield f"| {title} | {f'{severity}: {found}' if found else 'nothing'} |"
        yield ""


def findings(folder: Path, python: str, base: str, bearer: str) -> Iterator[tuple[str, str, str]]:
    """Yields the title, the severity and the result of each of its checks; an empty result: nothing was found.

    It is made to go on where it takes the address for no GraphQL at all, as it does when a stranger is refused."""
    words = ["-t", f"{base}/graphql", "-f", "-o", "json"]
    if bearer:
        words += ["-H", json.dumps({"Authorization": f"Bearer {bearer}"})]
    told = [line for line in _told(folder, python, *words).splitlines() if line.startswith("[")]
    assert told, "graphql-cop ran no check"
    for one in json.loads(told[-1]):
        yield one["title"], one["severity"], one["description"] if one["result"] else ""


def _told(folder: Path, python: str, *words: str) -> str:
    env = os.environ | {"no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [python, "graphql-cop.py", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
