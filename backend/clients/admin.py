"""Builds and their documents on the operator's pages: looked at, and nothing else."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from backend.clients.models import ClientBuild, TrustedDocument

if TYPE_CHECKING:
    BuildAdminBase = admin.ModelAdmin[ClientBuild]
    DocumentAdminBase = admin.ModelAdmin[TrustedDocument]
else:
    BuildAdminBase, DocumentAdminBase = admin.ModelAdmin, admin.ModelAdmin


class _Looked:
    """Nothing is added, changed or deleted here: a build is what it was when it was added."""

    def has_add_permission(self, request: HttpRequest, *_: object) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: object) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: object) -> bool:
        return False


@admin.register(ClientBuild)
class ClientBuildAdmin(_Looked, BuildAdminBase):
    """Which builds there are."""

    list_display = ("app", "build", "added_at", "retired_at")
    list_filter = ("app",)
    ordering = ("-added_at",)
    fields = ("app", "build", "added_at", "retired_at")


@admin.register(TrustedDocument)
class TrustedDocumentAdmin(_Looked, DocumentAdminBase):
    """What they ask."""

    list_display = ("id", "text")
    search_fields = ("id", "text")
    ordering = ("id",)
