"""The base row of everything that reaches a phone: client-made id, org, version, soft deletion."""

from django.db import models

from backend.kit.errors import Conflict
from backend.kit.ids import new_id


class Row(models.Model):
    """A synced row. `version` and `updated_at` are raised by a database trigger on every update, whoever makes it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    version = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def check_seen(version: int, base: int | None) -> None:
    """Refuses a change made on another version than the one that stands; `base` None: the caller makes no such claim."""
    if base is not None and base != version:
        raise Conflict(
            "EDITED_MEANWHILE", "Somebody changed this meanwhile; look again.", fields={"baseVersion": f"is {version}"}
        )
