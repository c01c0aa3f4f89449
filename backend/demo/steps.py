"""What the demo has done already: a mark for each step, written with the step, so that a killed load goes on where it was."""

from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from backend.crm.models import ExternalId
from backend.identity.models import Org
from backend.imports.run import DONE, run_import
from backend.kit.errors import Conflict

FOLDER = Path(__file__).resolve().parents[2] / "demo"
FILES = {
    "iowa-stores": "iowa/stores.csv.gz",
    "iowa-products": "iowa/products.csv.gz",
    "iowa-orders": "iowa/order_lines.parquet",
    "chicago-businesses": "chicago/businesses.csv.gz",
    "chicago-visits": "chicago/visits.csv.gz",
    "hardware-managers": "hardware/sales_teams.csv",
    "hardware-agents": "hardware/sales_teams.csv",
    "hardware-accounts": "hardware/accounts.csv",
    "hardware-products": "hardware/products.csv",
    "hardware-opportunities": "hardware/sales_pipeline.csv.gz",
}
"""The file of each mapping, both in the demo's folder."""
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


def bring_in(mapping: str) -> list[str]:
    """Imports one of the demo's files and returns what was told; a row that is refused is a broken demo: DEMO_DATA."""
    told: list[str] = []
    code = run_import(FOLDER / "mappings" / f"{mapping}.toml", FOLDER / FILES[mapping], report=told.append)
    if code != DONE:
        raise Conflict("DEMO_DATA", f"The demo's {FILES[mapping]} did not go in whole: {'; '.join(told)}")
    return told
