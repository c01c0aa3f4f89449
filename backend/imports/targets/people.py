"""Users, who cannot sign in until somebody gives them a password, and contacts of accounts."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower

from backend.crm.models import AccountContactRelation, Contact
from backend.identity.models import Role, User
from backend.imports.cells import Choice, Degrees, Field, Reference, Text
from backend.imports.problems import Problem
from backend.imports.report import Outcome
from backend.imports.rows import Item
from backend.imports.targets.base import EntityTarget, Pair, State
from backend.kit.ids import new_id


class UserTarget(EntityTarget[User]):
    """A row becomes a user; their manager must be there already, or in an earlier file."""

    model = User
    entity = "user"
    fields: ClassVar[Map[str, Field]] = {
        "username": Field(Text(150), required=True),
        "full_name": Field(Text(200)),
        "email": Field(Text(254)),
        "role": Field(Choice(Role.values), required=True),
        "manager": Field(Reference("user"), empty=None),
        "timezone": Field(Text(64), empty="UTC"),
        "locale": Field(Text(10), empty="en"),
        "start_lat": Field(Degrees(90), empty=None),
        "start_lng": Field(Degrees(180), empty=None),
    }

    def check(self, items: list[Item], rows: Map[str, Any], outcome: Outcome) -> list[Item]:
        """Refuses a name that somebody has, in this org or any other, and a manager who leads nobody."""
        names = {str(item.values["username"]).lower() for item in items}
        owners = dict(User.objects.annotate(low=Lower("username")).filter(low__in=names).values_list("low", "id"))
        named = [manager for item in items if (manager := item.refs.get("manager")) is not None]
        leading = User.objects.filter(pk__in=named, role__in=(Role.MANAGER, Role.ADMIN))
        leaders = set(leading.values_list("id", flat=True))
        given: dict[str, str] = {}
        good: list[Item] = []
        for item in items:
            name, row, manager = str(item.values["username"]).lower(), rows.get(item.key), item.refs.get("manager")
            elsewhere = name in owners and (row is None or owners[name] != row.pk)
            if elsewhere or given.setdefault(name, item.key) != item.key:
                outcome.problems.append(Problem(item.line, "username", f"{name!r} is taken", "USERNAME_TAKEN"))
            elif manager is not None and (manager not in leaders or (row is not None and manager == row.pk)):
                told = f"{item.values['manager']!r} is no manager of others"
                outcome.problems.append(Problem(item.line, "manager", told, "MANAGER_ROLE"))
            elif _email_wrong(item, outcome):
                continue
            else:
                good.append(item)
        return good

    def wanted(self, item: Item) -> dict[str, Any]:
        """Returns the user's columns."""
        return self.given(item, *(name for name in self.fields if name != "manager"), refs=("manager",))

    def write_children(self, pairs: Sequence[Pair[User]], outcome: Outcome) -> None:
        """Shuts the door to new users until a password is set."""
        created = [pair.row for pair in pairs if pair.state is State.CREATED]
        User.objects.filter(pk__in=[user.pk for user in created], password="").update(password=_unusable())


class ContactTarget(EntityTarget[Contact]):
    """A row becomes a contact and, when it names an account, their part in it."""

    model = Contact
    entity = "contact"
    fields: ClassVar[Map[str, Field]] = {
        "full_name": Field(Text(200), required=True),
        "given_name": Field(Text(100)),
        "family_name": Field(Text(100)),
        "email": Field(Text(254)),
        "phone": Field(Text(40)),
        "account": Field(Reference("account"), empty=None),
        "account_role": Field(Text(60)),
    }

    def check(self, items: list[Item], rows: Map[str, Any], outcome: Outcome) -> list[Item]:
        """Refuses what is no e-mail address."""
        return [item for item in items if not _email_wrong(item, outcome)]

    def wanted(self, item: Item) -> dict[str, Any]:
        """Returns the contact's columns."""
        return self.given(item, "full_name", "given_name", "family_name", "email", "phone")

    def write_children(self, pairs: Sequence[Pair[Contact]], outcome: Outcome) -> None:
        """Ties contacts to accounts; a tie that somebody cut stays cut."""
        asked = [pair for pair in pairs if pair.item.refs.get("account")]
        there = AccountContactRelation.objects.filter(contact__in=[pair.row for pair in asked]).order_by("created_at")
        known = {(tie.contact_id, tie.account_id): tie for tie in there}
        created: list[AccountContactRelation] = []
        changed: list[AccountContactRelation] = []
        for pair in asked:
            account = cast(UUID, pair.item.refs["account"])
            role = str(pair.item.values.get("account_role", ""))
            tie = known.get((pair.row.pk, account))
            if tie is None:
                row = AccountContactRelation(id=new_id(), org=self.job.org, contact=pair.row, role=role)
                row.account_id = account
                created.append(row)
                pair.touch()
            elif tie.role != role and "account_role" in pair.item.values:
                tie.role = role
                changed.append(tie)
                pair.touch()
        AccountContactRelation.objects.bulk_create(created)
        AccountContactRelation.objects.bulk_update(changed, ["role"])


@cache
def _unusable() -> str:
    return make_password(None)


def _email_wrong(item: Item, outcome: Outcome) -> bool:
    email = item.values.get("email")
    if not email:
        return False
    try:
        validate_email(str(email))
    except ValidationError:
        outcome.problems.append(Problem(item.line, "email", f"{email!r} is no e-mail address", "NOT_AN_EMAIL"))
        return True
    return False
