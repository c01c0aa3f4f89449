"""Who leads whom, of many people at once."""

from pytest_django import DjangoAssertNumQueries

from backend.identity.models import User
from backend.identity.queries import managers_above
from tests.factories.world import World


def test_the_nearest_comes_first_and_who_left_is_passed_over(
    field: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert managers_above({field.ana.pk, field.ben.pk, field.dee.pk}) == {
            field.ana.pk: [field.ben.pk, field.dee.pk],
            field.ben.pk: [field.dee.pk],
        }
    User.objects.filter(pk=field.ben.pk).update(is_active=False)
    assert managers_above([field.ana.pk]) == {field.ana.pk: [field.dee.pk]}


def test_a_circle_ends(field: World) -> None:
    """The rules refuse it; should it stand in the tables all the same, nobody leads themselves."""
    User.objects.filter(pk=field.dee.pk).update(manager=field.ana)
    assert managers_above([field.ana.pk]) == {field.ana.pk: [field.ben.pk, field.dee.pk]}
    assert managers_above([]) == {}
