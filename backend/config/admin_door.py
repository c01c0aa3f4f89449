"""Signing in to the operator's pages: tried as often as over GraphQL, and counted with it."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from backend.identity import attempts
from backend.kit.errors import Busy


class CountedForm(AdminAuthenticationForm):
    """Asks for name and password; after too many wrong ones from an address even the right one must wait."""

    def clean(self) -> dict[str, Any]:
        """Checks them; raises ValidationError."""
        name, address = self.cleaned_data.get("username"), ""
        if self.request is not None:
            address = str(self.request.META.get("REMOTE_ADDR", ""))
        if name:
            try:
                attempts.begin(name, address)
            except Busy as busy:
                raise ValidationError(busy.message, code=busy.code) from busy
        cleaned: dict[str, Any] = super().clean()
        if name:
            attempts.succeeded(name, address)
        return cleaned
