"""Reading the CRM by ids; who may see them is asked in territories.coverage."""

from uuid import UUID

from django.db.models import QuerySet

from backend.crm.models import Account, Pipeline, Product, Stage
from backend.crm.rules import missing
from backend.identity.actor import Actor


def stage_for(actor: Actor, stage_id: UUID) -> Stage:
    """Returns a stage of the actor's org; raises NotFound."""
    stage = Stage.objects.filter(org_id=actor.org_id, pk=stage_id, deleted_at=None).first()
    if stage is None:
        raise missing("stage", "stageId")
    return stage


def pipelines(actor: Actor) -> QuerySet[Pipeline]:
    """Returns the pipelines of the org."""
    return Pipeline.objects.filter(org_id=actor.org_id, deleted_at=None).order_by("name")


def products(actor: Actor) -> QuerySet[Product]:
    """Returns the products of the org."""
    return Product.objects.filter(org_id=actor.org_id, deleted_at=None).order_by("name", "id")


def product_for(actor: Actor, product_id: UUID) -> Product:
    """Returns a product of the actor's org; raises NotFound."""
    product = products(actor).filter(pk=product_id).first()
    if product is None:
        raise missing("product", "productId")
    return product


def survivor_of(org_id: UUID, account_id: UUID) -> UUID | None:
    """Returns the account that a merged account's rows went to, which is never merged itself; None for any other id."""
    return Account.objects.filter(org_id=org_id, pk=account_id).values_list("merged_into_id", flat=True).first()


def merged_into(account_id: UUID) -> list[UUID]:
    """Returns the accounts that were merged into this one, at once or by others between."""
    return list(Account.objects.filter(merged_into_id=account_id).values_list("id", flat=True))
