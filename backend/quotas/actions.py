"""Setting quotas, for one person or a team at once, and taking them away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.models import Org, User
from backend.kit import clock
from backend.quotas import rules
from backend.quotas.models import Quota


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of each person; without a currency money is in the org's."""

    measure: str
    first_day: date
    last_day: date
    target: object
    currency: str | None = None


@transaction.atomic
def set_quotas(*, actor: Actor, people: Sequence[User], asked: Asked) -> list[Quota]:
    """Sets one quota for each of the people; who has one of the measure for those very days has this one instead.

    Raises NotPermitted (MANAGERS_ONLY, NOT_YOUR_OWN) and Invalid (QUOTA_PERSON, QUOTA_DAYS, QUOTA_TARGET, BAD_VALUE,
    OUT_OF_RANGE)."""
    rules.check_may_set(actor)
    rules.check_people(actor, list(people))
    measure = rules.check_measure(asked.measure)
    rules.check_days(asked.first_day, asked.last_day)
    of_org = Org.objects.values_list("currency", flat=True).get(pk=actor.org_id)
    target, currency = rules.check_target(measure, asked.target, asked.currency, of_org)
    said = {"target": target, "currency": currency}
    set_now: list[Quota] = []
    for person in sorted(people, key=lambda one: one.pk):
        quota, _ = Quota.objects.update_or_create(
            org_id=actor.org_id,
            user=person,
            measure=measure,
            first_day=asked.first_day,
            last_day=asked.last_day,
            deleted_at=None,
            defaults=said,
        )
        set_now.append(quota)
    return set_now


@transaction.atomic
def drop_quota(*, actor: Actor, quota: Quota) -> Quota:
    """Takes a quota away; nobody is told of it any more."""
    rules.check_may_set(actor)
    rules.check_people(actor, [quota.user])
    quota = Quota.objects.select_for_update().get(pk=quota.pk, org_id=actor.org_id)
    if quota.deleted_at is None:
        quota.deleted_at = clock.now()
        quota.save(update_fields=["deleted_at"])
    return quota
