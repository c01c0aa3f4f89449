"""Firebase Cloud Messaging through the official firebase-admin."""

from collections.abc import Sequence
from dataclasses import dataclass

from firebase_admin import exceptions
from google.auth import exceptions as auth_errors

from backend.kit.logs import logger
from backend.notifications.transports.answers import CONFIGURATION_PAUSE
from backend.notifications.transports.base import Address, Message, Outcome, Permanent, Sent, Transient, Unknown
from backend.notifications.transports.fcm.adapter import Line
from backend.notifications.transports.fcm.credential import AccountSource, CredentialUnavailableError
from backend.notifications.transports.fcm.encode import encode
from backend.notifications.transports.fcm.outcome import of_error, refusal
from backend.notifications.transports.pool import Pool
from backend.notifications.transports.watched import watched

log = logger("notifications")

CHUNK = 100
"""The token is looked after once for so many: no batch may outlive it."""


@dataclass(frozen=True, slots=True)
class _Answered:
    outcome: Outcome
    refusal: str | None = None


class FcmTransport:
    """A Transport over FCM v1; opens its line at the first send and again after a refused credential."""

    def __init__(
        self, *, account: AccountSource, base_url: str | None = None, timeout: float = 10.0, parallel: int = 50
    ) -> None:
        """`base_url` replaces Google's address (the local server); `timeout` is in seconds per request.

        `parallel` requests are under way at most: firebase-admin's own batches start a thread for each message."""
        self._account = account
        self._base_url = base_url
        self._timeout = timeout
        self._pool = Pool("fcm", parallel)
        self._line: Line | None = None

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Tries each message once; returns an outcome for each, in order."""
        outcomes: list[Outcome] = []
        for start in range(0, len(batch), CHUNK):
            outcomes += self._send_chunk(batch[start : start + CHUNK])
        return outcomes

    def close(self) -> None:
        """Drops the line; the next send opens another."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _send_chunk(self, chunk: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        # the token first and alone: refused in the middle of a batch it would hide what became of every message
        try:
            line = self._open()
            line.warm()
        except (CredentialUnavailableError, auth_errors.TransportError) as error:
            return [Transient(None, f"no access token: {error}"[:500])] * len(chunk)
        except (auth_errors.GoogleAuthError, ValueError) as error:
            log.error("fcm_credential_refused", reason=str(error)[:500])  # noqa: TRY400 - the reason says all
            self.close()
            return [Transient(CONFIGURATION_PAUSE, f"credential refused: {error}"[:500])] * len(chunk)
        answers = self._pool.each(
            lambda item: watched("push", item[1], lambda: _post(line, *item), lambda answer: answer.outcome), chunk
        )
        for why in sorted({answer.refusal for answer in answers if answer.refusal is not None}):
            log.error("fcm_refuses_this_server", reason=why)
        return [answer.outcome for answer in answers]

    def _open(self) -> Line:
        if self._line is None:
            self._line = Line(
                self._account(), base_url=self._base_url, timeout=self._timeout, parallel=self._pool.parallel
            )
        return self._line


def _post(line: Line, address: Address, message: Message) -> _Answered:
    try:
        return _Answered(Sent(line.send(encode(address, message))))
    except ValueError as error:
        return _Answered(Permanent(f"cannot be encoded: {error}"))
    except auth_errors.GoogleAuthError as error:
        # The bearer was refused, and no new one could be had: FCM did not take it.
        return _Answered(Transient(None, f"no access token: {error}"[:500]))
    except KeyError:
        return _Answered(Unknown("FCM answered without a message name"))
    except exceptions.FirebaseError as error:
        return _Answered(of_error(error), refusal(error))
