"""What alert rules and the dashboard ask for is there: a name that nobody counts would never raise an alert."""

import json
import re
from pathlib import Path

import pytest

from backend.config import figures, metrics_door

FOLDER = Path(__file__).parents[2] / "docs" / "operations"
RULES = (FOLDER / "rules.yml").read_text(encoding="utf-8")
BOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
PAGE = (FOLDER.parent / "operations.md").read_text(encoding="utf-8")
_NAME = re.compile(r"fieldbeat_[a-z_]+")
_SUFFIX = re.compile(r"_(bucket|sum|count|total)$")


def _counted() -> set[str]:
    """Returns the names of /metrics, as their types are declared."""
    figures.FIGURES.forget()
    told = re.findall(r"^# TYPE (fieldbeat_[a-z_]+) ", metrics_door.exposition().decode(), re.MULTILINE)
    figures.FIGURES.forget()
    return {_SUFFIX.sub("", name) for name in told if not name.endswith("_created")}


def _asked() -> dict[str, set[str]]:
    board = " ".join(target["expr"] for panel in BOARD["panels"] for target in panel["targets"])
    return {
        place: {_SUFFIX.sub("", name) for name in _NAME.findall(text)}
        for place, text in {"rules": RULES, "dashboard": board, "page": PAGE}.items()
    }


@pytest.mark.django_db
def test_what_rules_dashboard_and_page_name_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "STATEMENT_MS", 120_000)
    counted = _counted()
    assert {place: names - counted for place, names in _asked().items()} == {
        "rules": set(),
        "dashboard": set(),
        "page": set(),
    }
    # And what is counted is shown to somebody.
    assert counted - _asked()["dashboard"] - _asked()["page"] == set()


def test_every_alert_is_explained_under_its_name() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES)
    assert len(alerts) == len(set(alerts)) > 0
    assert alerts == re.findall(r"^### (Fieldbeat\w+)$", PAGE, re.MULTILINE)
