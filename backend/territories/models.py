"""Territories, who works them, which accounts lie in them, and from when until when."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.crm.models import Account
from backend.kit.ids import new_id
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


class ModelState(models.TextChoices):
    """planning → active → archived."""

    PLANNING = "planning"
    ACTIVE = "active"
    ARCHIVED = "archived"


class TerritoryModel(Row):
    """One way to cut the field; at most one is active in an org."""

    name = models.CharField(max_length=100)
    state = models.CharField(max_length=8, choices=ModelState.choices, default=ModelState.PLANNING)
    activated_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org"], condition=Q(state="active"), name="one_active_model"),
            models.UniqueConstraint(fields=["org", "name"], name="territory_model_name"),
        ]


class Territory(Row):
    """A node of the hierarchy; `area` is a GeoJSON Polygon or MultiPolygon (longitude first) or nothing."""

    model = models.ForeignKey(TerritoryModel, on_delete=models.PROTECT, related_name="territories")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)
    name = models.CharField(max_length=100)
    area = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "territories"
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="territory_name_unique"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="territory_not_own_parent"),
        ]


class AssignmentRule(Row):
    """Accounts that meet `criteria` go to `territory`; the lowest `priority` number that matches wins."""

    model = models.ForeignKey(TerritoryModel, on_delete=models.PROTECT, related_name="rules")
    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="rules")
    priority = models.IntegerField()
    criteria = models.JSONField(help_text='{"postcode": ["50010"], "tier": ["A"], "segment": [..]}: all must hold.')

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "priority"], name="rule_priority_unique")]


class TerritoryRole(models.TextChoices):
    """In what role a person works a territory, or an account lies in it."""

    PRIMARY = "primary"
    OVERLAY = "overlay"


class Dated(Row):
    """A half-open span of time [valid_from, valid_to); valid_to None = until further notice."""

    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def _spans(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name=name)


class UserTerritory(Dated):
    """A person works a territory for a time."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="territories")
    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="users")
    role = models.CharField(max_length=8, choices=TerritoryRole.choices, default=TerritoryRole.PRIMARY)

    class Meta:
        constraints = [_spans("user_territory_span")]
        indexes = [models.Index(fields=["user", "valid_from"], name="user_territory_by_user")]


class AssignmentSource(models.TextChoices):
    """Why an account lies where it lies; a pin outranks everything."""

    RULE = "rule"
    GEOMETRY = "geometry"
    MANUAL = "manual"
    PIN = "pin"


class AccountTerritory(Dated):
    """An account lies in a territory for a time; history is closed, never rewritten."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="territories")
    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="accounts")
    role = models.CharField(max_length=8, choices=TerritoryRole.choices, default=TerritoryRole.PRIMARY)
    source = models.CharField(max_length=8, choices=AssignmentSource.choices)

    class Meta:
        constraints = [_spans("account_territory_span")]
        indexes = [
            models.Index(fields=["territory", "valid_from"], name="account_territory_by_terr"),
            models.Index(fields=["account", "valid_from"], name="account_territory_by_acc"),
            # Moving a whole territory asks again and again for those that still lie there.
            models.Index(
                fields=["territory"], condition=Q(valid_to=None, deleted_at=None), name="account_territory_open"
            ),
        ]


class AccountShare(Dated):
    """An account shown to one more person, commonly a partner."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="shares")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="shared_accounts")
    shared_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [_spans("account_share_span")]
        indexes = [models.Index(fields=["user"], name="account_share_by_user")]


class MoveState(models.TextChoices):
    """waiting → running → done."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


class TerritoryMove(models.Model):
    """All accounts of one territory on their way into another, some at a time: what was asked, and how far it is.

    `total`: how many lay there when it was asked; `moved`: how many were taken over; `pinned`: how many stay, as pinned."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=MoveState.choices, default=MoveState.WAITING)
    total = models.IntegerField()
    moved = models.IntegerField(default=0)
    pinned = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=~Q(state="done"), name="one_move_out_of_a_territory"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="territory_move_elsewhere"),
        ]
