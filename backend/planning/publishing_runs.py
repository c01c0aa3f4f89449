"""A run of many parts becomes visits: a job for each rep, so that no request waits for all of them.

Each part is published whole or not at all, by itself; what stands in the way of one is told there and stops no other. A job
that is done twice, or a run that is asked for again, makes nothing twice."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.tokens import actor_of
from backend.jobs.port import URGENT, Task, defer
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.planning import rules
from backend.planning.models import PartState, PlanPart, PlanRun
from backend.planning.publishing import publish_part
from backend.territories.coverage import visible_roots_sql


@transaction.atomic
def publish_run(*, actor: Actor, run: PlanRun, replace: bool = False) -> PlanRun:
    """Asks for all parts of a run that are ready and that the actor may plan for to be published; jobs do it.

    While they are at it, asking again changes nothing; afterwards it tries what was refused once more. Raises Conflict for a
    run that is still planned, and for one of which nothing can be published."""
    # Parts before their run, as the jobs lock them.
    ready = list(
        run.parts.select_for_update(of=("self",))
        .filter(state=PartState.READY, rep_id__in=visible_roots_sql(actor))
        .order_by("pk")
    )
    run = PlanRun.objects.select_for_update(of=("self",)).get(pk=run.pk, org_id=actor.org_id)
    rules.check_run_planned(run)
    if run.publish_asked_at is not None and run.publish_ended_at is None:
        return run
    if not ready:
        rules.check_anything_published(run.parts.filter(state=PartState.PUBLISHED).exists())
        return run
    now = clock.now()
    PlanPart.objects.filter(pk__in=[part.pk for part in ready]).update(to_publish=True, trouble={})
    run.publish_by_id, run.publish_replaces = actor.user_id, replace
    run.publish_total, run.publish_done, run.publish_refused = len(ready), 0, 0
    run.publish_asked_at, run.publish_ended_at = now, None
    run.save(
        update_fields=[
            "publish_by",
            "publish_replaces",
            "publish_total",
            "publish_done",
            "publish_refused",
            "publish_asked_at",
            "publish_ended_at",
        ]
    )
    for part in ready:
        defer(PUBLISH_PART, part_id=part.pk)
    return run


def publish_one(*, part_id: UUID) -> None:
    """Publishes one part that is to be, by the authority of who asked; a refusal is told in the part."""
    part = PlanPart.objects.select_related("run__publish_by").filter(pk=part_id, to_publish=True).first()
    if part is None:
        return
    asker = part.run.publish_by
    assert asker is not None
    try:
        publish_part(actor=actor_of(asker), part=part, replace=part.run.publish_replaces)
    except DomainError as refusal:
        _ended(part_id, {"code": refusal.code, "message": refusal.message, "fields": dict(refusal.fields)})
    else:
        _ended(part_id, {})


def give_one_up(*, part_id: UUID) -> None:
    """Tells that the part could not be published, whatever it was that failed."""
    words = "Publishing failed; the log of the server says why."
    _ended(part_id, {"code": "PUBLISHING_FAILED", "message": words, "fields": {}})


@transaction.atomic
def _ended(part_id: UUID, trouble: Mapping[str, object]) -> None:
    """Counts the part, once; the write of the run is what wakes whoever watches."""
    part = PlanPart.objects.select_for_update(of=("self",)).filter(pk=part_id, to_publish=True).first()
    if part is None:
        return
    run = PlanRun.objects.select_for_update(of=("self",)).get(pk=part.run_id)
    part.to_publish, part.trouble = False, dict(trouble)
    part.save(update_fields=["to_publish", "trouble"])
    run.publish_done += 1
    run.publish_refused += bool(trouble)
    if run.publish_done == run.publish_total:
        run.publish_ended_at = clock.now()
    run.save(update_fields=["publish_done", "publish_refused", "publish_ended_at"])


PUBLISH_PART = Task("planning.publish_part", publish_one, priority=URGENT, gave_up=give_one_up)
