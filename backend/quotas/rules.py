"""What quotas allow, and the errors they raise."""

from datetime import date
from decimal import Decimal

from backend.crm.rules import CURRENCY, check_amount
from backend.identity.actor import Actor
from backend.identity.models import OUTSIDERS, User
from backend.kit.errors import Invalid, NotFound, NotPermitted
from backend.quotas.models import Measure

LONGEST_DAYS = 400
MOST_PEOPLE = 500


def quota_not_found() -> NotFound:
    """No such quota, or none the caller sees."""
    return NotFound("QUOTA_NOT_FOUND", "There is no such quota for you.", fields={"quotaId": "not found"})


def check_may_set(actor: Actor) -> None:
    """Who leads sets quotas."""
    if not actor.leads:
        raise NotPermitted("MANAGERS_ONLY", "Managers and admins set quotas.")


def check_people(actor: Actor, people: list[User]) -> None:
    """A quota is for somebody of the firm; a manager's own is set by who leads them."""
    if not 1 <= len(people) <= MOST_PEOPLE:
        raise Invalid("OUT_OF_RANGE", f"Name 1 to {MOST_PEOPLE} people.", fields={"userIds": f"1 to {MOST_PEOPLE}"})
    for person in people:
        if person.role in OUTSIDERS or not person.is_active:
            raise Invalid("QUOTA_PERSON", "A quota is for a person of yours.", fields={"userIds": f"{person.pk}"})
        if person.pk == actor.user_id and actor.role != "admin":
            raise NotPermitted("NOT_YOUR_OWN", "Your own quota is set by who leads you.", fields={"userIds": "yours"})


def check_measure(measure: str) -> Measure:
    """Returns what is counted."""
    if measure not in Measure.values:
        raise Invalid("BAD_VALUE", "That is not counted.", fields={"measure": f"one of {', '.join(Measure.values)}"})
    return Measure(measure)


def check_days(first_day: date, last_day: date) -> None:
    """Refuses days the wrong way round, and more than a good year."""
    if not 0 <= (last_day - first_day).days < LONGEST_DAYS:
        raise Invalid(
            "QUOTA_DAYS",
            f"A quota is for 1 to {LONGEST_DAYS} days.",
            fields={"lastDay": f"firstDay or later, at most {LONGEST_DAYS} days"},
        )


def check_target(measure: Measure, target: object, currency: str | None, of_org: str) -> tuple[Decimal, str]:
    """Returns target and currency; of visits a whole number and none, of money the org's own where none is named."""
    amount = check_amount(target, "target")
    if amount is None or amount <= 0 or (measure == Measure.VISITS and amount != int(amount)):
        raise Invalid("QUOTA_TARGET", "A quota asks for something.", fields={"target": "more than 0; visits whole"})
    if measure == Measure.VISITS:
        if currency:
            raise Invalid("QUOTA_TARGET", "Visits have no currency.", fields={"currency": "not for visits"})
        return amount, ""
    chosen = currency or of_org
    if not CURRENCY.match(chosen):
        raise Invalid("QUOTA_TARGET", "A currency has three letters.", fields={"currency": "as USD"})
    return amount, chosen
