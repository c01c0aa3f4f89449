"""Alert rules on the operator's pages: each change is a new version, nothing is deleted."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm, ValidationError
from django.http import HttpRequest

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit.errors import DomainError
from backend.notifications.alerting import actions, queries, rules
from backend.notifications.alerting.actions import Wish
from backend.notifications.alerting.kinds.registry import KINDS, kind_of
from backend.notifications.alerting.models import SEVERITIES, AlertEpisode, AlertRule

if TYPE_CHECKING:
    Base = admin.ModelAdmin[AlertRule]
    EpisodeBase = admin.ModelAdmin[AlertEpisode]
    FormBase = ModelForm[AlertRule]
else:
    Base = EpisodeBase = admin.ModelAdmin
    FormBase = ModelForm


def _actor(request: HttpRequest) -> Actor | None:
    user = request.user
    return actor_of(user, None) if isinstance(user, User) and user.org_id is not None else None


class AlertRuleForm(FormBase):
    """A rule together with what it says; what is refused is said at its field. Empty fields are as the kind says."""

    kind = forms.ChoiceField(choices=[(name, f"{name}: {kind.summary}") for name, kind in KINDS.items()])
    parameters = forms.JSONField(required=False)
    hears = forms.JSONField(
        required=False, help_text='{"rep": true, "managers": "all | direct | none", "named": [ids]}'
    )
    severity = forms.ChoiceField(choices=[("", "as its kind"), *SEVERITIES], required=False)
    keeps_minutes = forms.IntegerField(required=False)
    escalate_minutes = forms.IntegerField(
        required=False, help_text="Unread so long, it goes to the manager. Empty: never."
    )

    class Meta:
        model = AlertRule
        fields = ("kind", "name", "enabled")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if not self.instance._state.adding:
            version = queries.version_of(self.instance)
            for name in ("parameters", "hears", "severity", "keeps_minutes", "escalate_minutes"):
                self.fields[name].initial = getattr(version, name)
            self.fields["kind"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Refuses what makes no rule, in words at the field."""
        told = super().clean() or self.cleaned_data
        try:
            if "kind" in told:
                rules.check_values(kind_of(told["kind"]), told.get("parameters") or {})
            if told.get("hears"):
                rules.check_hears(told["hears"])
            for name in ("keeps_minutes", "escalate_minutes"):
                if told.get(name) is not None:
                    rules.check_minutes(told[name], name)
        except DomainError as refusal:
            raise ValidationError([f"{name}: {wrong}" for name, wrong in refusal.fields.items()]) from refusal
        return told


@admin.register(AlertRule)
class AlertRuleAdmin(Base):
    """The rules of the operator's own org."""

    form = AlertRuleForm
    list_display = ("name", "kind", "enabled", "branch", "number", "began_at")
    list_filter = ("kind", "enabled")
    ordering = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertRule]:
        """Returns the rules that the operator sees."""
        actor = _actor(request)
        if actor is None or not actor.leads:
            return super().get_queryset(request).none()
        return queries.rules_seen(actor).select_related("branch")

    def has_delete_permission(self, request: HttpRequest, obj: AlertRule | None = None) -> bool:
        """A rule is switched off: what was told under it stays explained."""
        return False

    def save_model(self, request: HttpRequest, obj: AlertRule, form: Any, change: bool) -> None:
        """Makes the rule, or its next version, as the operator."""
        actor, told = _actor(request), form.cleaned_data
        if actor is None:
            raise PermissionDenied
        wish = Wish(
            parameters=told["parameters"] or None,
            hears=told["hears"] or None,
            severity=told["severity"] or None,
            keeps_minutes=told["keeps_minutes"],
            escalate_minutes=told["escalate_minutes"],
            never_escalate=told["escalate_minutes"] is None,
        )
        said = {"parameters", "hears", "severity", "keeps_minutes", "escalate_minutes"} & set(form.changed_data)
        try:
            if change:
                rule = queries.rule_for(actor, obj.pk)
                rule = actions.edit_rule(actor=actor, rule=rule, name=told["name"], wish=wish if said else None)
                rule = actions.switch_rule(actor=actor, rule=rule, enabled=told["enabled"])
            else:
                rule = actions.create_rule(
                    actor=actor,
                    kind=told["kind"],
                    name=told["name"],
                    branch=queries.branch_for(actor, None),
                    wish=wish,
                    enabled=told["enabled"],
                )
        except DomainError as refusal:
            raise PermissionDenied(refusal.message) from refusal
        obj.pk, obj.key, obj.number = rule.pk, rule.key, rule.number


@admin.register(AlertEpisode)
class AlertEpisodeAdmin(EpisodeBase):
    """What the rules noticed; only to look at."""

    list_display = ("rule", "subject_entity", "subject_id", "opened_at", "closed_at", "told", "quiet")
    list_select_related = ("rule",)
    list_filter = ("quiet",)
    ordering = ("-opened_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertEpisode]:
        """Returns the episodes of the operator's org."""
        actor = _actor(request)
        found = super().get_queryset(request)
        return found.none() if actor is None else found.filter(rule__org_id=actor.org_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AlertEpisode | None = None) -> bool:
        """Nor changes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AlertEpisode | None = None) -> bool:
        """Nor takes it away."""
        return False
