"""Mutations of a person's own hours and days away."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from backend.field import calendar
from backend.field.rules import check_weekday
from backend.identity.models import User
from backend.kit.errors import Invalid
from backend.sync.mutators import decode
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation


@mutator("workingHours.set")
def set_hours(caller: Caller, mutation: Mutation) -> Outcome:
    """Sets one's shift of a weekday; without start and end it is a day off."""
    args = mutation.args
    decode.only(args, "weekday", "start", "end")
    weekday = args.get("weekday")
    if isinstance(weekday, bool) or not isinstance(weekday, int):
        raise Invalid("BAD_VALUE", "weekday is a whole number.", fields={"weekday": "not a whole number"})
    check_weekday(weekday)
    start, end = _time(args, "start"), _time(args, "end")
    if (start is None) != (end is None):
        raise Invalid("REQUIRED", "start and end are given together.", fields={"end": "with start"})
    calendar.set_hours(
        actor=caller.actor,
        user=User.objects.get(pk=caller.actor.user_id),
        weekday=weekday,
        shift=None if start is None or end is None else (start, end),
        hours_id=mutation.entity_id,
    )
    return DONE


def _time(args: Mapping[str, Any], name: str) -> time | None:
    value = args.get(name)
    if value is None:
        return None
    try:
        return time.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise Invalid("BAD_VALUE", f"{name} must be a time HH:MM.", fields={name: "not a time"}) from error


@mutator("absence.add")
def add_absence(caller: Caller, mutation: Mutation) -> Outcome:
    """Writes down days away, both included; with starts and ends, that part of each."""
    args = mutation.args
    decode.only(args, "firstDay", "lastDay", "reason", "starts", "ends")
    calendar.add_absence(
        actor=caller.actor,
        user=User.objects.get(pk=caller.actor.user_id),
        first_day=decode.required_day(args, "firstDay"),
        last_day=decode.required_day(args, "lastDay"),
        reason=decode.text(args, "reason"),
        starts=_time(args, "starts"),
        ends=_time(args, "ends"),
        absence_id=decode.entity_id(mutation),
    )
    return DONE


@mutator("absence.remove")
def remove_absence(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes days away back."""
    decode.only(mutation.args)
    calendar.remove_absence(
        actor=caller.actor,
        user=User.objects.get(pk=caller.actor.user_id),
        absence_id=decode.entity_id(mutation),
    )
    return DONE
