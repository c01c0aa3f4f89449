"""Identifiers: UUID version 7, so that client-made ids sort by birth and never meet."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """Returns a fresh UUIDv7 as a standard `uuid.UUID`."""
    return UUID(int=uuid_utils.uuid7().int)
