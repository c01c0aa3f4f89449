"""THE tables: which handlers an event has, and what the worker does from time to time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from backend.attachments import retention as attachments
from backend.attachments.thumbnails import on_attachment_stored
from backend.events import traced
from backend.events.outbox import Wiring
from backend.events.types import AccountMoved, AttachmentStored, VisitCompleted
from backend.field.actions import announce_overdue
from backend.identity import attempts
from backend.jobs.port import Schedule, Task
from backend.notifications import dispatch
from backend.notifications.alerting import tasks as alerts
from backend.notifications.alerting.handlers import LISTENED, on_event
from backend.notifications.delivery import escalation, handover, keeping, release, stale
from backend.notifications.delivery.handlers import on_account_moved, on_visit_completed
from backend.planning import tasks as planning
from backend.planning.realign import settling
from backend.planning.travel import tasks as travel
from backend.sync import compaction
from backend.sync import retention as sync_log
from backend.territories import moving

WIRING: Wiring = {
    AttachmentStored: (on_attachment_stored,),
    **dict.fromkeys(LISTENED, (on_event,)),
    AccountMoved: (on_event, on_account_moved),
    VisitCompleted: (on_event, on_visit_completed),
}


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is due `every` so often; `run` must bear being run twice. Only one worker runs it at a time."""

    name: str
    every: timedelta
    run: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Queue:
    """Work that waits in a table: `drain` does some of it and returns how much, 0 when nothing waits."""

    name: str
    drain: Callable[[], int]


QUEUES: tuple[Queue, ...] = (
    Queue("deliveries", dispatch.drain),
    Queue("bulk_changes", compaction.unpack),
    Queue("territory_moves", moving.move_some),
    Queue("alignments", settling.advance),
)

JOBS: tuple[Job, ...] = (
    Job("alerts_after_visits", timedelta(minutes=1), release.after_visits),
    Job("alerts_forgotten", timedelta(hours=1), keeping.forget_old),
    Job("alerts_handed_over", timedelta(minutes=1), handover.follow),
    Job("alerts_over", timedelta(minutes=1), stale.withdraw_over),
    Job("alerts_unread", timedelta(minutes=1), escalation.escalate),
    Job("alerts_unseen_phones", timedelta(hours=6), keeping.retire_unseen),
    Job("attachments", timedelta(minutes=10), attachments.tidy),
    Job("overdue_visits", timedelta(minutes=1), announce_overdue),
    Job("sign_in_attempts", timedelta(hours=1), attempts.forget_old),
    Job("sync_log", timedelta(minutes=5), sync_log.keep),
    Job("traced_writes", timedelta(minutes=5), traced.forget_old),
)

TASKS: tuple[Task, ...] = (*planning.TASKS, *travel.TASKS, *alerts.TASKS)
"""What the job processes (`fieldbeat jobs`) can be asked for."""

SCHEDULES: tuple[Schedule, ...] = (*planning.SCHEDULES, *travel.SCHEDULES, *alerts.SCHEDULES)
