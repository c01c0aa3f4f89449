"""Merges on the operator's pages: looked at, made, and taken back; never edited."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit.errors import DomainError
from backend.merging.actions import merge_accounts, undo_merge
from backend.merging.models import AccountMerge
from backend.merging.queries import preview

if TYPE_CHECKING:
    MergeFormBase = ModelForm[AccountMerge]
    MergeAdminBase = admin.ModelAdmin[AccountMerge]
else:
    MergeFormBase, MergeAdminBase = ModelForm, admin.ModelAdmin


def _actor(request: HttpRequest) -> Actor | None:
    """Returns whom the operator acts as: one who belongs to no org looks, and merges nothing."""
    user = request.user
    return actor_of(user, None) if isinstance(user, User) and user.org_id is not None else None


class MergeForm(MergeFormBase):
    """Two accounts; refuses what the merge would refuse, before it is made."""

    actor: Actor | None = None

    class Meta:
        model = AccountMerge
        fields = ("loser", "winner")

    def clean(self) -> dict[str, Any]:
        """Returns what was given; raises ValidationError."""
        given: dict[str, Any] = super().clean() or {}
        if self.actor is not None and "loser" in given and "winner" in given:
            try:
                preview(actor=self.actor, loser=given["loser"], winner=given["winner"], choices={})
            except DomainError as error:
                raise ValidationError(f"{error.message} ({error.code})") from error
        return given


@admin.register(AccountMerge)
class AccountMergeAdmin(MergeAdminBase):
    """The merges of the operator's own org."""

    form = MergeForm
    raw_id_fields = ("loser", "winner")
    list_display = ("loser__name", "winner__name", "merged_by", "merged_at", "undone_by", "undone_at")
    list_select_related = ("loser", "winner", "merged_by", "undone_by")
    ordering = ("-merged_at",)
    actions = ("undo",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountMerge]:
        """Returns the merges of the operator's org."""
        actor = _actor(request)
        rows = super().get_queryset(request)
        return rows.none() if actor is None else rows.filter(org_id=actor.org_id)

    def get_form(
        self, request: HttpRequest, obj: AccountMerge | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Returns the form, which judges as the operator."""
        made: Any = super().get_form(request, obj, change, **kwargs)
        made.actor = _actor(request)
        return made

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Says that operators who belong to an org may merge in it."""
        return _actor(request) is not None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: AccountMerge | None = None) -> bool:
        """A merge is taken back, not edited."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: AccountMerge | None = None) -> bool:
        """What was merged stays known."""
        return False

    def save_model(self, request: HttpRequest, obj: AccountMerge, form: Any, change: bool) -> None:
        """Merges."""
        actor = _actor(request)
        assert actor is not None
        done = merge_accounts(actor=actor, loser=obj.loser, winner=obj.winner)
        obj.pk = done.pk

    @admin.action(description="Undo the merge", permissions=["change"])
    def undo(self, request: HttpRequest, chosen: QuerySet[AccountMerge]) -> None:
        """Takes merges back, the latest first, and says of each whether it went."""
        actor = _actor(request)
        if actor is None:
            return
        for merge in chosen.order_by("-merged_at"):
            try:
                undone = undo_merge(actor=actor, merge=merge)
            except DomainError as error:
                self.message_user(request, f"{merge.loser.name}: {error.message}", messages.ERROR)
            else:
                left = f"; changed since and left: {', '.join(undone.left_as_is)}" if undone.left_as_is else ""
                self.message_user(request, f"{merge.loser.name} stands again{left}.")
