"""A person has one name for others, whether Python or SQL asks for it."""

from django.db import connection

from backend.identity.models import User
from backend.notifications.alerting.kinds.base import WHO
from tests.factories.world import World


def test_who_has_no_full_name_is_shown_by_the_name_they_sign_in_with(field: World) -> None:
    User.objects.filter(pk=field.cy.pk).update(full_name="")
    shown = {one.pk: one.name_shown for one in User.objects.all()}
    assert (shown[field.ana.pk], shown[field.cy.pk]) == ("Ana", "cy")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT u.id, {WHO.format('u')} FROM identity_user u")
        assert dict(cursor.fetchall()) == shown
