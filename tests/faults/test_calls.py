"""One call against a server that does whatever it likes: it ends in time, in bounded memory, with one clear line."""

from __future__ import annotations

import functools
import gzip
import json
import logging
import resource
import socket
import struct
import threading
import time
import zlib
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.errors import (
    ApiError,
    MalformedAnswerError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnreachableError,
)

from .raw import Answer, one_after_another, page, raw_server, whole

USERS = json.dumps({"users": [{"id": "u1"}]}).encode()
KEY = "sk-recognisable-0123456789"
QUICK: dict[str, Any] = {"backoff": 0.01, "connect_timeout": 2.0, "read_timeout": 5.0}


def sonix(url: str, **options: Any) -> SonixClient:
    return SonixClient(KEY, url, **{**QUICK, **options})


def trickle(prefix: bytes) -> Answer:
    """A byte every 50 ms for ever."""

    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(prefix)
        while True:
            time.sleep(0.05)
            connection.sendall(b" ")

    return answer


def silence(connection: socket.socket, head: bytes) -> None:
    time.sleep(30)


def reset(connection: socket.socket, head: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ENDLESS = {
    "status line": trickle(b"HTTP/1.1 2"),
    "headers": trickle(HEAD + b"X-Pad: "),
    "body of a told length": trickle(HEAD + b"Content-Length: 100000\r\n\r\n{"),
    "body until the end": trickle(HEAD + b"\r\n{"),
    "chunked body": trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "silence": silence,
}


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_a_vendor_that_sends_a_byte_now_and_then_is_left_in_time(answer: Answer) -> None:
    """A read time-out starts anew with every byte: the run would hang for days."""
    with raw_server(answer) as server:
        started = time.monotonic()
        with pytest.raises(TransportError, match=r"more than 0.4 s in all.*SONITEMI_CALL_SECONDS|no answer"):
            sonix(server.url, call_seconds=0.4).users.list()
        assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_a_call_ends_at_once_when_told_to_stop(answer: Answer) -> None:
    """Ctrl-C must not wait for a vendor."""
    with raw_server(answer) as server:
        client = sonix(server.url)
        threading.Timer(0.3, client.stop).start()
        started = time.monotonic()
        with pytest.raises(TransportError, match="stopped"):
            client.users.list()
        assert time.monotonic() - started < 1.5


def test_a_pause_ends_at_once_when_told_to_stop() -> None:
    """429 with 45 s to wait, five times over, took minutes to stop."""
    with raw_server(page(b"{}", "429 Too Many", Retry_After="45")) as server:
        client = sonix(server.url)
        threading.Timer(0.3, client.stop).start()
        started = time.monotonic()
        with pytest.raises(TransportError, match="stopped"):
            client.users.list()
        assert time.monotonic() - started < 1.5


def test_pauses_count_for_the_time_of_a_call() -> None:
    """Five tries of 60 s each would be five times the limit that the operator set."""
    with raw_server(page(b"{}", "429 Too Many", Retry_After="40")) as server:
        started = time.monotonic()
        with pytest.raises(RateLimitedError):
            sonix(server.url, call_seconds=5).users.list()
        assert time.monotonic() - started < 1
        assert len(server.heads) == 1


@functools.cache
def bomb(megabytes: int) -> bytes:
    engine = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(engine.compress(bytes(2**20)) for _ in range(megabytes)), engine.flush()])


def chunked(body: bytes, megabytes: int) -> Answer:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(megabytes):
            connection.sendall(b"100000\r\n" + body + b"\r\n")
        connection.sendall(b"0\r\n\r\n")

    return answer


TOO_LARGE = {
    "a gzip bomb": lambda: page(bomb(80), Content_Encoding="gzip"),
    "a bomb in a bomb": lambda: page(gzip.compress(bomb(80)), Content_Encoding="gzip, gzip"),
    "a told length": lambda: page(b"{", Content_Length=str(300 * 2**20)),
    "chunks": lambda: chunked(b" " * 2**20, 130),
}


