"""What is kept about travel times: an engine's answers by cells, and how fast people really get on."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.kit.ids import new_id


class TravelCell(models.Model):
    """What an engine answered about the ways from one cell: targets int64, seconds and metres int32, of one length, as
    little-endian bytes. PostgreSQL does not log it: losing it costs only asking again."""

    engine = models.CharField(max_length=64, help_text="Which engine at which address, hashed.")
    cell = models.BigIntegerField()
    targets = models.BinaryField()
    seconds = models.BinaryField()
    metres = models.BinaryField()
    asked_at = models.DateTimeField(help_text="When the oldest of the answers came.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["engine", "cell"], name="travel_cell_once")]
        indexes = [models.Index(fields=["asked_at"], name="travel_cell_by_age")]

    def __str__(self) -> str:
        return f"{self.engine} {self.cell}"


class TravelProfile(models.Model):
    """One fit of the speed profile to the drives between visits; never changed, a newer one takes its place.

    `rep` empty: of the whole org. Errors are the median of |estimated - real| / real, in percent, on drives that the fit
    has not seen, without the caution; `error_before` is that of the profile in use until then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.CASCADE, related_name="+")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    scale = models.FloatField()
    exponent = models.FloatField()
    made_at = models.DateTimeField()
    first_day = models.DateField(help_text="UTC day of the first drive looked at.")
    last_day = models.DateField()
    drives = models.PositiveIntegerField(help_text="Gaps between two visits of a day that could be a drive.")
    pauses = models.FloatField(help_text="Share of them that were more than driving, as the fit judges it.")
    people = models.PositiveIntegerField()
    error_before = models.FloatField()
    error_after = models.FloatField()
    adopted = models.BooleanField(help_text="Whether plans rest on it: it estimates unseen drives better.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scale__gt=0, exponent__gt=0, exponent__lte=1), name="travel_profile_bounds"
            ),
        ]
        indexes = [
            models.Index(fields=["org", "rep", "-made_at"], condition=Q(adopted=True), name="travel_profile_in_use"),
            models.Index(fields=["org", "-made_at"], name="travel_profile_by_org"),
        ]

    def __str__(self) -> str:
        return f"{self.scale:.3f} * m ** {self.exponent:.3f}"

    @property
    def name(self) -> str:
        """What a plan says that its times rest on."""
        whose = "org" if self.rep_id is None else "rep"
        return f"{whose}-{self.made_at:%Y-%m-%d}-{self.pk.hex[-6:]}"
