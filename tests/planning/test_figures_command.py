"""`fieldbeat plans figures` shows an operator how good plans were."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from backend.config.plan_commands import add_to
from backend.kit.errors import NotFound
from backend.planning.actions import propose_day
from backend.planning.publishing import accept_plan
from tests.planning.story import MONDAY, Story, actor


@contextmanager
def ready() -> Iterator[None]:
    yield


def run(*words: str) -> tuple[int, str, BaseException | None]:
    told = StringIO()
    app = typer.Typer()
    add_to(app, ready, Console(file=told, width=200))
    result = CliRunner().invoke(app, ["plans", "figures", *words])
    return result.exit_code, told.getvalue() + result.output, result.exception


@pytest.mark.parametrize("who", ["ana", "ben"])
def test_the_table_and_the_picture(story: Story, tmp_path: Path, who: str) -> None:
    story.shop("Deli", east=0.05)
    accept_plan(actor=actor(story.ana), plan=propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY))
    picture = tmp_path / "ana.svg"
    name = getattr(story, who).username
    code, told, _ = run(name, "--from", "2027-06-01", "--to", "2027-06-30", "--svg", str(picture))
    assert code == 0, told
    assert "2027-06-07" in told
    assert "100.0%" in told
    assert picture.read_text().count("<circle") == 3


def test_a_wrong_day_and_a_stranger_are_told(story: Story) -> None:
    code, told, _ = run(story.ana.username, "--from", "June")
    assert (code, "June is no day" in told) == (2, True)
    assert isinstance(run("nobody")[2], NotFound)
