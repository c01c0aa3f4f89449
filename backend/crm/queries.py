"""Reading the CRM by ids; who may see them is asked in territories.coverage."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from backend.crm.models import Address, Pipeline, Product, Stage
from backend.crm.rules import missing
from backend.identity.actor import Actor


def stage_for(actor: Actor, stage_id: UUID) -> Stage:
    """Returns a stage of the actor's org; raises NotFound."""
    stage = Stage.objects.filter(org_id=actor.org_id, pk=stage_id, deleted_at=None).first()
    if stage is None:
        raise missing("stage", "stageId")
    return stage


def pipeline_for(actor: Actor, pipeline_id: UUID) -> Pipeline:
    """Returns a pipeline of the actor's org; raises NotFound."""
    pipeline = Pipeline.objects.filter(org_id=actor.org_id, pk=pipeline_id, deleted_at=None).first()
    if pipeline is None:
        raise missing("pipeline", "pipelineId")
    return pipeline


def pipelines(actor: Actor) -> QuerySet[Pipeline]:
    """Returns the pipelines of the org."""
    return Pipeline.objects.filter(org_id=actor.org_id, deleted_at=None).order_by("name")


def products(actor: Actor) -> QuerySet[Product]:
    """Returns the products of the org."""
    return Product.objects.filter(org_id=actor.org_id, deleted_at=None).order_by("name", "id")


def primary_addresses(account_ids: Collection[UUID]) -> dict[UUID, Address]:
    """Returns the primary address of each account that has one."""
    rows = Address.objects.filter(account_id__in=account_ids, is_primary=True, deleted_at=None)
    return {address.account_id: address for address in rows}


def weighted(amount: Decimal | None, probability: int) -> Decimal:
    """Returns the expected value of a deal."""
    return (amount or Decimal(0)) * probability / 100
