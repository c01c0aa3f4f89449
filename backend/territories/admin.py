"""Changes of territories on the operator's pages: looked at, and never edited."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.identity.models import Role, User
from backend.identity.tokens import actor_of
from backend.territories.alignment.queries import alignments_seen
from backend.territories.models import Alignment, AlignmentEntry

if TYPE_CHECKING:
    AlignmentAdminBase = admin.ModelAdmin[Alignment]
    EntryInlineBase = admin.TabularInline[AlignmentEntry, Alignment]
else:
    AlignmentAdminBase = admin.ModelAdmin
    EntryInlineBase = admin.TabularInline

LEADERS = (Role.MANAGER, Role.ADMIN)


class EntryInline(EntryInlineBase):
    """Who did what, and when."""

    model = AlignmentEntry
    fields = readonly_fields = ("at", "by", "what", "detail")
    ordering = ("id",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Alignment | None = None) -> bool:
        """The record writes itself."""
        return False


@admin.register(Alignment)
class AlignmentAdmin(AlignmentAdminBase):
    """The drafts, and what became of them, that the operator may see."""

    list_display = (
        "model_name",
        "state",
        "created_by",
        "created_at",
        "due_at",
        "effective_at",
        "total",
        "moved",
        "passed",
    )
    list_filter = ("state",)
    ordering = ("-created_at",)
    list_select_related = ("model", "created_by")
    fields = readonly_fields = (
        *("model_name", "state", "note", "branch", "undoes", "created_by", "created_at", "asked_by", "due_at"),
        *(
            "effective_at",
            "finished_at",
            "total",
            "moved",
            "passed",
            "keep_manual",
            "tidy",
            "keep_days",
            "later_visits",
        ),
        "plan",
    )
    inlines = (EntryInline,)

    @admin.display(description="name")
    def model_name(self, alignment: Alignment) -> str:
        """Returns the name of the model that it makes the active one."""
        return alignment.model.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alignment]:
        """Returns those of the operator's org and branch; who belongs to no org, or leads nobody, sees none."""
        user = request.user
        if not isinstance(user, User) or user.org_id is None or user.role not in LEADERS:
            return Alignment.objects.none()
        return alignments_seen(actor_of(user, None))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A draft is begun through GraphQL, which knows whose it is."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Alignment | None = None) -> bool:
        """It is edited there too."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Alignment | None = None) -> bool:
        """What was done stays on record."""
        return False
