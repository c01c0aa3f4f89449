"""`fieldbeat routing serve`: one command, or one clear sentence."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import httpx
import pytest

from backend.planning.travel.own_engine.interpreters import find_python, fits
from backend.planning.travel.own_engine.osrm_engine import EngineError, OwnEngine
from tests.config.serving import environment, run, until
from tests.planning.travel.engines import free_port
from tests.planning.travel.places import ROADS

EXTRACT = ROADS / "liechtenstein-latest.osm.pbf"
pytestmark = pytest.mark.xdist_group("road engine")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    path.chmod(0o755)
    return path


def says(version: str, kind: str = "cpython", threaded: str = "false") -> str:
    return f"""echo '{{"version": {version}, "kind": "{kind}", "threaded": {threaded}}}'"""


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (says("[3, 12]"), True),
        (says("[3, 14]"), True),
        (says("[3, 11]"), False),
        (says("[3, 12]", kind="pypy"), False),
        (says("[3, 13]", threaded="true"), False),
        ("echo 'pyenv: python3.12: command not found' >&2; exit 127", False),
        ("echo hello", False),
        ("exit 1", False),
    ],
)
def test_an_interpreter_is_asked_and_not_believed_by_its_name(tmp_path: Path, text: str, good: bool) -> None:
    assert fits(script(tmp_path / "python3.12", text)) is good


def test_a_shim_for_nothing_is_passed_over_for_what_a_tool_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "shims" / "python3.12", "exit 127")
    kept = script(tmp_path / "pyenv" / "versions" / "3.13.2" / "bin" / "python3.13", says("[3, 13]"))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr("sys.executable", str(script(tmp_path / "own" / "python", says("[3, 11]"))))
    assert find_python() == kept


def test_without_such_an_interpreter_the_operator_is_told_what_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.planning.travel.own_engine.osrm_engine.find_python", lambda: None)
    with pytest.raises(EngineError, match=r"needs Python 3\.12 or newer.*python3\.12-venv.*--python"):
        OwnEngine(tmp_path / "routing").install()


def test_without_a_network_the_operator_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = find_python()
    if python is None:
        pytest.skip("no Python 3.12 or newer here, for which OSRM's package is made")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_port()}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    engine = OwnEngine(tmp_path / "routing")
    with pytest.raises(EngineError, match="is there a network") as refusal:
        engine.install(python)
    assert "osrm-bindings" in str(refusal.value), "what pip said last is told too"
    with pytest.raises(EngineError, match="not installed"):
        engine.map_of(EXTRACT)


@pytest.mark.parametrize("name", ["roads.shp", "absent.osm.pbf"])
def test_what_is_no_extract_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "roads.shp").write_bytes(b"")
    with pytest.raises(EngineError, match=f"{name} is no extract of OpenStreetMap"):
        OwnEngine(tmp_path / "routing").map_of(tmp_path / name)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cannot be written"):
        OwnEngine(tmp_path / "file" / "routing").install()


def test_on_the_command_line_a_refusal_is_a_line_and_a_code(tmp_path: Path) -> None:
    settings = environment(FIELDBEAT_DATA_DIR=str(tmp_path))
    settings["FIELDBEAT_SECRET_KEY"] = "a secret that only this test of Fieldbeat uses"
    told = run("routing", "serve", str(tmp_path / "x.osm.pbf"), "--python", "/nowhere/python3.12", env=settings)
    assert told.returncode == 1
    assert "An environment cannot be made" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_one_command_serves_the_roads_and_says_the_settings(routing_data: Path, word: signal.Signals) -> None:
    if find_python() is None:
        pytest.skip("no Python 3.12 or newer here, for which OSRM's package is made")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "backend", "routing", "serve", str(EXTRACT), "--port", str(port), "--threads", "1"],
        env=environment(FIELDBEAT_DATA_DIR=str(routing_data)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        if not first:
            told = process.stderr.read()
            assert "cannot be installed" in told, told
            pytest.skip(told)
        assert first == (
            f"FIELDBEAT_ROUTING=osrm FIELDBEAT_ROUTING_URL=http://127.0.0.1:{port} FIELDBEAT_ROUTING_BLOCK=1000\n"
        )
        table = f"http://127.0.0.1:{port}/table/v1/driving/9.505432,47.163963;9.607224,47.108326"
        assert httpx.get(table, trust_env=False).json()["durations"][0][1] == pytest.approx(1120, abs=2)
        process.send_signal(word)
        assert process.wait(60) == 0
        assert silent(table)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            close(pipe)


def close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        pipe.close()


def silent(url: str) -> bool:
    """Waits until nobody answers at the address any more."""

    def gone() -> bool:
        try:
            httpx.get(url, trust_env=False)
        except httpx.ConnectError:
            return True
        return False

    until(gone, "the end of the engine")
    return True