@pytest.mark.parametrize("make", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_body_that_is_too_large_is_refused_in_little_memory(make: Any) -> None:
    """A gzip body of 1 MB became 3.3 GB."""
    with raw_server(make()) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(MalformedAnswerError, match=r"more than 64 MB, decompressed .raise SONITEMI_MAX_BODY"):
            sonix(server.url, max_body_mb=64).users.list()
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 150
        assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(USERS)),
        ("gzip", gzip.compress(USERS[:5]) + gzip.compress(USERS[5:])),
        ("gzip", gzip.compress(USERS) + bytes(512)),
        ("x-gzip", gzip.compress(USERS)),
        ("deflate", zlib.compress(USERS)),
        ("deflate", zlib.compress(USERS, wbits=-15)),
        ("gzip, identity", gzip.compress(USERS)),
        ("gzip", gzip.compress(b" " * 40 * 2**20 + USERS, 1)),
        ("", b"\xef\xbb\xbf" + USERS),
    ],
    ids=["gzip", "two members", "padded", "x-gzip", "zlib", "deflate", "gzip and identity", "mostly blank", "BOM"],
)
def test_bodies_are_decompressed_as_servers_send_them(encoding: str, body: bytes) -> None:
    """What is read by hand to bound it has to read all that was read before."""
    with raw_server(page(body, Content_Encoding=encoding)) as server:
        assert [user.id for user in sonix(server.url).users.list()] == ["u1"]
        assert b"Accept-Encoding: gzip, deflate\r\n" in server.heads[0]


PASSING = {
    "500": page(b"", "500 Oh"),
    "501": page(b"", "501 Oh"),
    "507": page(b"<html>", "507 Oh", Content_Type="text/html"),
    "520": page(b"", "520 Oh"),
    "408": page(b"", "408 Request Timeout"),
    "425": page(b"", "425 Too Early"),
    "429": page(b"", "429 Too Many Requests"),
    "empty": page(b""),
    "blank": page(b" \n"),
    "no JSON": page(b"<html>sign in</html>", Content_Type="text/html"),
    "half of it": page(USERS[:-4]),
    "less than its length": page(USERS, Content_Length="500"),
    "gzip without its end": page(gzip.compress(USERS)[:-12], Content_Encoding="gzip"),
    "gzip that is none": page(USERS, Content_Encoding="gzip"),
    "an encoding nobody asked for": page(USERS, Content_Encoding="br"),
    "reset": reset,
    "closed": lambda connection, head: None,
    "no HTTP": lambda connection, head: connection.sendall(b"\x16\x03\x01 hello"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_tried_again(fault: Answer) -> None:
    """One hiccup of a proxy would otherwise cost a list, and so a run."""
    with raw_server(one_after_another(fault, fault, page(USERS))) as server:
        assert [user.id for user in sonix(server.url).users.list()] == ["u1"]
        assert len(server.heads) == 3


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_does_not_pass_ends_as_one_line_and_no_post_is_repeated(fault: Answer) -> None:
    """A repeated POST is paid twice; a traceback tells an operator nothing."""
    with raw_server(fault) as server:
        with pytest.raises(ApiError) as caught:
            sonix(server.url, attempts=2).users.list()
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 500
        assert len(server.heads) == 2
        with pytest.raises(ApiError):
            sonix(server.url).summarizations.create("m", prompt="x")
        assert len(server.heads) == 3


@pytest.mark.parametrize("status", ["400", "401", "402", "403", "404", "409", "422"])
def test_what_is_hopeless_is_asked_once(status: str) -> None:
    with raw_server(page(b"{}", f"{status} No")) as server:
        with pytest.raises(ApiError):
            sonix(server.url).users.list()
        assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("told", "least", "tries"),
    [
        ("-5", 0.0, 5),
        ("1.2", 1.1, 2),
        ("0", 0.0, 5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0, 5),
        ("soon", 0.0, 5),
        ("", 0.0, 5),
        ("nan", 0.0, 5),
        ("99999999999", 0.0, 1),
        ("9" * 300, 0.0, 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 0.0, 1),
        ("Fri, 31 Dec 99999 23:59:59 GMT", 0.0, 1),
        ("\N{SUPERSCRIPT TWO}", 0.0, 5),
    ],
)
def test_any_retry_after_is_heeded_or_passed_over(told: str, least: float, tries: int) -> None:
    """A number no clock can hold ended in a traceback."""
    encoded = told.encode("latin-1").decode("latin-1")
    answer = whole(b"{}", "429 Too Many", Retry_After="@").replace(b"@", encoded.encode("latin-1"))
    with raw_server(lambda connection, head: connection.sendall(answer)) as server:
        started = time.monotonic()
        with pytest.raises(RateLimitedError):
            sonix(server.url, attempts=2 if least else 5).users.list()
        assert time.monotonic() - started >= least
        assert len(server.heads) == tries


def test_the_longer_of_the_wait_asked_for_and_our_own_counts() -> None:
    """`Retry-After: 0` from a vendor that is down would be five calls within a millisecond."""
    with raw_server(page(b"", "503 Down", Retry_After="0")) as server:
        started = time.monotonic()
        with pytest.raises(ServerError):
            sonix(server.url, backoff=0.4, attempts=3).users.list()
        assert time.monotonic() - started > 0.55


DEEP = b"[" * 10_000 + b"]" * 10_000
DEEP_OBJECT = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
HOSTILE = {
    "deep list": DEEP,
    "deep object": DEEP_OBJECT,
    "deep member": b'{"users": [{"id": "u1", "x": ' + DEEP + b"}]}",
    "no list": b'{"users": 7}',
    "text": b'"users"',
    "null": b"null",
    "NUL bytes": b"\x00" * 100,
    "other encoding": b"\xff\xfe\x00\xd8" + USERS,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request"])
def test_a_hostile_body_is_one_line(body: bytes, status: str) -> None:
    """10,000 brackets ended in a traceback, in an answer and in an error alike."""
    with raw_server(page(body, status)) as server:
        for list_ in (sonix(server.url, attempts=1).users.list, TemiClient(KEY, server.url, attempts=1).account.get):
            with pytest.raises(ApiError) as caught:
                list_()
            assert "\n" not in str(caught.value)
            assert len(str(caught.value)) < 500


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000, "1e999", "1e30", "NaN", "-Infinity", "1" * 400])
def test_a_number_out_of_all_bounds_spoils_no_list(number: str) -> None:
    """Python refuses whole numbers of over 4,300 digits, and the whole page went with it."""
    body = f'{{"media": [{{"id": "a", "duration": {number}, "created_at": {number}}}, {{"id": "b"}}]}}'.encode()
    with raw_server(one_after_another(page(body), page(b'{"media": []}'))) as server:
        assert [media.id for media in sonix(server.url).media.list()] == ["a", "b"]


