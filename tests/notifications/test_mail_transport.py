"""Django's own mail against a mail server of a few lines: one mail for one person, and each answer named."""

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from django.core import mail
from pytest_django import Settings

from backend.config.mail import mail_settings
from backend.kit.ids import new_id
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
from backend.notifications.transports.mail.transport import MailTransport

BEN, CY = Address("email", "ben@example.com"), Address("email", "cy@example.com")


class Server(socketserver.ThreadingTCPServer):
    """Speaks just enough SMTP; `says` is what it answers to a command instead of yes, "" to hang up."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.says: dict[str, str] = {}
        self.mails: list[EmailMessage] = []


class _Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            word = line.split(b" ")[0].strip().upper().decode()
            word = line.strip().upper().decode() if word in ("MAIL", "RCPT") else word
            told = next((said for asked, said in self.server.says.items() if word.startswith(asked.upper())), None)
            if told == "":
                return
            if told is not None:
                self._say(told)
            elif word == "DATA":
                self._say("354 go on")
                if not self._take():
                    return
            else:
                self._say("250 yes")
            if word == "QUIT":
                return

    def _take(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.mails.append(message_from_bytes(b"".join(lines), policy=default))
        after = self.server.says.get("END", "250 taken")
        if after:
            self._say(after)
        return bool(after)

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """A mail server that the settings name."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        url = f"smtp://127.0.0.1:{running.server_address[1]}"
        for name, value in mail_settings(url, "Fieldbeat <alerts@example.com>").items():
            setattr(settings, name, value)
        yield running
        running.shutdown()
        thread.join(10)


def alert(title: str, **fields: str) -> Message:
    return Message(nid=new_id().hex, title=title, body=f"Body of {title}", **fields)  # type: ignore[arg-type]


def test_all_that_one_person_hears_is_one_mail(server: Server) -> None:
    won, late, cys = alert("Joe's Deli: Won"), alert("Visit <b>overdue</b>\r\nBcc: eve@example.com"), alert("Cy's")
    found = MailTransport().send([(BEN, won), (CY, cys), (BEN, late)])
    assert found[0] == found[2]
    assert all(isinstance(one, Sent) for one in found)
    bens, other = server.mails
    assert (bens["To"], bens["From"], bens["Auto-Submitted"]) == (
        "ben@example.com",
        "Fieldbeat <alerts@example.com>",
        "auto-generated",
    )
    assert (bens["Subject"], other["Subject"]) == ("2 alerts: Joe's Deli: Won", "Cy's")
    assert (bens["Bcc"], bens["List-Unsubscribe"]) == (None, None)
    text, html = (part.get_content() for part in bens.iter_parts())
    assert "Joe's Deli: Won\nBody of Joe's Deli: Won\n\nVisit <b>overdue</b>" in text.replace("\r\n", "\n")
    assert "Visit &lt;b&gt;overdue&lt;/b&gt;" in html
    assert "<b>" not in html


def test_a_digest_keeps_its_lines(server: Server) -> None:
    several = Message(nid=new_id().hex, title="2 alerts", body="Won: <Joe's>\nLate: Mei")
    MailTransport().send([(BEN, several)])
    [sent] = server.mails
    text, html = (part.get_content() for part in sent.iter_parts())
    assert "Won: <Joe's>\nLate: Mei" in text.replace("\r\n", "\n")
    assert "Won: &lt;Joe&#x27;s&gt;<br>Late: Mei" in html


def test_a_mail_sent_again_is_known_by_its_number_and_another_digest_is_another(server: Server) -> None:
    won, late = alert("Won"), alert("Late")
    for batch in ([won, late], [late, won], [won]):
        MailTransport().send([(BEN, one) for one in batch])
    first, again, other = (one["Message-ID"] for one in server.mails)
    assert first == again != other
    assert first.endswith("@example.com>")


def test_the_words_around_are_in_the_persons_language_and_name_the_way_out(server: Server) -> None:
    out = "https://crm.example.com/stop?a=1&b=2"
    both = [alert(title, locale="zh-Hant", unsubscribe=out) for title in ("成交", "逾期")]
    MailTransport().send([(BEN, one) for one in both])
    [sent] = server.mails
    assert sent["Subject"] == "2 則提醒：成交"
    assert (sent["List-Unsubscribe"], sent["List-Unsubscribe-Post"]) == (f"<{out}>", "List-Unsubscribe=One-Click")
    assert f"不再接收此類郵件: {out}" in sent.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_two_who_share_a_mailbox_have_each_their_own_way_out_and_without_tls_it_is_no_click(server: Server) -> None:
    ways = ["http://10.0.0.5:8000/stop?a=ben", "http://10.0.0.5:8000/stop?a=dee"]
    MailTransport().send([(BEN, alert("Won", unsubscribe=way)) for way in ways])
    assert [one["List-Unsubscribe"] for one in server.mails] == [f"<{way}>" for way in ways]
    assert [one["List-Unsubscribe-Post"] for one in server.mails] == [None, None]


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ({"RCPT TO:<BEN": "550 no such mailbox"}, AddressGone),
        ({"RCPT TO:<BEN": "450 greylisted"}, Transient),
        ({"RCPT TO:<BEN": "552 full"}, Permanent),
        ({"MAIL": "421 too busy"}, Transient),
        ({"END": "554 looks like spam"}, Permanent),
        ({"END": "451 try later"}, Transient),
        ({"END": ""}, Unknown),
    ],
)
def test_each_answer_has_its_outcome_and_the_next_mail_goes_out(
    server: Server, says: dict[str, str], outcome: type[Outcome]
) -> None:
    server.says = says
    [found] = MailTransport().send([(BEN, alert("Won"))])
    assert type(found) is outcome, found
    server.says = {}
    assert isinstance(MailTransport().send([(BEN, alert("Won"))])[0], Sent)


def test_one_who_is_refused_does_not_cost_the_others_their_mail(server: Server) -> None:
    server.says = {"RCPT TO:<BEN": "550 no such mailbox"}
    nobody = Address("email", "not an address")
    found = MailTransport().send([(BEN, alert("a")), (nobody, alert("b")), (CY, alert("c"))])
    assert [type(one) for one in found] == [AddressGone, Permanent, Sent]


def test_with_no_mail_server_nothing_is_lost(server: Server, settings: Settings) -> None:
    settings.EMAIL_PORT = 9
    [found] = MailTransport().send([(BEN, alert("Won"))])
    assert isinstance(found, Transient)


def test_the_settings_name_the_way(settings: Settings) -> None:
    assert mail_settings(None, "a@b")["EMAIL_BACKEND"].endswith("dummy.EmailBackend")
    assert mail_settings("console:", "a@b")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert mail_settings("file:///var/mail%20box", "a@b")["EMAIL_FILE_PATH"] == "/var/mail box"
    far = mail_settings("smtp://ops%40example.com:p%2Fw@mail.example.com", "a@b")
    assert (far["EMAIL_HOST_USER"], far["EMAIL_HOST_PASSWORD"], far["EMAIL_PORT"]) == ("ops@example.com", "p/w", 587)
    assert (far["EMAIL_USE_TLS"], far["EMAIL_USE_SSL"]) == (True, False)
    near = mail_settings("smtps://mail.example.com", "a@b")
    assert (near["EMAIL_USE_TLS"], near["EMAIL_USE_SSL"], near["EMAIL_PORT"]) == (False, True, 465)
    [found] = MailTransport().send([(BEN, alert("Won"))])
    assert isinstance(found, Sent)
    assert [one.to for one in mail.outbox] == [["ben@example.com"]]
