"""What the demo has done already: a mark for each step, written with the step, so that a killed load goes on where it was."""

from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from backend.crm.models import ExternalId
from backend.identity.models import Org
from backend.imports.run import NOTHING_DONE, SOME_REFUSED, run_import
from backend.kit.errors import Conflict

FOLDER = Path(__file__).resolve().parents[2] / "demo"
BEGUN, COMPLETE = "begun", "complete"
_SOURCE = "fieldbeat-demo"

Say = Callable[[str], None]


def is_marked(org: Org, step: str) -> bool:
    """Says whether the step is done."""
    return ExternalId.objects.filter(org=org, source=_SOURCE, entity="step", value=step).exists()


def mark(org: Org, step: str) -> None:
    """Marks the step as done; call it in the step's own transaction."""
    ExternalId.objects.create(org=org, source=_SOURCE, entity="step", value=step, row_id=org.pk)


def once(org: Org, step: str, do: Callable[[Org], None]) -> None:
    """Does the step in one transaction with its mark, unless it is done."""
    if is_marked(org, step):
        return
    with transaction.atomic():
        do(org)
        mark(org, step)


def bring_in(mapping: str, file: str) -> None:
    """Imports a file of the demo's folder; a row that is refused is a broken demo, and says so."""
    told: list[str] = []
    code = run_import(FOLDER / "mappings" / f"{mapping}.toml", FOLDER / file, report=told.append)
    if code in (SOME_REFUSED, NOTHING_DONE):
        raise Conflict("DEMO_DATA", f"The demo's {file} did not go in whole: {'; '.join(told)}")
