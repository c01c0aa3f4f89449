"""When and how people want to hear of alerts."""

from datetime import time

import strawberry


@strawberry.type(
    description="When you may be disturbed, in your own zone. Quiet hours may go over midnight. own: you said so yourself, "
    "and not the org for all. budgetPerHour: null for no limit."
)
class AlertSettings:
    quiet_from: time | None
    quiet_to: time | None
    working_hours_only: bool
    digest_time: time
    budget_per_hour: int | None
    hold_in_visit: bool
    critical_always: bool
    own: bool


@strawberry.type(description='How you hear of a rule ("" for all not named) on a channel: now, digest or off.')
class AlertPreference:
    rule: str
    channel: str
    mode: str
