"""What territories allow, and the errors they raise."""

from datetime import datetime

from backend.identity.actor import Actor
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from backend.kit.trees import makes_circle
from backend.territories.models import AssignmentSource, ModelState, Territory, TerritoryModel

MODEL_MOVES = {
    ModelState.PLANNING: {ModelState.ACTIVE, ModelState.ARCHIVED},
    ModelState.ACTIVE: {ModelState.ARCHIVED},
    ModelState.ARCHIVED: set(),
}


def territory_not_found() -> NotFound:
    """No such territory, or none the caller may see."""
    return NotFound("TERRITORY_NOT_FOUND", "There is no such territory for you.", fields={"territoryId": "not found"})


def check_leads(actor: Actor) -> None:
    """Territories are cut by managers and admins."""
    if not actor.leads:
        raise NotPermitted("MANAGER_ONLY", "Only a manager may do this.")


def check_span(start: datetime, end: datetime | None) -> None:
    """Refuses a span that ends before it begins."""
    if end is not None and clock.checked(end, "validTo") <= start:
        raise Invalid("SPAN", "validTo lies after validFrom.", fields={"validTo": "not after validFrom"})


def check_unpinned(source: str, wanted: AssignmentSource) -> None:
    """A pin is moved by a pin only."""
    if source == AssignmentSource.PIN and wanted != AssignmentSource.PIN:
        raise Conflict("PINNED", "The account is pinned to its territory.", fields={"accountId": "pinned"})


def check_active(territory: Territory) -> None:
    """Accounts are moved in the active model; another is planned and activated whole."""
    if territory.model.state != ModelState.ACTIVE:
        raise Conflict(
            "MODEL_NOT_ACTIVE", "That territory is not of the active model.", fields={"territoryId": "not active"}
        )


def check_move_elsewhere(source: Territory, target: Territory) -> None:
    """A territory's accounts go into another territory."""
    if source.pk == target.pk:
        raise Invalid("SAME_TERRITORY", "They lie there already.", fields={"toTerritoryId": "the same"})


def move_under_way() -> Conflict:
    """The accounts of that territory are being moved already."""
    return Conflict(
        "MOVE_UNDER_WAY", "The accounts of that territory are on the move.", fields={"fromTerritoryId": "on the move"}
    )


def check_model_move(model: TerritoryModel, after: ModelState) -> None:
    """planning → active → archived, or planning → archived."""
    if after not in MODEL_MOVES[ModelState(model.state)]:
        raise Conflict(
            "MODEL_STATE", f"A model that is {model.state} cannot become {after}.", fields={"state": model.state}
        )


def check_parent(territory: Territory, parent: Territory | None) -> None:
    """Refuses a parent of another model, and a circle."""
    if parent is None:
        return
    if parent.model_id != territory.model_id:
        raise Invalid("PARENT_OTHER_MODEL", "The parent is of another model.", fields={"parentId": "other model"})
    if makes_circle(territory.pk, parent, key=lambda one: one.pk, parent=lambda one: one.parent):
        raise Invalid("TERRITORY_CYCLE", "That would make a circle of territories.", fields={"parentId": "circle"})


def overlap(what: str) -> Conflict:
    """The same thing is assigned for an overlapping span already."""
    return Conflict(
        "ASSIGNMENT_OVERLAP", f"That {what} is assigned for part of this span already.", fields={what: "overlap"}
    )


def check_share_with(actor: Actor, user: User) -> None:
    """An account is shared with a person of the same org."""
    if user.org_id != actor.org_id or not user.is_active:
        raise NotFound("USER_NOT_FOUND", "There is no such person for you.", fields={"userId": "not found"})


def check_may_share(actor: Actor, *, covers: bool) -> None:
    """Who covers an account by territory, or leads, shows it to others; what one was only shown is not passed on."""
    if actor.role == Role.PARTNER:
        raise NotPermitted("PARTNER_MAY_NOT_SHARE", "A partner does not share accounts.")
    if not covers and not actor.leads:
        raise NotPermitted(
            "SHARED_ONLY", "You were only shown this account: ask who covers it.", fields={"accountId": "shared only"}
        )
