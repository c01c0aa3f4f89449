"""Prometheus's own program reads the rules, the dashboard and /metrics as Prometheus would; skipped where it is not to be had.

It looks for `promtool` (Debian's package prometheus) on the path, and in data/prometheus, where `.ci/run` puts it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from backend.config import figures, metrics_door

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "operations"
_FOUND = shutil.which("promtool") or shutil.which("promtool", path=ROOT / "data" / "prometheus" / "usr" / "bin")
pytestmark = pytest.mark.skipif(_FOUND is None, reason="no promtool here: apt install prometheus")


def _promtool(*words: str, folder: Path, given: bytes = b"") -> str:
    """Returns what promtool says; fails when it finds fault."""
    assert _FOUND is not None
    done = subprocess.run([_FOUND, *words], cwd=folder, input=given, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def test_the_rules_are_read_and_each_alert_rings_when_it_should_and_not_before(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "rules.yml", tmp_path)
    shutil.copy(Path(__file__).with_name("alerts.yml"), tmp_path)
    many = (FOLDER / "rules.yml").read_text(encoding="utf-8").count("- alert:")
    assert f"{many} rules found" in _promtool("check", "rules", "rules.yml", folder=tmp_path)
    _promtool("test", "rules", "alerts.yml", folder=tmp_path)


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    token = tmp_path / "fieldbeat.token"
    token.write_text("a token", encoding="utf-8")
    text = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
    assert "/etc/prometheus/fieldbeat.token" in text
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/fieldbeat.token", str(token)), "utf-8")
    shutil.copy(FOLDER / "rules.yml", tmp_path)
    assert "rule files found" in _promtool("check", "config", "prometheus.yml", folder=tmp_path)


def test_every_question_of_the_dashboard_can_be_asked(tmp_path: Path) -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    asked = [target["expr"].replace("$__rate_interval", "1m") for panel in panels for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(asked)]
    text = json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})  # YAML reads JSON
    (tmp_path / "asked.yml").write_text(text, encoding="utf-8")
    assert f"{len(asked)} rules found" in _promtool("check", "rules", "asked.yml", folder=tmp_path)
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.django_db
def test_prometheus_reads_what_metrics_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(figures, "STATEMENT_MS", 120_000)
    figures.FIGURES.forget()
    said = metrics_door.exposition()
    figures.FIGURES.forget()
    found = subprocess.run(
        [str(_FOUND), "check", "metrics"], input=said, cwd=tmp_path, capture_output=True, check=False
    ).stderr.decode()
    # It also has opinions on names (units, lengths); what it cannot read it says otherwise.
    assert not re.search(r"error while linting|parsing error", found), found
    assert said.count(b"# TYPE fieldbeat_") > 40
