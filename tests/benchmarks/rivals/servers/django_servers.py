# mypy: ignore-errors
# ruff: noqa: INP001
# It runs in the rivals' environment, which has what ours has not.
"""A Django of its own over the same tables, with models that it does not manage: strawberry-django with its optimizer at
/graphql, and a view as one writes it at /account. No middleware: that is in their favour."""

import os

import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="only for a benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["strawberry_django", "channels", "rival"],
    MIDDLEWARE=[],
    USE_TZ=True,
    STRAWBERRY_DJANGO={"PAGINATION_MAX_LIMIT": 100_000},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PGDATABASE"],
            "USER": os.environ["PGUSER"],
            "HOST": os.environ["PGHOST"],
            "OPTIONS": {"application_name": os.environ["PGAPPNAME"], "pool": {"min_size": 4, "max_size": 16}},
        }
    },
)
django.setup()

from uuid import UUID  # noqa: E402

import strawberry  # noqa: E402
import strawberry_django  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from rival.models import Account, Contact  # noqa: E402
from strawberry.django.views import AsyncGraphQLView  # noqa: E402
from strawberry_django.optimizer import DjangoOptimizerExtension  # noqa: E402


@strawberry_django.type(Contact, name="Contact")
class ContactType:
    """A person."""

    id: UUID
    role: strawberry.auto
    is_primary: strawberry.auto
    full_name: strawberry.auto
    email: strawberry.auto
    phone: strawberry.auto


@strawberry_django.type(Account, name="Account")
class AccountType:
    """A customer."""

    id: UUID
    number: strawberry.auto
    name: strawberry.auto
    kind: strawberry.auto
    tier: strawberry.auto
    lifecycle: strawberry.auto
    segment: strawberry.auto
    phone: strawberry.auto
    notes: strawberry.auto
    service_minutes: strawberry.auto
    boost: strawberry.auto
    displays: strawberry.auto
    journal: strawberry.auto
    version: strawberry.auto
    updated_at: strawberry.auto
    contacts: list[ContactType]


@strawberry_django.filter_type(Account)
class AccountFilter:
    """Whose accounts."""

    org_id: UUID


@strawberry_django.order_type(Account)
class AccountOrder:
    """By name, then id."""

    name: strawberry.auto
    id: strawberry.auto


@strawberry.type
class Query:
    """Accounts, and one by its id, all by the library's own means."""

    accounts: list[AccountType] = strawberry_django.field(pagination=True, filters=AccountFilter, ordering=AccountOrder)

    @strawberry_django.field
    def account(self, id: UUID) -> AccountType:
        """Reads one."""
        return Account.objects.filter(deleted_at=None).get(pk=id)


schema = strawberry.Schema(query=Query, extensions=[DjangoOptimizerExtension])
ONE = ("id", "number", "name", "kind", "tier", "lifecycle", "segment", "phone", "service_minutes", "version")


def one_account(request):
    """What one writes without GraphQL."""
    row = Account.objects.only(*ONE).get(pk=request.GET["id"], deleted_at=None)
    return JsonResponse({name: getattr(row, name) for name in ONE})


urlpatterns = [
    path("graphql", csrf_exempt(AsyncGraphQLView.as_view(schema=schema))),
    path("account", one_account),
]
app = get_asgi_application()
