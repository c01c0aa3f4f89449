"""Quotas on the operator's pages."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelForm, ValidationError
from django.http import HttpRequest

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit.errors import DomainError
from backend.quotas import actions, queries, rules
from backend.quotas.actions import Asked
from backend.quotas.models import Quota
from backend.territories.coverage import people_seen

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Quota]
    FormBase = ModelForm[Quota]
else:
    Base, FormBase = admin.ModelAdmin, ModelForm


def _actor(request: HttpRequest) -> Actor | None:
    user = request.user
    return actor_of(user, None) if isinstance(user, User) and user.org_id is not None else None


class QuotaForm(FormBase):
    """One person's quota; an empty currency is the org's, or none for visits."""

    class Meta:
        model = Quota
        fields = ("user", "measure", "first_day", "last_day", "target", "currency")

    def clean(self) -> dict[str, Any]:
        """Refuses what makes no quota, in words."""
        told = super().clean() or self.cleaned_data
        try:
            if told.get("first_day") and told.get("last_day"):
                rules.check_days(told["first_day"], told["last_day"])
            if told.get("user") and told.get("target") is not None and told.get("measure"):
                of_org = told["user"].org.currency
                _, told["currency"] = rules.check_target(
                    rules.check_measure(told["measure"]), told["target"], told.get("currency") or None, of_org
                )
        except DomainError as refusal:
            raise ValidationError([f"{name}: {wrong}" for name, wrong in refusal.fields.items()]) from refusal
        return told


@admin.register(Quota)
class QuotaAdmin(Base):
    """The quotas that the operator sees; each is set and taken away by the operator, as in GraphQL."""

    form = QuotaForm
    list_display = ("user__username", "measure", "first_day", "last_day", "target", "currency")
    list_filter = ("measure",)
    ordering = ("-first_day", "user__username")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quota]:
        """Returns the quotas that the operator sees."""
        actor = _actor(request)
        return super().get_queryset(request).none() if actor is None else queries.quotas_seen(actor)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **named: Any) -> Any:
        """Offers the people whom the operator sees."""
        actor = _actor(request)
        named["queryset"] = User.objects.none() if actor is None else people_seen(actor)
        return super().formfield_for_foreignkey(db_field, request, **named)

    def save_model(self, request: HttpRequest, obj: Quota, form: Any, change: bool) -> None:
        """Sets the quota as the operator; one whose person or days change is another, and the former is taken away."""
        actor, told = _actor(request), form.cleaned_data
        if actor is None:
            raise PermissionDenied
        asked = Asked(told["measure"], told["first_day"], told["last_day"], told["target"], told["currency"] or None)
        try:
            if change and {"user", "measure", "first_day", "last_day"} & set(form.changed_data):
                actions.drop_quota(actor=actor, quota=Quota.objects.get(pk=obj.pk))
            [quota] = actions.set_quotas(actor=actor, people=[told["user"]], asked=asked)
        except DomainError as refusal:
            raise PermissionDenied(refusal.message) from refusal
        obj.pk = quota.pk

    def delete_model(self, request: HttpRequest, obj: Quota) -> None:
        """Takes the quota away as the operator."""
        actor = _actor(request)
        if actor is None:
            raise PermissionDenied
        try:
            actions.drop_quota(actor=actor, quota=obj)
        except DomainError as refusal:
            raise PermissionDenied(refusal.message) from refusal

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Quota]) -> None:
        """Takes those chosen away, each as the operator."""
        for quota in queryset:
            self.delete_model(request, quota)