def test_messages_of_the_vendor_are_one_clean_line() -> None:
    """Terminal controls, right-to-left marks and 10 MB of text would go to terminal, log and table as they come."""
    said = "line one\nline two\r\n\x1b[31mred\x00\u202e \ud800 " + "x" * 100_000
    body = json.dumps({"code": "a\nb" * 500, "message": said}).encode()
    with raw_server(page(body, "400 Bad")) as server, pytest.raises(ApiError) as caught:
        sonix(server.url).users.list()
    error = caught.value
    assert error.vendor_message is not None
    assert len(error.vendor_message) <= 300
    assert str(error).isprintable()
    assert error.vendor_message.startswith("line one line two [31mred")
    assert error.code is not None
    assert error.code.isprintable()
    assert len(error.code) <= 300


SECRETS = {
    "its own key": f"no such key: {KEY}",
    "the other vendor's key": "no such key: tk-of-the-other-vendor",
    "a signed URL": "see https://files.example.com/a.mp3?X-Amz-Signature=feedbeef01&X-Amz-Credential=AKIAFEED",
    "a password": "proxy http://operator:hunter2secret@proxy.example.com refused",
    "a callback URL": "cannot call https://me.example.com/temi/callback/hook-secret-0123456789?x=1",
    "a header": f"got Authorization: Bearer {KEY}",
}


@pytest.mark.parametrize("said", SECRETS.values(), ids=SECRETS)
def test_no_secret_that_a_vendor_echoes_is_shown(
    said: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Error messages go to terminal, log, event log, notices and the table of failures."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TEMI_API_KEY", "tk-of-the-other-vendor")
    bodies = [json.dumps({"message": said, "code": said}).encode(), said.encode()]
    for body in bodies:
        with raw_server(page(body, "400 Bad", Content_Type="text/plain")) as server, pytest.raises(ApiError) as caught:
            sonix(server.url).users.list()
        shown = f"{caught.value} {caught.value.code} {caught.value.details} {caplog.text}"
        for secret in (KEY, "tk-of-the-other", "feedbeef01", "AKIAFEED", "hunter2secret", "hook-secret-0123456789"):
            assert secret not in shown


