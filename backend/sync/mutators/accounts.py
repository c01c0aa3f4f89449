"""Mutations of accounts, where they are, and who is there."""

from backend.crm import actions, addresses, corrections
from backend.crm.models import Account, AccountContactRelation, Address, Contact
from backend.crm.rules import LIFECYCLE_MOVES
from backend.kit.errors import Busy
from backend.sync.mutators import decode, reach
from backend.sync.mutators.merging import patch, patchable, remove, standing
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation
from backend.territories.actions import open_account

ACCOUNT = patchable(
    "account",
    (
        Account,
        "name phone segment notes service_minutes visit_windows lifecycle boost consent number tier tags displays journal",
    ),
    moves={"lifecycle": LIFECYCLE_MOVES},
)
POINT = frozenset({"lat", "lng"})
ADDRESS = patchable("address", (Address, " ".join(addresses.ADDRESS_FIELDS)), together=(POINT,))
CONTACT = patchable(
    "contact", (Contact, "full_name given_name family_name email phone"), (AccountContactRelation, "role")
)


@mutator("account.create")
def create_account(caller: Caller, mutation: Mutation) -> Outcome:
    """A prospect found on the road; it is shown to its finder until somebody places it."""
    decode.only(mutation.args, "name", "kind", "phone", "segment", "number")
    open_account(actor=caller.actor, account_id=decode.entity_id(mutation), values=mutation.args)
    return DONE


@mutator("account.patch")
def patch_account(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits an account."""
    seen = reach.account(caller, decode.entity_id(mutation))
    account = Account.objects.select_for_update().get(pk=seen.pk)
    return patch(
        caller,
        mutation,
        ACCOUNT,
        standing(ACCOUNT, account),
        lambda changes: actions.edit_account(actor=caller.actor, account=account, changes=changes),
    )


@mutator("address.create")
def create_address(caller: Caller, mutation: Mutation) -> Outcome:
    """Writes down where an account is."""
    args = mutation.args
    decode.only(args, "accountId", *ADDRESS.columns)
    addresses.add_address(
        actor=caller.actor,
        account=reach.account(caller, decode.uuid(args, "accountId")),
        address_id=decode.entity_id(mutation),
        values={ADDRESS.columns[name][1]: value for name, value in args.items() if name in ADDRESS.columns},
    )
    return DONE


@mutator("address.patch")
def patch_address(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits an address; its point is one thing, of two numbers."""
    seen = reach.address(caller, decode.entity_id(mutation))
    address = Address.objects.select_for_update(of=("self",)).get(pk=seen.pk)

    def write(changes: dict[str, object]) -> None:
        # The half of a point that did not change was not merged in, and belongs to it all the same.
        if POINT & changes.keys():
            changes = {"lat": address.lat, "lng": address.lng, **changes}
        addresses.edit_address(actor=caller.actor, address=address, changes=changes)

    return patch(caller, mutation, ADDRESS, standing(ADDRESS, address), write)


@mutator("address.remove")
def remove_address(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes an address off an account, if nobody edited it since."""
    seen = reach.address(caller, decode.entity_id(mutation))
    # The account first, as whoever adds an address locks it: two phones must not wait for one another.
    Account.objects.select_for_update().get(pk=seen.account_id)
    address = Address.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    return remove(
        caller,
        mutation,
        ADDRESS,
        standing(ADDRESS, address),
        lambda: addresses.remove_address(actor=caller.actor, address=address),
    )


@mutator("contact.create")
def create_contact(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes a person down at an account."""
    args = mutation.args
    decode.only(args, "accountId", "contactId", *CONTACT.columns)
    person = {CONTACT.columns[name][1]: value for name, value in args.items() if name in CONTACT.columns}
    person.pop("role", None)
    actions.create_contact(
        actor=caller.actor,
        account=reach.account(caller, decode.uuid(args, "accountId")),
        relation_id=decode.entity_id(mutation),
        contact_id=decode.uuid(args, "contactId"),
        values=person,
        role=decode.text(args, "role"),
    )
    return DONE


def _locked(caller: Caller, mutation: Mutation) -> AccountContactRelation:
    seen = reach.relation(caller, decode.entity_id(mutation))
    # The person first, as their edit locks them: two phones must not wait for one another.
    person = Contact.objects.select_for_update().get(pk=seen.contact_id)
    relation = AccountContactRelation.objects.select_for_update().get(pk=seen.pk)
    if relation.deleted_at is not None:
        # It went while its lock was waited for, perhaps into another: asked again, its id leads there.
        raise Busy("BUSY", "The contact was changed this moment; try again.")
    relation.contact = person
    return relation


@mutator("contact.patch")
def patch_contact(caller: Caller, mutation: Mutation) -> Outcome:
    """Edits a person, or their role."""
    relation = _locked(caller, mutation)
    return patch(
        caller,
        mutation,
        CONTACT,
        standing(CONTACT, relation, relation.contact),
        lambda changes: actions.edit_contact(actor=caller.actor, relation=relation, changes=changes),
    )


@mutator("contact.remove")
def remove_contact(caller: Caller, mutation: Mutation) -> Outcome:
    """Takes a person off an account, if nobody edited them since."""
    relation = _locked(caller, mutation)
    return remove(
        caller,
        mutation,
        CONTACT,
        standing(CONTACT, relation, relation.contact),
        lambda: corrections.remove_contact(actor=caller.actor, relation=relation),
    )
