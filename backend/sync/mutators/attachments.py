"""Mutations of photos, signatures and documents. The content itself comes by upload (docs/sync.md), never here."""

from backend.attachments import actions
from backend.attachments.queries import own_attachment, removable
from backend.attachments.rules import check_one_place, checked_kind
from backend.crm.models import Account
from backend.field.models import Visit
from backend.kit.errors import Invalid
from backend.sync.mutators import decode, reach
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation


def _place(caller: Caller, mutation: Mutation) -> tuple[Account, Visit | None]:
    """Returns what the attachment hangs on: an account, or a visit with its account."""
    account_id = decode.optional_uuid(mutation.args, "accountId")
    visit_id = decode.optional_uuid(mutation.args, "visitId")
    check_one_place(account_id, visit_id)
    if account_id is not None:
        return reach.account_for_evidence(caller, account_id), None
    assert visit_id is not None
    visit = reach.visit_for_evidence(caller, visit_id)
    return visit.account, visit


@mutator("attachment.add", evidence=True)
def add(caller: Caller, mutation: Mutation) -> Outcome:
    """Announces a photo, a signature or a document: evidence, so it is taken when the account was lost meanwhile."""
    args = mutation.args
    decode.only(args, "accountId", "visitId", "kind", "mimeType", "size", "sha256", "capturedAt", "width", "height")
    account, visit = _place(caller, mutation)
    actions.announce(
        actor=caller.actor,
        account=account,
        visit=visit,
        attachment_id=decode.entity_id(mutation),
        kind=checked_kind(decode.text(args, "kind")),
        mime_type=decode.text(args, "mimeType"),
        size=_whole(mutation, "size") or 0,
        sha256=decode.text(args, "sha256"),
        width=_whole(mutation, "width"),
        height=_whole(mutation, "height"),
        captured_at=decode.instant(args, "capturedAt"),
    )
    return DONE


def _whole(mutation: Mutation, name: str) -> int | None:
    value = mutation.args.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        raise Invalid("BAD_VALUE", f"{name} must be a whole number.", fields={name: "not a whole number"})
    return value


@mutator("attachment.commit", evidence=True)
def commit(caller: Caller, mutation: Mutation) -> Outcome:
    """The content was sent."""
    decode.only(mutation.args)
    actions.commit(actor=caller.actor, attachment=own_attachment(caller.actor, decode.entity_id(mutation)))
    return DONE


@mutator("attachment.remove")
def remove(caller: Caller, mutation: Mutation) -> Outcome:
    """The person takes it back."""
    decode.only(mutation.args)
    actions.remove(actor=caller.actor, attachment=removable(caller.actor, decode.entity_id(mutation)))
    return DONE
