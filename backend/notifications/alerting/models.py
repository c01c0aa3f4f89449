"""Alert rules as data, each version of them, and every crossing they noticed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.kit.ids import new_id

USER = settings.AUTH_USER_MODEL
SEVERITIES = [(one, one) for one in ("critical", "high", "normal", "low")]


class AlertRule(models.Model):
    """What somebody wants to be told of. What it says stands in its versions; `number` is the one in force.

    `branch`: whose coverage it keeps to, None for the whole org. `began_at`: what crossed before it is no news of this rule.
    A rule is switched off, never deleted: what was told under it stays explained."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=60, help_text="Never changes; notifications carry it.")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    branch = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    enabled = models.BooleanField(default=True)
    began_at = models.DateTimeField()
    number = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "key"], name="alert_rule_key_unique")]
        indexes = [models.Index(fields=["org", "created_at"], name="alert_rule_by_org")]

    def __str__(self) -> str:
        return self.name


class AlertRuleVersion(models.Model):
    """What a rule said from `made_at` on; append-only, held so by a database trigger.

    `hears`: {"rep": bool, "managers": "all" | "direct" | "none", "named": [user ids]}. Minutes: how long a phone may still be
    disturbed, and after how long unread it goes to the manager (None: never)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    parameters = models.JSONField()
    hears = models.JSONField()
    severity = models.CharField(max_length=8, choices=SEVERITIES)
    keeps_minutes = models.PositiveIntegerField()
    escalate_minutes = models.PositiveIntegerField(null=True, blank=True)
    made_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="alert_version_number")]

    def __str__(self) -> str:
        return f"version {self.number}"


class Quiet(models.TextChoices):
    """Why nobody was told of a crossing that was noticed."""

    NO = "", "told"
    OVER = "over", "over when it was noticed"
    OLD = "old", "too long ago to be news"
    NOBODY = "nobody", "nobody to tell who may see it"


class AlertEpisode(models.Model):
    """One crossing by one subject under one rule, from when it opened until its own threshold closed it.

    `episode`: names the fact by which it opened. `told`: how many people heard. `moment`: what it tells happened once, and so
    stays true when it is over."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="episodes", db_index=False)
    version = models.ForeignKey(AlertRuleVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_entity = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    root_id = models.UUIDField()
    episode = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    noticed_at = models.DateTimeField()
    event_id = models.BigIntegerField(null=True, blank=True)
    moment = models.BooleanField(default=False, db_default=False)
    told = models.PositiveIntegerField(default=0)
    quiet = models.CharField(max_length=6, choices=Quiet.choices, default=Quiet.NO, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "subject_id", "episode"], name="alert_episode_once"),
            models.UniqueConstraint(
                fields=["rule", "subject_id"], condition=Q(closed_at=None), name="alert_episode_one_open"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")), name="alert_episode_span"
            ),
        ]
        indexes = [models.Index(fields=["rule", "-opened_at"], name="alert_episode_by_rule")]

    def __str__(self) -> str:
        return f"{self.subject_entity} {self.subject_id} {self.episode}"
