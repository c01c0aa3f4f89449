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
    origin = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="pictures",
        db_index=False,
        null=True,
        blank=True,
        help_text="In an archived model: the territory that lives on, of which this shows how it was.",
    )

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
            # Who sees an account is asked of it alone, for each account of a list.
            models.Index(
                fields=["account", "valid_from"],
                include=["territory", "valid_to", "deleted_at"],
                name="account_territory_seen",
            ),
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


class AlignmentState(models.TextChoices):
    """draft → scheduled → moving → settling → done; scheduled → draft when it is called off; draft → discarded."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    MOVING = "moving"
    SETTLING = "settling"
    DONE = "done"
    DISCARDED = "discarded"


class LaterVisits(models.TextChoices):
    """What becomes of planned visits that lie further ahead than `keep_days`, where the account goes to somebody else."""

    SUGGEST = "suggest"
    REASSIGN = "reassign"
    KEEP = "keep"


class Alignment(models.Model):
    """A change of territories: planned against the active model, looked at, activated at an instant, and taken back by another.

    `plan`: what is to be other than it is (alignment.plan); the draft's own `model` becomes the active one. `branch`: whose
    people and territories it keeps to, None for the whole org. `digest` and `figures`: what the last look at it found, and
    `asked_digest` what had been seen when it was activated. `effective_at`: the instant from which the new spans run.
    `report`: what was done, as a rollback needs it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    model = models.OneToOneField(TerritoryModel, on_delete=models.PROTECT, related_name="alignment")
    branch = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, related_name="undone_by", null=True, blank=True)
    plan = models.JSONField(default=dict)
    revision = models.IntegerField(default=0)
    keep_manual = models.BooleanField(default=True, help_text="Accounts placed by hand stay where they were placed.")
    tidy = models.BooleanField(default=False, help_text="Move also those that the rules would place elsewhere already.")
    keep_days = models.PositiveSmallIntegerField(default=7)
    later_visits = models.CharField(max_length=8, choices=LaterVisits.choices, default=LaterVisits.SUGGEST)
    note = models.CharField(max_length=500, blank=True, help_text="Why.")
    state = models.CharField(max_length=9, choices=AlignmentState.choices, default=AlignmentState.DRAFT)
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    figures = models.JSONField(default=dict)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    asked_digest = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    begins_at = models.DateTimeField(
        null=True, blank=True, help_text="When the worker begins, so as to be ready in time."
    )
    effective_at = models.DateTimeField(null=True, blank=True)
    total = models.IntegerField(default=0)
    moved = models.IntegerField(default=0)
    passed = models.IntegerField(
        default=0, help_text="Accounts that somebody moved in the last moment: they stay there."
    )
    report = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org"], condition=Q(state__in=["moving", "settling"]), name="one_alignment_under_way"
            ),
            models.UniqueConstraint(
                fields=["undoes"], condition=~Q(state="discarded"), name="alignment_taken_back_once"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "moving", "settling", "done"]) | Q(due_at__isnull=False),
                name="alignment_asked_has_time",
            ),
        ]
        indexes = [models.Index(fields=["org", "created_at"], name="alignment_by_org")]


class AlignmentPlacement(models.Model):
    """An account that a draft names: it goes to `territory_id`, None for nowhere. A list of ids, which no merge rewrites."""

    id = models.BigAutoField(primary_key=True)
    alignment = models.ForeignKey(Alignment, on_delete=models.CASCADE, related_name="placements", db_index=False)
    account_id = models.UUIDField()
    role = models.CharField(max_length=8, choices=TerritoryRole.choices, default=TerritoryRole.PRIMARY)
    territory_id = models.UUIDField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=AssignmentSource.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alignment", "account_id", "role"], name="alignment_places_once"),
        ]


class AlignmentMoveState(models.TextChoices):
    """planned → done | passed."""

    PLANNED = "planned"
    DONE = "done"
    PASSED = "passed"


