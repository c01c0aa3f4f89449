"""When the next visit of an account is due."""

from datetime import date, timedelta


def due_on(last_visit: date | None, interval_days: int | None, *, known_since: date) -> date | None:
    """Returns the day of the next visit: last + interval, or the day the account became known if never seen.

    None: the account's tier has no call cycle, so nothing is ever due."""
    if interval_days is None:
        return None
    if last_visit is None:
        return known_since
    return last_visit + timedelta(days=interval_days)


def days_overdue(due: date | None, today: date) -> int:
    """Returns how many days the due day lies back; 0 when due today or later, or never."""
    return max(0, (today - due).days) if due else 0
