"""The private names of firebase-admin that transports/fcm/adapter.py leans on; an upgrade that moves one fails here."""

from datetime import UTC, datetime
from typing import Any

import firebase_admin
import pytest
import requests
from firebase_admin import exceptions, messaging

from backend.kit import clock
from backend.notifications.devfcm.server import Running
from backend.notifications.transports.answers import retry_after
from backend.notifications.transports.base import AddressGone, Permanent, Transient, Unknown
from backend.notifications.transports.fcm.adapter import FCM_URL, Line
from backend.notifications.transports.fcm.outcome import of_error


def test_the_version_is_the_one_whose_source_was_read() -> None:
    assert firebase_admin.__version__.rsplit(".", 1)[0] == "7.7"


def test_google_is_addressed_unless_told_otherwise(fcm: Running) -> None:
    line = Line(fcm.state.account.as_json(fcm.base_url), base_url=None, timeout=1)
    service: Any = messaging._get_messaging_service(line._app)
    assert service._fcm_url == f"{FCM_URL}/v1/projects/fieldbeat-dev/messages:send"
    assert service._fcm_topic_url == f"{FCM_URL}/v1/projects/fieldbeat-dev/registrations"
    line.close()


def test_the_base_url_moves_every_address(fcm: Running) -> None:
    line = Line(fcm.state.account.as_json(fcm.base_url), base_url=f"{fcm.base_url}/", timeout=1)
    service: Any = messaging._get_messaging_service(line._app)
    assert service._fcm_url == f"{fcm.base_url}/v1/projects/fieldbeat-dev/messages:send"
    assert service._fcm_topic_url == f"{fcm.base_url}/v1/projects/fieldbeat-dev/registrations"
    line.close()


def test_no_door_retries_by_itself(fcm: Running) -> None:
    line = Line(fcm.state.account.as_json(fcm.base_url), base_url=fcm.base_url, timeout=1)
    service: Any = messaging._get_messaging_service(line._app)
    for url in (FCM_URL, fcm.base_url, "https://oauth2.googleapis.com/token"):
        assert service._client.session.get_adapter(url).max_retries.total == 0
        assert line._session._auth_request.session.get_adapter(url).max_retries.total == 0
    assert service._client.timeout == 1
    line.close()


def test_a_phone_that_was_never_a_phone_is_gone_but_a_bad_text_is_ours() -> None:
    assert isinstance(of_error(_invalid("message.token")), AddressGone)
    assert isinstance(of_error(_invalid("message.fid")), AddressGone)
    assert isinstance(of_error(_invalid("message.data")), Permanent)


def test_a_bare_404_or_403_costs_nobody_an_address() -> None:
    assert of_error(_answered(exceptions.NotFoundError, 404)) == Transient(300.0, "NOT_FOUND: no")
    assert of_error(_answered(exceptions.PermissionDeniedError, 403)) == Transient(300.0, "PERMISSION_DENIED: no")


def test_a_broken_batch_is_unknown() -> None:
    assert isinstance(of_error(exceptions.UnknownError("broke")), Unknown)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("12", 12.0),
        ("Mon, 23 Nov 2026 09:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_in_both_its_forms(header: str, seconds: float | None) -> None:
    with clock.moved_to(datetime(2026, 11, 23, 9, 0, tzinfo=UTC)):
        assert retry_after({"Retry-After": header}) == seconds


def _answered(kind: type, status: int, body: bytes = b"{}") -> Any:
    answer = requests.Response()
    answer.status_code = status
    answer._content = body
    return kind("no", http_response=answer)


def _invalid(field: str) -> Any:
    body = (
        '{"error": {"details": [{"@type": "type.googleapis.com/google.rpc.BadRequest", '
        f'"fieldViolations": [{{"field": "{field}"}}]}}]}}}}'
    )
    return _answered(exceptions.InvalidArgumentError, 400, body.encode())
