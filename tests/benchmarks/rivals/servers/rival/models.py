# mypy: ignore-errors
# It is installed in the rivals' Django, not in ours.
"""Our tables, as a Django that does not manage them knows them."""

from django.db import models


class Account(models.Model):
    """The columns of ours that are read and a few more."""

    id = models.UUIDField(primary_key=True)
    org_id = models.UUIDField()
    number = models.CharField(max_length=40, null=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    tier = models.CharField(max_length=1)
    lifecycle = models.CharField(max_length=10)
    segment = models.CharField(max_length=100)
    phone = models.CharField(max_length=40)
    notes = models.TextField()
    consent = models.JSONField()
    visit_windows = models.JSONField()
    service_minutes = models.PositiveSmallIntegerField()
    boost = models.SmallIntegerField()
    tags = models.JSONField()
    displays = models.PositiveIntegerField()
    journal = models.TextField()
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "crm_account"


class Contact(models.Model):
    """A person at an account: a view of two tables of ours, so that the rivals need no third level."""

    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="contacts")
    role = models.CharField(max_length=60)
    is_primary = models.BooleanField()
    full_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    phone = models.CharField(max_length=40)

    class Meta:
        managed = False
        db_table = "bench_contact"
        ordering = ("-is_primary", "id")
