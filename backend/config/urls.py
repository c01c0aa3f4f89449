"""What Django itself answers: the operator's pages. GraphQL and health have their own doors (see asgi.py)."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from backend.config.admin_door import CountedForm

admin.site.login_form = CountedForm
urlpatterns: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]
