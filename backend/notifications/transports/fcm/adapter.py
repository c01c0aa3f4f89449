"""The only file that touches firebase-admin's private names; tests/notifications/test_fcm_contract.py watches them."""

from collections.abc import Mapping
from typing import Any

import firebase_admin
from firebase_admin import credentials, messaging
from google.auth import exceptions as auth_errors
from google.auth.credentials import TokenState
from google.auth.transport.requests import Request
from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from backend.kit.ids import new_id

FCM_URL = "https://fcm.googleapis.com"


class _PromptRequest(Request):
    """Asks for a token once: google-auth would otherwise sleep inside the call on each 5xx."""

    def __call__(  # type: ignore[no-untyped-def]
        self, url, method="GET", body=None, headers=None, timeout=None, **kwargs
    ):
        response = super().__call__(  # type: ignore[no-untyped-call]
            url, method=method, body=body, headers=headers, timeout=timeout or 10, **kwargs
        )
        if response.status in (408, 429) or response.status >= 500:
            why = f"the token endpoint answered {response.status}"
            raise auth_errors.TransportError(why)  # type: ignore[no-untyped-call]
        return response


class Line:
    """One authorised line to FCM: every request goes out exactly once and waits at most `timeout` seconds."""

    def __init__(
        self, account: Mapping[str, object], *, base_url: str | None, timeout: float, parallel: int = 100
    ) -> None:
        """Takes a service account as its JSON says; raises ValueError when it is not one."""
        self._app: Any = firebase_admin.initialize_app(
            credentials.Certificate(dict(account)), {"httpTimeout": timeout}, name=f"fieldbeat-{new_id()}"
        )
        service: Any = messaging._get_messaging_service(self._app)
        self._session: Any = service._client.session
        self._credential: Any = service._credential
        once = HTTPAdapter(pool_connections=4, pool_maxsize=parallel, max_retries=Retry(0))
        for prefix in (FCM_URL, "https://", "http://"):
            self._session.mount(prefix, once)
        tokens = Session()
        for prefix in ("https://", "http://"):
            tokens.mount(prefix, HTTPAdapter(max_retries=Retry(0)))
        self._session._auth_request = _PromptRequest(tokens)
        if base_url is not None:
            # a server on this machine is not reached through a proxy
            self._session.trust_env = tokens.trust_env = False
            service._fcm_url = service._fcm_url.replace(FCM_URL, base_url.rstrip("/"))
            service._fcm_topic_url = service._fcm_topic_url.replace(FCM_URL, base_url.rstrip("/"))

    def warm(self) -> None:
        """Makes sure the bearer outlives the next batch; raises google.auth.exceptions.GoogleAuthError."""
        if self._credential.token_state is not TokenState.FRESH:
            self._credential.refresh(self._session._auth_request)

    def send(self, message: Any) -> str:
        """Posts one message once and returns the name FCM gave it; any thread may call.

        Raises FirebaseError, GoogleAuthError, ValueError for a message that cannot be encoded, KeyError for an answer
        without a name."""
        return str(messaging.send(message, app=self._app))

    def close(self) -> None:
        """Gives the sockets back."""
        self._session.close()
        firebase_admin.delete_app(self._app)
