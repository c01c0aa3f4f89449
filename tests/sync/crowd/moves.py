"""Everything that may happen to who sees what: territories, shares, roles, managers, models, the clock."""

from datetime import timedelta

from backend.crm.models import Account
from backend.identity.models import Role, User
from backend.kit import clock
from backend.merging.actions import merge_accounts, undo_merge
from backend.merging.models import AccountMerge
from backend.territories.actions import (
    assign_user,
    place_account,
    release_user,
    set_parent,
    share_account,
    unshare_account,
)
from backend.territories.models import (
    AccountShare,
    AccountTerritory,
    AssignmentSource,
    ModelState,
    Territory,
    TerritoryModel,
    UserTerritory,
)
from tests.factories.world import acting
from tests.sync.crowd.happenings import Happening, Happenings


def _territory(at: Happenings) -> Territory:
    return at.chance.choice([at.world.north, at.world.south, at.world.region])


def _anyone(at: Happenings) -> User:
    world = at.world
    chosen = at.chance.choice([world.ana, world.cy, world.ben, world.bea, world.pat])
    return User.objects.get(pk=chosen.pk)


def place(at: Happenings) -> None:
    place_account(actor=acting(at.world.dee), account=at.account(), territory=_territory(at))


def pin(at: Happenings) -> None:
    place_account(
        actor=acting(at.world.dee), account=at.account(), territory=_territory(at), source=AssignmentSource.PIN
    )


def place_later(at: Happenings) -> None:
    """By the clock alone, when nothing is written."""
    start = clock.now() + timedelta(minutes=at.chance.randint(1, 90))
    account = at.account()
    AccountTerritory.objects.filter(account=account, valid_to=None, valid_from__lt=start).update(valid_to=start)
    at.world.place(account, _territory(at), since=start)


def place_nowhere(at: Happenings) -> None:
    AccountTerritory.objects.filter(account=at.account(), deleted_at=None).update(deleted_at=clock.now())


def share(at: Happenings) -> None:
    until = clock.now() + timedelta(minutes=30) if at.chance.random() < 0.3 else None
    share_account(actor=acting(at.world.dee), account=at.account(), user=_anyone(at), until=until)


def unshare(at: Happenings) -> None:
    shared = at.any(AccountShare.objects.all())
    unshare_account(actor=acting(at.world.dee), account=shared.account, user=shared.user)


def give_territory(at: Happenings) -> None:
    assign_user(actor=acting(at.world.dee), user=_anyone(at), territory=_territory(at))


def take_territory(at: Happenings) -> None:
    held = at.any(UserTerritory.objects.all())
    release_user(actor=acting(at.world.dee), user=held.user, territory=held.territory)


def change_role(at: Happenings) -> None:
    at.write(_anyone(at), role=at.chance.choice([Role.REP, Role.MANAGER, Role.PARTNER, Role.ADMIN]))


def change_manager(at: Happenings) -> None:
    world = at.world
    person = at.chance.choice([world.ana, world.cy])
    at.write(User.objects.get(pk=person.pk), manager=at.chance.choice([world.ben, world.bea, None]))


def switch_off_or_on(at: Happenings) -> None:
    person = User.objects.get(pk=at.world.cy.pk)
    at.write(person, is_active=not person.is_active)


def hang_territory(at: Happenings) -> None:
    set_parent(
        actor=acting(at.world.dee),
        territory=at.chance.choice([at.world.north, at.world.south]),
        parent=at.chance.choice([at.world.region, None, at.world.north]),
    )


def rename_territory(at: Happenings) -> None:
    at.write(Territory.objects.get(pk=_territory(at).pk), name=at.name())


def flip_territory(at: Happenings) -> None:
    at.flip(Territory.objects.get(pk=at.world.south.pk))


def put_the_cut_away_or_back(at: Happenings) -> None:
    model = TerritoryModel.objects.get(pk=at.world.model.pk)
    at.write(model, state=ModelState.ACTIVE if model.state == ModelState.ARCHIVED else ModelState.ARCHIVED)


def merge_two(at: Happenings) -> None:
    """Two records of one customer become one."""
    standing = Account.objects.filter(org=at.world.org, deleted_at=None).exclude(pk__in=at.spared)
    merge_accounts(actor=acting(_dee(at)), loser=at.any(standing), winner=at.any(standing))


def undo_a_merge(at: Happenings) -> None:
    undo_merge(actor=acting(_dee(at)), merge=at.any(AccountMerge.objects.filter(undone_at=None)))


def move_a_whole_territory(at: Happenings) -> None:
    """In one statement, as an administrator does it."""
    placed = AccountTerritory.objects.filter(territory=_territory(at)).exclude(account__in=at.spared)
    placed.update(territory=_territory(at))


def _dee(at: Happenings) -> User:
    return User.objects.get(pk=at.world.dee.pk)


MOVES: tuple[Happening, ...] = tuple(
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and name.islower() and name[0] != "_"
)