def test_a_password_in_the_base_url_is_in_no_message_and_takes_no_key_away(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with raw_server(page(b"{}", "500 No")) as server:
        url = server.url.replace("//", "//operator:hunter2secret@")
        client = sonix(url, attempts=1)
        with pytest.raises(ServerError) as caught:
            client.users.list()
        assert f"Bearer {KEY}".encode() in server.heads[0]
    with pytest.raises(UnreachableError) as unreachable:
        sonix("http://operator:hunter2secret@127.0.0.1:9/v1", attempts=1).users.list()
    shown = f"{caught.value} {unreachable.value} {client!r} {client.session!r} {caplog.text}"
    assert "hunter2secret" not in shown
    assert "127.0.0.1" in shown


def test_a_download_shows_no_signature_even_at_debug_level(caplog: pytest.LogCaptureFixture, tmp_path: Any) -> None:
    """urllib3 writes the addresses it calls, query and all, into the debug log."""
    caplog.set_level(logging.DEBUG)
    with raw_server(page(b"", "404 Gone")) as server:
        signed = f"{server.url}/a.mp3?X-Amz-Signature=feedbeef01"
        with pytest.raises(NotFoundError):
            sonix(server.url).session.download(signed, tmp_path / "a.mp3", operation="exports.download")
    assert b"feedbeef01" in server.heads[0]
    assert "a.mp3" in caplog.text
    assert "feedbeef01" not in caplog.text


def test_messages_name_what_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """'Cannot reach' sends an operator to the vendor when the proxy, the path or the certificate store is wrong."""
    with raw_server(page(b"{}", "301 Moved", Location="https://new.example.com/v2/users?token=abcdef")) as server:
        with pytest.raises(MalformedAnswerError, match=r"redirects to https://new\.example\.com/v2/users\?token=<hid"):
            sonix(server.url).users.list()
        server.answer = page(b'{"message": "no such page"}', "404 Not Found")
        with pytest.raises(NotFoundError, match=r"no such page; .*check the path '/v1' of the base URL"):
            sonix(server.url).users.list()
        with pytest.raises(NotFoundError, match="check the id"):
            sonix(server.url).media.get("m1")
        monkeypatch.setenv("HTTP_PROXY", "http://operator:hunter2secret@127.0.0.1:9")
        with pytest.raises(TransportError, match=r"the proxy http://.*@127\.0\.0\.1:9 .*HTTPS_PROXY"):
            sonix("http://sonix.example.com/v1", attempts=1).users.list()
        monkeypatch.delenv("HTTP_PROXY")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
        with pytest.raises(TransportError, match=r"no certificate store at REQUESTS_CA_BUNDLE=.*none\.pem"):
            sonix(server.url.replace("http://", "https://")).users.list()


def test_a_name_server_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment without DNS is no typing error in the base URL."""
    asked = []

    def unknown(number: int) -> Any:
        def look_up(*args: Any, **options: Any) -> Any:
            asked.append(args)
            raise socket.gaierror(number, "what it says does not matter")

        return look_up

    monkeypatch.setattr(socket, "getaddrinfo", unknown(socket.EAI_AGAIN))
    with pytest.raises(UnreachableError, match=r"cannot reach http://sonix\.example/v1"):
        sonix("http://sonix.example/v1", attempts=3).users.list()
    assert len(asked) == 3
    monkeypatch.setattr(socket, "getaddrinfo", unknown(socket.EAI_NONAME))
    with pytest.raises(UnreachableError, match="no host of this name"):
        sonix("http://sonix.example/v1", attempts=3).users.list()
    assert len(asked) == 4


def test_what_a_balancer_sets_and_what_a_call_asks_for_go_with_each_call() -> None:
    """Calls share what was put together for the first of them; a cookie that came since, or another page, must not be
    left out of it.
    """
    with raw_server(page(b'{"media": [], "page": 1, "total_pages": 1}')) as server:
        client = SonixClient("key", server.url)
        client.media.list_page(1)
        client.media.list_page(2, search="a b")
        server.answer = page(b'{"media": []}', Set_Cookie="node=7; Path=/")
        client.media.list_page(1)
        client.media.list_page(1)
    heads = [head.decode() for head in server.heads]
    assert [head.split()[1].partition("?")[2] for head in heads] == ["", "search=a+b&page=2", "", ""]
    assert all("Authorization: Bearer key" in head and "Accept: application/json" in head for head in heads)
    assert ["node=7" in head for head in heads] == [False, False, False, True]
