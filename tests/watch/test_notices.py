"""Notices: once when something begins to be wrong, once when it is over, through every channel there is."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings.watch import WatchSettings
from sonitemi_pipelines.watch.alarms import Alarm, Memory, deliver, dump, load, notices
from sonitemi_pipelines.watch.notify import (
    HttpNotifier,
    LogNotifier,
    MailNotifier,
    Notice,
    Notifier,
    NotifyError,
    SlackNotifier,
)

FAILED = Notice("check_failed", "all_transcripts_arrived failed: <6> are missing", {"check": "all_transcripts_arrived"})


class Receiver(BaseHTTPRequestHandler):
    received: list[tuple[str, Any]]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, json.loads(body)))
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[tuple[str, type[Receiver]]]:
    handler = type("Handler", (Receiver,), {"received": [], "status": 200})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook?token=s3cret", handler
        server.shutdown()
        thread.join()


@dataclass
class Mailbox:
    mails: list[tuple[list[str], str, str]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content)
        self.mails.append((envelope.rcpt_tos, str(mail["Subject"]), str(mail.get_payload())))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.password)
        return AuthResult(success=data.password == b"pass word")


@pytest.fixture
def mailbox() -> Iterator[tuple[int, Mailbox]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        box, "127.0.0.1", port, authenticator=box.authenticate, auth_require_tls=False, ready_timeout=20
    )
    controller.start()
    yield port, box
    controller.stop()


def test_json_says_what_and_why(endpoint: tuple[str, type[Receiver]], caplog: pytest.LogCaptureFixture) -> None:
    url, handler = endpoint
    for notifier in (LogNotifier(), HttpNotifier(url)):
        notifier.notify(FAILED)
    said = {"kind": "check_failed", "text": FAILED.text, "details": {"check": "all_transcripts_arrived"}}
    assert handler.received == [("/hook?token=s3cret", said)]
    assert f"check_failed: {FAILED.text}" in caplog.text


def test_a_chat_gets_the_line_as_text_and_not_as_mark_up(endpoint: tuple[str, type[Receiver]]) -> None:
    """A recording may be called <!channel>, and must not call everybody."""
    url, handler = endpoint
    SlackNotifier(url).notify(FAILED)
    SlackNotifier(url).notify(Notice("check_failed_recovered", "all_transcripts_arrived passes again"))
    assert [body for _, body in handler.received] == [
        {"text": ":red_circle: all_transcripts_arrived failed: &lt;6&gt; are missing"},
        {"text": ":white_check_mark: all_transcripts_arrived passes again"},
    ]


def test_a_mail_goes_to_everybody_named(mailbox: tuple[int, Mailbox]) -> None:
    port, box = mailbox
    url = f"smtp://us%40er:pass%20word@127.0.0.1:{port}"
    MailNotifier(url, "sonitemi@example.com", ["ann@example.com", "bob@example.com"]).notify(FAILED)
    [(recipients, subject, body)] = box.mails
    assert recipients == ["ann@example.com", "bob@example.com"]
    assert subject == f"sonitemi: {FAILED.text}"
    assert "check: all_transcripts_arrived" in body
    assert box.logins == [b"pass word"]


def test_a_password_never_goes_out_in_the_clear(mailbox: tuple[int, Mailbox], monkeypatch: pytest.MonkeyPatch) -> None:
    """To this machine it may; anywhere else TLS comes first."""
    port, box = mailbox
    monkeypatch.setattr("sonitemi_pipelines.watch.notify._LOCAL", ())
    with pytest.raises(NotifyError, match="SMTPNotSupportedError"):
        MailNotifier(f"smtp://user:secret@127.0.0.1:{port}", "a@b.c", ["d@e.f"]).notify(FAILED)
    assert box.logins == []


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refused_notice_is_told_without_the_urls_secret(endpoint: tuple[str, type[Receiver]], status: int) -> None:
    url, handler = endpoint
    handler.status = status
    with pytest.raises(NotifyError) as caught:
        HttpNotifier(url).notify(FAILED)
    assert str(caught.value) == f"127.0.0.1 answered {status} to a notice; check SONITEMI_NOTIFY_URL"
    unreachable: list[Notifier] = [
        HttpNotifier("http://127.0.0.1:1/s3cret"),
        SlackNotifier("http://127.0.0.1:1/s3cret"),
        MailNotifier("smtp://user:s3cret@127.0.0.1:1", "a@b.c", ["d@e.f"]),
    ]
    for notifier in unreachable:
        with pytest.raises(NotifyError) as caught:
            notifier.notify(FAILED)
        assert "127.0.0.1" in str(caught.value)
        assert "s3cret" not in str(caught.value) + repr(notifier)
    assert "s3cret" not in repr(WatchSettings(notify_url=url))


@pytest.mark.parametrize(
    ("url", "sender", "to"),
    [("mail.example.com", "a@b.c", ["d@e.f"]), ("smtp://h", "", ["d@e.f"]), ("smtps://h", "a@b.c", [])],
)
def test_mail_settings_that_cannot_be_are_refused(url: str, sender: str, to: list[str]) -> None:
    with pytest.raises(SettingsError):
        MailNotifier(url, sender, to)


def alarm(name: str) -> Alarm:
    return Alarm("check_failed", f"{name} failed", f"{name} passes again")


def test_each_is_told_once_and_its_end_once() -> None:
    """A check that stays red through a weekend must not fill a mailbox."""
    memory = Memory()
    told = []
    for now in (["a"], ["a"], ["a", "b"], ["b"], [], [], ["a"]):
        told += [notice.text for notice in notices(memory, {name: alarm(name) for name in now})]
        memory = load(dump(memory))
    assert told == ["a failed", "b failed", "a passes again", "b passes again", "a failed"]


class Flaky:
    def __init__(self, name: str) -> None:
        self.name, self.down = name, True
        self.got: list[str] = []

    def notify(self, notice: Notice) -> None:
        if self.down:
            raise NotifyError(f"{self.name} is down")
        self.got.append(notice.text)


def test_a_channel_that_is_down_gets_it_later_and_the_others_not_twice() -> None:
    memory, chat, mail = Memory(), Flaky("chat"), Flaky("mail")
    chat.down = False
    new = notices(memory, {"a": alarm("a")})
    assert deliver(memory, new, [chat, mail], 0.0) == (1, ["mail is down"])
    memory = load(dump(memory))
    mail.down = False
    assert deliver(memory, notices(memory, {"a": alarm("a")}), [chat, mail], 60.0) == (1, [])
    assert (chat.got, mail.got) == (["a failed"], ["a failed"])
    assert deliver(memory, [], [chat, mail], 120.0) == (0, [])


def test_a_memory_that_is_none_tells_again_what_is_wrong() -> None:
    for text in ("", "garbage", "[1]", '{"open": 7}'):
        assert [notice.text for notice in notices(load(text), {"a": alarm("a")})] == ["a failed"]
