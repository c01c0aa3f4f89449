"""The inbox on the operator's pages: looked at and settled; never edited."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit.errors import DomainError
from backend.sync.actions import resolve_issue
from backend.sync.models import IssueState, Resolution, SyncIssue
from backend.sync.queries import issues_seen

if TYPE_CHECKING:
    IssueAdminBase = admin.ModelAdmin[SyncIssue]
else:
    IssueAdminBase = admin.ModelAdmin


def _actor(request: HttpRequest) -> Actor | None:
    """Returns whom the operator acts as: one who belongs to no org sees nobody's inbox."""
    user = request.user
    return actor_of(user, None) if isinstance(user, User) and user.org_id is not None else None


@admin.register(SyncIssue)
class SyncIssueAdmin(IssueAdminBase):
    """The issues of those whom the operator sees."""

    list_display = ("created_at", "user", "name", "kind", "code", "state", "resolution", "resolved_by")
    list_filter = ("state", "kind", "code")
    list_select_related = ("user", "resolved_by")
    ordering = ("-created_at",)
    actions = ("try_again", "write_wanted", "put_away")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncIssue]:
        """Returns the issues that the operator may see."""
        actor = _actor(request)
        return SyncIssue.objects.none() if actor is None else issues_seen(actor)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Phones make issues."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: SyncIssue | None = None) -> bool:
        """An issue is settled, not edited."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: SyncIssue | None = None) -> bool:
        """What a person wanted stays known."""
        return False

    @admin.action(description="Try again", permissions=["change"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[SyncIssue]) -> None:
        """Does once more what they are about."""
        self._settle(request, chosen, Resolution.RETRY)

    @admin.action(description="Write what the phone wanted", permissions=["change"])
    def write_wanted(self, request: HttpRequest, chosen: QuerySet[SyncIssue]) -> None:
        """Writes what the phone wanted over what stands."""
        self._settle(request, chosen, Resolution.KEEP_MINE)

    @admin.action(description="Put away", permissions=["change"])
    def put_away(self, request: HttpRequest, chosen: QuerySet[SyncIssue]) -> None:
        """Lets what stands stand."""
        self._settle(request, chosen, Resolution.DISCARD)

    def _settle(self, request: HttpRequest, chosen: QuerySet[SyncIssue], action: Resolution) -> None:
        actor = _actor(request)
        if actor is None:
            return
        for issue in chosen.order_by("created_at"):
            about = f"{issue.name} ({issue.user})"
            try:
                settled = resolve_issue(actor=actor, issue=issue, action=action)
            except DomainError as error:
                self.message_user(request, f"{about}: {error.message}", messages.ERROR)
                continue
            if settled.state == IssueState.OPEN:
                self.message_user(request, f"{about}: {settled.message} ({settled.code})", messages.WARNING)
            else:
                self.message_user(request, f"{about}: {settled.state}.")
