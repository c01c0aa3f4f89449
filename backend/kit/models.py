"""The base row of everything that reaches a phone: client-made id, org, version, soft deletion."""

from django.db import models

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
