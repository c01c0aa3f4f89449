"""Attacks a server in the production profile and writes docs/security/report.md. Tools of others are installed into an
environment of their own under data/security. `--cop FOLDER` also runs graphql-cop's program from a copy of it; `--examples N` has
schemathesis make N documents for each operation."""

import json
import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from backend.kit import embedded_postgres
from tests.config.serving import Serving, environment, run
from tests.security import cop
from tests.security.checks import findings

TOOLS = ("clairvoyance==2.5.5", "schemathesis==4.32.5")
HOME = Path(__file__).parents[2]
FOLDER = HOME / "data" / "security"
REPORT = HOME / "docs" / "security" / "report.md"
PASSWORD = "correct horse"
"""Of the people whom tests.flows.planting makes."""

SECRET = "only for the length of an attack, and for nothing else"
EXAMPLES = 8
SIGN_IN = "mutation ($i: SignInInput!) { signIn(input: $i) { session { accessToken } } }"
WORDS = FOLDER / "words.txt"


def tool(name: str) -> str:
    """Returns the program, installed at the first call."""
    home = FOLDER / "python"
    ready, wanted = home / ".ready", (*TOOLS, *cop.NEEDS)
    if not ready.exists() or ready.read_text() != " ".join(wanted):
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
        ready.write_text(" ".join(wanted))
    return str(home / "bin" / name)


@contextmanager
def production() -> Iterator[Serving]:
    """Serves a database with a few people and accounts, as in production; scripts may send documents of their own."""
    with tempfile.TemporaryDirectory(prefix="fb-") as folder:
        database = embedded_postgres.start(Path(folder) / "database")
        given = {"DATABASE_URL": database.uri, "FIELDBEAT_ENV": "production", "FIELDBEAT_SECRET_KEY": SECRET}
        env = environment(**given, FIELDBEAT_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="backend.config.settings")
        try:
            assert run("migrate", env=env).returncode == 0
            subprocess.run([sys.executable, "-m", "tests.flows.planting"], env=env, check=True)
            serving = Serving.start(Path(folder), **given, FIELDBEAT_FREE_DOCUMENTS="scripts,admin,rep")
            yield serving
            serving.process.terminate()
            serving.process.wait(60)
        finally:
            database.stop()


def token(base: str, name: str) -> str:
    """Signs a person in from a browser of theirs."""
    device = {"installKey": f"attacked-from-{name}", "platform": "web"}
    given = {"username": name, "password": PASSWORD, "device": device}
    answer = httpx.post(
        f"{base}/graphql", json={"query": SIGN_IN, "variables": {"i": given}}, timeout=60, trust_env=False
    )
    assert answer.json().get("data"), answer.text
    return str(answer.json()["data"]["signIn"]["session"]["accessToken"])


def clairvoyance(base: str, bearer: str) -> tuple[str, str]:
    """Returns the command line, and what it recovered of the schema with a list of words that holds the very names."""
    names = sorted(set(re.findall(r"\b[a-zA-Z_]\w+", (HOME / "backend" / "schema" / "schema.graphql").read_text())))
    FOLDER.mkdir(parents=True, exist_ok=True)
    WORDS.write_text("\n".join(names))
    out = FOLDER / "recovered.json"
    out.unlink(missing_ok=True)
    words = [tool("clairvoyance"), f"{base}/graphql", "-w", str(WORDS), "-o", str(out), "-p", "slow", "-m", "1"]
    if bearer:
        words += ["-H", f"Authorization: Bearer {bearer}"]
    shown = "clairvoyance URL -w words.txt -p slow -m 1"
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    if not out.exists():
        why = [line for line in done.stderr.splitlines() if "Error:" in line]
        said = (why or ["it wrote no schema"])[-1].rpartition("Error:")[2].strip()
        # Which words it tried last changes from run to run, and says nothing.
        return shown, f"nothing. It gave up: {re.sub(r' for .*? in context [A-Za-z.]+', ' …', said)}"
    types = json.loads(out.read_text())["data"]["__schema"]["types"]
    found = [
        f"{one['name']}.{each['name']}"
        for one in types
        for each in one.get("fields") or ()
        if not one["name"].startswith("__")
    ]
    return shown, ", ".join(found[:40]) or "nothing"


def schemathesis(base: str, bearer: str) -> tuple[str, str, Counter[str]]:
    """Returns the command line, how much it asked, and how often it met each code, with a schema that the attacker is given.

    It takes every error in an answer for a failure of the server, also a refusal with a code of its own."""
    words = ["run", str(HOME / "backend" / "schema" / "schema.graphql"), "--url", f"{base}/graphql"]
    examples = sys.argv[sys.argv.index("--examples") + 1] if "--examples" in sys.argv else str(EXAMPLES)
    words += ["-n", examples, "--seed", "1", "--checks", "not_a_server_error", "--request-timeout", "30"]
    words += ["-H", f"Authorization: Bearer {bearer}"]
    done = subprocess.run([tool("schemathesis"), *words], capture_output=True, text=True, timeout=1500, check=False)
    met = Counter(re.findall(r'"code":"([A-Z_]+)"', done.stdout))
    met.update(f"HTTP {status}" for status in re.findall(r"^\[(\d{3})\]", done.stdout, re.MULTILINE))
    asked = re.findall(r"^\s+((?:Selected|Tested|Errored|Skipped): .*|\d+ generated.*)$", done.stdout, re.MULTILINE)
    shown = " ".join(words[2:-2]).replace(f"{base}/graphql", "URL")
    command = f"schemathesis run schema.graphql {shown} -H 'Authorization: Bearer …'"
    return command, "; ".join(one.strip() for one in asked), met


def main() -> None:
    """Writes the report, and prints it."""
    lines = [f"# Attacks on the production profile, {datetime.now(UTC):%Y-%m-%d}", ""]
    lines += ["Made by `python -m tests.security`. What it means is said in [findings.md](findings.md).", ""]
    with production() as server:
        bearer = token(server.base, "ana")
        for who, headers in (("a stranger", {}), ("Ana, signed in", {"authorization": f"Bearer {bearer}"})):
            lines += [f"## The checks of graphql-cop, by {who}", "", "| check | found |", "|---|---|"]
            lines += [f"| {name} | {found or 'nothing'} |" for name, found in findings(server.base, headers)]
            lines.append("")
        if "--cop" in sys.argv:
            folder = Path(sys.argv[sys.argv.index("--cop") + 1]).resolve()
            lines += cop.report(folder, tool("python"), server.base, bearer)
        for who, given in (("a stranger", ""), ("Ana, signed in", bearer)):
            command, found = clairvoyance(server.base, given)
            lines += [
                f"## {TOOLS[0].replace('==', ' ')}, by {who}",
                "",
                f"`{command}`, with every name of our schema as its words: {found}",
                "",
            ]
        if "--quick" not in sys.argv:
            command, asked, met = schemathesis(server.base, bearer)
            lines += [
                f"## {TOOLS[1].replace('==', ' ')}, by Ana",
                "",
                f"`{command}`",
                "",
                f"It says: {asked}.",
                "",
                "| answered with | times |",
                "|---|---|",
            ]
            lines += [f"| `{code}` | {times} |" for code, times in met.most_common()] + [""]
        unexpected = [line for line in server.log.read_text().splitlines() if "unexpected_error" in line]
        lines += ["## The server's log", "", f"Unexpected errors: {len(unexpected)}.", ""]
        lines += [f"    {line[:300]}" for line in unexpected[:5]]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join(lines).rstrip() + "\n")
    sys.stdout.write(REPORT.read_text())


if __name__ == "__main__":
    main()
