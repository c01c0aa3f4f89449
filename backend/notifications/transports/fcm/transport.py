"""Firebase Cloud Messaging through the official firebase-admin."""

from collections.abc import Sequence

from firebase_admin import exceptions
from google.auth import exceptions as auth_errors

from backend.kit.logs import logger
from backend.notifications.transports.base import Address, Message, Outcome, Permanent, Transient, Unknown
from backend.notifications.transports.fcm.adapter import Line
from backend.notifications.transports.fcm.credential import AccountSource, CredentialUnavailableError
from backend.notifications.transports.fcm.encode import encode
from backend.notifications.transports.fcm.outcome import CONFIGURATION_PAUSE, outcome, refusal

log = logger("notifications")

CHUNK = 100
"""firebase-admin starts one thread per message of a batch."""


class FcmTransport:
    """A Transport over FCM v1; opens its line at the first send and again after a refused credential."""

    def __init__(self, *, account: AccountSource, base_url: str | None = None, timeout: float = 10.0) -> None:
        """`base_url` replaces Google's address (the local server); `timeout` is in seconds per request."""
        self._account = account
        self._base_url = base_url
        self._timeout = timeout
        self._line: Line | None = None

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        """Tries each message once, 100 at a time; returns an outcome for each, in order."""
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
        outcomes: list[Outcome | None] = []
        encoded = []
        for address, message in chunk:
            try:
                encoded.append(encode(address, message))
                outcomes.append(None)
            except ValueError as error:
                outcomes.append(Permanent(f"cannot be encoded: {error}"))
        answers = iter(self._post(encoded) if encoded else [])
        return [found if found is not None else next(answers) for found in outcomes]

    def _post(self, encoded: list[object]) -> list[Outcome]:
        # the token first and alone: refused in the middle of a batch it would hide what became of every message
        try:
            line = self._open()
            line.warm()
        except (CredentialUnavailableError, auth_errors.TransportError) as error:
            return [Transient(None, f"no access token: {error}"[:500])] * len(encoded)
        except (auth_errors.GoogleAuthError, ValueError) as error:
            log.error("fcm_credential_refused", reason=str(error)[:500])  # noqa: TRY400 - the reason says all
            self.close()
            return [Transient(CONFIGURATION_PAUSE, f"credential refused: {error}"[:500])] * len(encoded)
        try:
            responses = line.send(encoded)
        except exceptions.FirebaseError as error:
            self.close()
            return [Unknown(f"the batch broke: {error}"[:500])] * len(encoded)
        refusals = {why for why in map(refusal, responses) if why is not None}
        for why in sorted(refusals):
            log.error("fcm_refuses_this_server", reason=why)
        return [outcome(response) for response in responses]

    def _open(self) -> Line:
        if self._line is None:
            self._line = Line(self._account(), base_url=self._base_url, timeout=self._timeout)
        return self._line
