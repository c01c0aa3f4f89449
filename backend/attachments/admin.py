"""What an operator sees of attachments: all that is written down of them, and nothing to change."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.attachments.models import Attachment, Blob, Upload
from backend.identity.models import User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnly(ModelAdmin):
    """Pages on which nothing is added, changed or deleted. An operator who belongs to an org sees that one's alone."""

    org = "org"
    """The way to the org."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Returns the rows that the operator may see."""
        rows = super().get_queryset(request)
        user = request.user
        if not isinstance(user, User) or user.org_id is None:
            return rows
        return rows.filter(**{self.org: user.org_id})

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never."""
        return False


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly):
    """Attachments, newest first."""

    list_display = ("id", "org", "kind", "state", "reason", "size", "author", "account", "created_at", "deleted_at")
    list_filter = ("kind", "state", ("org", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("org", "author", "account")
    search_fields = ("id", "sha256")
    ordering = ("-created_at",)


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    """Uploads, the last touched first."""

    org = "attachment__org"

    list_display = ("id", "attachment", "user", "state", "offset", "size", "touched_at", "expires_at")
    list_filter = ("state",)
    ordering = ("-touched_at",)


@admin.register(Blob)
class BlobAdmin(ReadOnly):
    """Content, newest first."""

    list_display = ("id", "org", "mime_type", "size", "sha256", "has_thumbnail", "stored_at", "doomed_at")
    list_filter = ("mime_type", ("org", admin.RelatedOnlyFieldListFilter))
    ordering = ("-created_at",)