class AlignmentMove(models.Model):
    """An account that an alignment takes from one territory into another; None: it lies nowhere before, or after.

    `why`: listed, pinned, heir (its territory closes), rule, geometry, or nothing (nothing claims it). `span_id`: the span
    that it was given."""

    id = models.BigAutoField(primary_key=True)
    alignment = models.ForeignKey(Alignment, on_delete=models.CASCADE, related_name="moves", db_index=False)
    account_id = models.UUIDField()
    role = models.CharField(max_length=8, choices=TerritoryRole.choices, default=TerritoryRole.PRIMARY)
    from_territory_id = models.UUIDField(null=True, blank=True)
    to_territory_id = models.UUIDField(null=True, blank=True)
    from_source = models.CharField(max_length=8, blank=True)
    to_source = models.CharField(max_length=8, blank=True)
    why = models.CharField(max_length=8)
    state = models.CharField(
        max_length=7, choices=AlignmentMoveState.choices, default=AlignmentMoveState.PLANNED, db_default="planned"
    )
    span_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alignment", "account_id", "role"], name="alignment_moves_once"),
        ]
        indexes = [
            models.Index(
                fields=["alignment", "from_territory_id", "to_territory_id", "account_id"],
                name="alignment_move_by_pair",
            ),
            models.Index(fields=["alignment", "id"], condition=Q(state="planned"), name="alignment_move_waiting"),
        ]


class AlignmentEntry(models.Model):
    """Who did what with an alignment, and when; never changed."""

    id = models.BigAutoField(primary_key=True)
    alignment = models.ForeignKey(Alignment, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=20)
    detail = models.CharField(max_length=500, blank=True)


class VisitFate(models.TextChoices):
    """kept by its rep | reassigned to the new one | suggested: called off, and due again for the new one; by a rollback,
    returned to the rep who had it | renewed: planned again for them."""

    KEPT = "kept"
    REASSIGNED = "reassigned"
    SUGGESTED = "suggested"
    RETURNED = "returned"
    RENEWED = "renewed"


class AlignmentVisit(models.Model):
    """What an alignment made of a planned visit (planning.realign): a list of ids, which no merge rewrites.

    `rep_id` had it, `taker_id` has it afterwards. `done`: it was so; False: somebody had begun or moved it. `made_id`: what
    stands for it since, a visit or a share of the account."""

    id = models.BigAutoField(primary_key=True)
    alignment = models.ForeignKey(Alignment, on_delete=models.CASCADE, related_name="visits", db_index=False)
    visit_id = models.UUIDField()
    account_id = models.UUIDField()
    rep_id = models.UUIDField()
    taker_id = models.UUIDField()
    fate = models.CharField(max_length=10, choices=VisitFate.choices)
    done = models.BooleanField(null=True)
    made_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alignment", "visit_id"], name="alignment_visit_once")]


class AlignmentAppointment(models.Model):
    """What an alignment made of an appointment about an account (planning.realign), as of a visit: kept, reassigned, returned.

    What of it begins from `since` on goes to `taker_id`, but the times of a series in `stays` (ISO instants), at which that person
    has something else. `made_id` and `made_version`: the row that has it then; one that was
    changed since is not given back. `share_id`: by which the rep sees the account while they keep some of it."""

    id = models.BigAutoField(primary_key=True)
    alignment = models.ForeignKey(Alignment, on_delete=models.CASCADE, related_name="appointments", db_index=False)
    appointment_id = models.UUIDField()
    account_id = models.UUIDField()
    rep_id = models.UUIDField()
    taker_id = models.UUIDField()
    fate = models.CharField(max_length=10, choices=VisitFate.choices)
    since = models.DateTimeField()
    stays = models.JSONField(null=True, blank=True)
    done = models.BooleanField(null=True)
    made_id = models.UUIDField(null=True, blank=True)
    made_version = models.BigIntegerField(null=True, blank=True)
    share_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alignment", "appointment_id"], name="alignment_appointment_once")
        ]
