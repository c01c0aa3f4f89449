"""The work of this room that a job process does at night: learning from check-ins, and tidying what is kept."""

from uuid import UUID

from backend.identity.models import Org
from backend.jobs.port import LOW, Schedule, Task, defer
from backend.planning.travel import cache, refit


def refit_org(*, org_id: UUID) -> None:
    """Refits one org, unless that was done a moment ago."""
    if org_id in refit.due_orgs():
        refit.refit(Org.objects.get(pk=org_id))


def nightly() -> None:
    """Asks for the fits that are due, and deletes what is too old to be used."""
    for org_id in refit.due_orgs():
        defer(REFIT, once=str(org_id), org_id=org_id)
    refit.forget_old()
    cache.forget_old()


REFIT = Task("travel.refit", refit_org, priority=LOW)
NIGHTLY = Task("travel.nightly", nightly, priority=LOW)

TASKS = (REFIT, NIGHTLY)
SCHEDULES = (Schedule(NIGHTLY, "40 2 * * *"),)
