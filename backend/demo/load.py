"""Loads the demo: three real tenants, each whole or gone on with, none ever mixed with another."""

from collections.abc import Callable

from django.db import connection, transaction

from backend.demo import chicago, hardware, iowa
from backend.demo.people import PASSWORD
from backend.demo.steps import BEGUN, COMPLETE, Say, is_marked, mark
from backend.identity.models import Org, Role

TENANTS: dict[str, Callable[[Org | None, Say], Org]] = {
    iowa.SLUG: iowa.load,
    chicago.SLUG: chicago.load,
    hardware.SLUG: hardware.load,
}


def load_demo(report: Say) -> None:
    """Loads what is missing and tells each step; a tenant that is complete, or that is not the demo's own, is left alone.

    Raises Conflict IMPORT_RUNNING or DEMO_DATA."""
    for slug, load in TENANTS.items():
        org = Org.objects.filter(slug=slug).first()
        if org is not None and (not is_marked(org, BEGUN) or is_marked(org, COMPLETE)):
            continue
        loaded = load(org, report)
        with transaction.atomic():
            mark(loaded, COMPLETE)
        # Tables filled a moment ago have no statistics yet, and the first people to look would wait for it.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def wants_loading() -> bool:
    """Says whether a first start should load: there is no org at all, or a load of the demo was cut short."""
    orgs = list(Org.objects.all())
    return not orgs or (any(is_marked(org, BEGUN) for org in orgs) and not _whole(orgs))


def _whole(orgs: list[Org]) -> bool:
    return {org.slug for org in orgs if is_marked(org, COMPLETE)} >= set(TENANTS)


def sign_ins() -> list[tuple[str, str, str, str]]:
    """Returns (tenant, name, role, password) of the people to try first, of those tenants that are there."""
    there = dict(Org.objects.filter(slug__in=TENANTS).values_list("slug", "name"))
    people = {
        iowa.SLUG: [(one.username, one.role) for one in iowa.PEOPLE],
        chicago.SLUG: [("chi_purple", Role.REP), ("chi_mia", Role.MANAGER), ("chi_max", Role.ADMIN)],
        hardware.SLUG: [
            ("hw_darcel_schlecht", Role.REP),
            ("hw_melvin_marxen", Role.MANAGER),
            ("hw_max", Role.ADMIN),
        ],
    }
    return [
        (there[slug], username, role.value, PASSWORD)
        for slug, of_tenant in people.items()
        if slug in there
        for username, role in of_tenant
    ]
