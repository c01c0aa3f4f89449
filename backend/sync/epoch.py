"""The life of this database: a restore must begin a new one, so that every device starts from what is really here."""

from backend.kit.ids import new_id
from backend.sync.models import Epoch


def current() -> str:
    """Returns the epoch as text; a database without one begins its first."""
    return str(Epoch.objects.get_or_create()[0].epoch)


def renew() -> str:
    """Begins a new epoch (after a restore) and returns it."""
    Epoch.objects.update_or_create(defaults={"epoch": new_id()})
    return current()
