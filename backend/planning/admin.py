"""The weights on the operator's pages: a version is added, never changed."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm, ValidationError
from django.http import HttpRequest

from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit.errors import DomainError
from backend.planning.models import PlanningWeights
from backend.planning.weighing import set_weights
from backend.planning.weights import checked

if TYPE_CHECKING:
    Base = admin.ModelAdmin[PlanningWeights]
    FormBase = ModelForm[PlanningWeights]
else:
    Base, FormBase = admin.ModelAdmin, ModelForm


class WeightsForm(FormBase):
    """Refuses weights that are none, in words at the field."""

    class Meta:
        model = PlanningWeights
        fields = ("points", "note")

    def clean_points(self) -> dict[str, Any]:
        """Returns the points as they may be kept."""
        try:
            return checked(self.cleaned_data["points"] or {})
        except DomainError as refusal:
            raise ValidationError([f"{name}: {wrong}" for name, wrong in refusal.fields.items()]) from refusal


@admin.register(PlanningWeights)
class PlanningWeightsAdmin(Base):
    """The versions of the operator's own org."""

    form = WeightsForm
    list_display = ("version", "note", "created_by", "created_at")
    ordering = ("-version",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlanningWeights]:
        """Returns the versions of the operator's org."""
        found = super().get_queryset(request)
        org = request.user.org_id if isinstance(request.user, User) else None
        return found.none() if org is None else found.filter(org_id=org)

    def has_change_permission(self, request: HttpRequest, obj: PlanningWeights | None = None) -> bool:
        """A version that plans carry stays what it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PlanningWeights | None = None) -> bool:
        """Nor does it go."""
        return False

    def save_model(self, request: HttpRequest, obj: PlanningWeights, form: Any, change: bool) -> None:
        """Adds a version as the operator."""
        user = request.user
        if not isinstance(user, User) or user.org_id is None:
            raise PermissionDenied
        try:
            made = set_weights(actor=actor_of(user, None), points=obj.points, note=obj.note)
        except DomainError as refusal:
            raise PermissionDenied(refusal.message) from refusal
        obj.pk, obj.version = made.pk, made.version
