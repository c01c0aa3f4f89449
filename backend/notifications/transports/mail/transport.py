"""Mail through Django's own, by whatever way the settings name."""

import smtplib
from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from backend.kit.logs import logger
from backend.notifications.transports.answers import CONFIGURATION_PAUSE
from backend.notifications.transports.base import (
    Address,
    AddressGone,
    Message,
    Outcome,
    Permanent,
    Sent,
    Transient,
    Unknown,
)
from backend.notifications.transports.mail.letter import compose
from backend.notifications.transports.watched import itself, watched

log = logger("notifications")


class MailTransport:
    """A Transport to mailboxes: what one send holds for one address is one mail, the digest."""

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Tries each mail once over one connection; the alerts of one mail share its outcome."""
        # Two people may share a mailbox; each has a way out of their own.
        mails: dict[tuple[str, str | None], list[int]] = {}
        for at, (address, message) in enumerate(batch):
            mails.setdefault((address.value, message.unsubscribe), []).append(at)
        outcomes: list[Outcome] = [Unknown("not tried")] * len(batch)
        line: BaseEmailBackend = get_connection()
        try:
            for (to, _), places in mails.items():
                messages = [batch[at][1] for at in places]
                outcome = watched("email", messages[0], partial(_send, line, to, messages), itself)
                for at in places:
                    outcomes[at] = outcome
        finally:
            _hang_up(line)
        return outcomes


def _send(line: BaseEmailBackend, to: str, messages: list[Message]) -> Outcome:
    try:
        mail = compose(to, settings.DEFAULT_FROM_EMAIL, messages)
        mail.message()
    except (ValueError, UnicodeError) as error:
        return Permanent(f"cannot be written: {error}"[:500])
    try:
        line.open()
    except smtplib.SMTPAuthenticationError as error:
        log.error("mail_credential_refused", reason=str(error)[:500])  # noqa: TRY400 - the reason says all
        return Transient(CONFIGURATION_PAUSE, f"credential refused: {error}"[:500])
    except OSError as error:  # SMTPException is one, too
        return Transient(None, f"{type(error).__name__}: {error}"[:500])
    return _hand_over(line, mail)


def _hand_over(line: BaseEmailBackend, mail: EmailMultiAlternatives) -> Outcome:
    try:
        line.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        why = f"{code}: {said!r}"[:500]
        return AddressGone(why) if code in (550, 551, 553) else _of(code, why)
    except smtplib.SMTPServerDisconnected as error:
        _hang_up(line)
        return Unknown(f"the line broke: {error}"[:500])
    except smtplib.SMTPResponseException as error:
        return _of(error.smtp_code, f"{error.smtp_code}: {error.smtp_error!r}"[:500])
    except OSError as error:
        _hang_up(line)
        return Unknown(f"{type(error).__name__}: {error}"[:500])
    return Sent(str(mail.extra_headers["Message-ID"]))


def _of(code: int, why: str) -> Outcome:
    return Permanent(why) if 500 <= code < 600 else Transient(None, why)


def _hang_up(line: BaseEmailBackend) -> None:
    try:
        line.close()
    except OSError as error:
        log.debug("mail_line_closed", reason=str(error))
