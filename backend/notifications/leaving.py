"""The way out of mail: an address that is its person's alone, known by our signature and by no list of our own.

Whoever has the mail has the address, and can do nothing with it but end mail. It does not run out: RFC 8058 wants it to
work for as long as the mail lies in a mailbox."""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from backend.identity.models import User
from backend.kit.errors import NotFound

PATH = "/mail/stop"
_signer = Signer(salt="fieldbeat.mail.stop")


def address_for(user_id: UUID) -> str | None:
    """Returns the address at which mail to that person ends; None where people have no address of this server."""
    if settings.PUBLIC_URL is None:
        return None
    return f"{settings.PUBLIC_URL}{PATH}?token={_signer.sign(user_id.hex)}"


def person_of(token: str) -> User:
    """Returns whose address that is; raises NotFound for one that we did not sign."""
    try:
        user_id = UUID(_signer.unsign(token))
    except (BadSignature, ValueError) as error:
        raise _unknown() from error
    person = User.objects.filter(pk=user_id).exclude(org=None).first()
    if person is None:
        raise _unknown()
    return person


def _unknown() -> NotFound:
    return NotFound("MAIL_ADDRESS_UNKNOWN", "This address ends no mail.", fields={"token": "not ours"})
