"""Signing in, refreshing over a bad line, being cut off."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import jwt
import pytest

from backend.identity import actions, tokens
from backend.identity.models import Device, RefreshToken
from backend.kit import clock
from backend.kit.errors import DomainError, Invalid, NotFound, NotPermitted, Unauthenticated
from backend.kit.ids import new_id
from tests.factories.world import PASSWORD, World, acting, build

KEY = "k" * 32


def sign_in(username: str = "ana", password: str = PASSWORD, key: str = KEY) -> tokens.Session:
    """Signs in from one installation."""
    return actions.sign_in(username=username, password=password, install_key=key, name="Phone", platform="android")


def refusal(error: pytest.ExceptionInfo[DomainError]) -> str:
    """Returns the code."""
    return error.value.code


def test_a_session_names_user_org_role_and_device(field: World) -> None:
    session = sign_in()
    actor = tokens.authenticate(session.access_token)
    assert (actor.user_id, actor.org_id, actor.role, actor.device_id) == (
        field.ana.pk,
        field.org.pk,
        "rep",
        session.device.pk,
    )
    with pytest.raises(AttributeError):
        actor.role = "admin"  # type: ignore[misc, assignment]


def test_the_same_installation_is_the_same_device_and_a_reinstall_is_another(field: World) -> None:
    assert sign_in().device.pk == sign_in().device.pk
    assert sign_in(key="r" * 32).device.pk != sign_in().device.pk
    assert sign_in("cy").device.pk != sign_in().device.pk


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong"), ("nobody", PASSWORD), ("ana", ""), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_alike(field: World, name: str, password: str) -> None:
    with pytest.raises(Unauthenticated) as error:
        sign_in(name, password)
    assert refusal(error) == "BAD_CREDENTIALS"
    assert Device.objects.count() == 0


@pytest.mark.parametrize("key", ["", "short", "x" * 65])
def test_an_install_key_is_long_enough_to_be_ones_own(field: World, key: str) -> None:
    with pytest.raises(Invalid) as error:
        sign_in(key=key)
    assert (refusal(error), list(error.value.fields)) == ("INSTALL_KEY_LENGTH", ["installKey"])


def test_an_access_token_ends_after_five_minutes(field: World) -> None:
    session = sign_in()
    with clock.moved_to(clock.now() + timedelta(minutes=4, seconds=58)):
        tokens.authenticate(session.access_token)
    with clock.moved_to(clock.now() + timedelta(minutes=5, seconds=1)), pytest.raises(Unauthenticated) as error:
        tokens.authenticate(session.access_token)
    assert refusal(error) == "TOKEN_EXPIRED"


@pytest.mark.parametrize("forged", ["", "x.y.z", "none", "other key"])
def test_a_token_that_is_not_ours_is_refused(field: World, forged: str) -> None:
    claims = {"iss": "fieldbeat", "sub": str(field.dee.pk), "iat": 0, "exp": 2**31, "dev": None, "gen": None}
    text = {
        "none": jwt.encode(claims, "", algorithm="none"),
        "other key": jwt.encode(claims, "another secret, of thirty-two bytes", algorithm="HS256"),
    }.get(forged, forged)
    with pytest.raises(Unauthenticated) as error:
        tokens.authenticate(text)
    assert refusal(error) == "TOKEN_INVALID"


def test_a_refresh_token_works_once_and_its_successor_goes_on(field: World) -> None:
    first = sign_in()
    second = tokens.rotate(first.refresh_token)
    third = tokens.rotate(second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert tokens.authenticate(third.access_token).device_id == first.device.pk


def test_a_lost_refresh_reply_is_given_again_within_a_minute(field: World) -> None:
    first = sign_in()
    lost = tokens.rotate(first.refresh_token)
    again = tokens.rotate(first.refresh_token)
    assert again.refresh_token == lost.refresh_token
    tokens.rotate(again.refresh_token)


@pytest.mark.parametrize("how", ["a minute later", "after its successor was used"])
@pytest.mark.django_db(transaction=True)
def test_a_refresh_token_used_again_ends_the_chain_for_everybody(how: str) -> None:
    """Somebody has a copy: neither the thief nor the phone goes on, and the phone signs in again."""
    build()
    first = sign_in()
    second = tokens.rotate(first.refresh_token)
    later = clock.now()
    if how == "a minute later":
        later += timedelta(seconds=61)
    else:
        tokens.rotate(second.refresh_token)
    with clock.moved_to(later):
        with pytest.raises(Unauthenticated) as error:
            tokens.rotate(first.refresh_token)
        assert refusal(error) == "REFRESH_REUSED"
        for session in (first, second):
            with pytest.raises(Unauthenticated) as error:
                tokens.authenticate(session.access_token)
            assert refusal(error) == "TOKEN_INVALID"
        with pytest.raises(Unauthenticated):
            tokens.rotate(second.refresh_token)
        sign_in()


def test_refresh_tokens_are_kept_as_hashes_only(field: World) -> None:
    session = sign_in()
    assert session.refresh_token not in str(list(RefreshToken.objects.values()))


def test_a_revoked_device_ends_at_once_and_only_that_one(field: World) -> None:
    lost, kept = sign_in(), sign_in(key="o" * 32)
    actions.revoke_device(actor=acting(field.ana, kept.device), device_id=lost.device.pk, reason="left in a taxi")
    for use in (
        lambda: tokens.authenticate(lost.access_token),
        lambda: tokens.rotate(lost.refresh_token),
        sign_in,
    ):
        with pytest.raises(Unauthenticated) as error:
            use()
        assert refusal(error) in ("DEVICE_REVOKED", "TOKEN_INVALID")
    assert tokens.authenticate(kept.access_token).device_id == kept.device.pk
    assert not tokens.still_good(acting(field.ana, lost.device))
    assert tokens.still_good(acting(field.ana, kept.device))


def test_an_admin_revokes_any_device_of_the_org_and_others_only_their_own(field: World) -> None:
    device = sign_in().device
    for stranger in (field.cy, field.ben, field.zoe):
        with pytest.raises(NotFound) as error:
            actions.revoke_device(actor=acting(stranger), device_id=device.pk, reason="")
        assert refusal(error) == "DEVICE_NOT_FOUND"
    with pytest.raises(NotFound):
        actions.revoke_device(actor=acting(field.dee), device_id=new_id(), reason="")
    actions.revoke_device(actor=acting(field.dee), device_id=device.pk, reason="left the firm")
    device.refresh_from_db()
    assert device.revoked_reason == "left the firm"


def test_a_deactivated_person_is_out_at_once(field: World) -> None:
    session = sign_in()
    script = tokens.access_token_for("ana")
    with pytest.raises(NotPermitted):
        actions.deactivate_user(actor=acting(field.ben), user=field.ana)
    with pytest.raises(NotFound):
        actions.deactivate_user(actor=acting(field.zoe), user=field.ana)
    actions.deactivate_user(actor=acting(field.dee), user=field.ana)
    for token in (session.access_token, script):
        with pytest.raises(Unauthenticated):
            tokens.authenticate(token)
    with pytest.raises(Unauthenticated):
        tokens.rotate(session.refresh_token)
    with pytest.raises(Unauthenticated):
        sign_in()
    assert not tokens.still_good(acting(field.ana, session.device))


def test_signing_out_ends_the_tokens_and_keeps_the_device(field: World) -> None:
    session = sign_in()
    caller = tokens.authenticate(session.access_token)
    assert tokens.still_good(caller)
    actions.sign_out(actor=caller)
    assert not tokens.still_good(caller)
    with pytest.raises(Unauthenticated):
        tokens.authenticate(session.access_token)
    assert sign_in().device.pk == session.device.pk


def test_a_scripts_token_belongs_to_no_device_until_it_makes_one(field: World) -> None:
    actor = tokens.authenticate(tokens.access_token_for("ANA"))
    assert actor.device_id is None
    device = actions.register_device(actor=actor, install_key=KEY, name="script", platform="linux")
    assert device.user_id == field.ana.pk
    with pytest.raises(NotFound):
        tokens.access_token_for("nobody")


def test_a_token_for_a_device_of_somebody_else_is_refused(field: World) -> None:
    """The claims are ours, but the pair is not: Ana's name with Cy's phone."""
    cys = sign_in("cy").device
    forged, _ = tokens._access(field.ana, cys)
    with pytest.raises(Unauthenticated):
        tokens.authenticate(forged)
    assert isinstance(replace(acting(field.ana), device_id=cys.pk).device_id, UUID)


def test_authenticating_takes_one_query(field: World, django_assert_num_queries: object) -> None:
    session = sign_in()
    with django_assert_num_queries(1):  # type: ignore[operator]
        tokens.authenticate(session.access_token)


@pytest.mark.parametrize(
    ("who", "under", "code"),
    [
        ("ben", "ben", "MANAGER_CYCLE"),
        ("dee", "ben", "MANAGER_CYCLE"),
        ("ana", "cy", "MANAGER_ROLE"),
        ("ana", "zoe", "MANAGER_OTHER_ORG"),
    ],
)
def test_the_manager_tree_stays_a_tree_within_the_org(field: World, who: str, under: str, code: str) -> None:
    with pytest.raises(Invalid) as error:
        actions.set_manager(actor=acting(field.dee), user=getattr(field, who), manager=getattr(field, under))
    assert (refusal(error), list(error.value.fields)) == (code, ["managerId"])


def test_only_an_admin_of_the_org_moves_people(field: World) -> None:
    with pytest.raises(NotPermitted):
        actions.set_manager(actor=acting(field.ben), user=field.ana, manager=field.bea)
    with pytest.raises(NotFound):
        actions.set_manager(actor=acting(field.zoe), user=field.ana, manager=None)
    actions.set_manager(actor=acting(field.dee), user=field.ana, manager=field.bea)
    field.ana.refresh_from_db()
    assert field.ana.manager_id == field.bea.pk
