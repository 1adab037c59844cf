"""Sonix media over HTTP: what goes over the wire, what comes back, what each documented error becomes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.errors import (
    AccessError,
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    MalformedAnswerError,
    NotFoundError,
    NotReadyError,
    PaymentError,
    ServerError,
)
from sonitemi_pipelines.sandbox import Sandbox

from .wire import sent


def test_get_finds_the_folder(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """The folder stands only in a single media's answer; without it folder reports stay empty."""
    folder = next(folder for folder in sonix.folders.list() if folder.name == "Podcasts")
    sandbox.move(media_id, folder.id)
    media = sonix.media.get(media_id)
    request = sent(sandbox)
    assert (request.method, request.path, request.query) == ("GET", f"/v1/media/{media_id}", [])
    assert request.headers["authorization"] == f"Bearer {sandbox.keys['sonix']}"
    assert (media.id, media.folder_id, media.folder_name) == (media_id, folder.id, "Podcasts")
    assert media.status == "completed"


def test_list_filters_go_into_the_query(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """Filters sent as form fields of a GET, as the document writes them, are lost by most servers."""
    sandbox.rename(media_id, "Überraschung & mehr")
    found = list(sonix.media.list(status="completed", search="überraschung & m"))
    request = sent(sandbox)
    assert [media.id for media in found] == [media_id]
    assert sorted(request.query) == [("page", "2"), ("search", "überraschung & m"), ("status", "completed")]
    assert request.body_size == 0


def test_submit_by_url(sandbox: Sandbox, sonix: SonixClient) -> None:
    """An option that goes over the wire under another name or form is ignored by Sonix without a word."""
    folder = sonix.folders.list()[1]
    media = sonix.media.submit(
        file_url="https://media.example.com/call one.mp3?x=1".replace(" ", "%20"),
        language="en-GB",
        name="Anruf Nr. 1 – Zürich",
        transcript_text="Hello.",
        folder_id=folder.id,
        keywords=["Sonix", "Kairos"],
        custom_data={"internal_id": "123412", "größe": 2},
        callback_url="https://hooks.example.com/sonix",
    )
    request = sent(sandbox)
    assert (request.method, request.path, request.query) == ("POST", "/v1/media", [])
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    form = dict(request.form)
    assert json.loads(form.pop("custom_data")) == {"internal_id": "123412", "größe": 2}
    assert form == {
        "file_url": "https://media.example.com/call%20one.mp3?x=1",
        "language": "en-GB",
        "name": "Anruf Nr. 1 – Zürich",
        "transcript_text": "Hello.",
        "folder_id": folder.id,
        "keywords": "Sonix, Kairos",
        "callback_url": "https://hooks.example.com/sonix",
    }
    assert media.status == "preparing"
    assert media.custom_data == {"internal_id": "123412", "größe": 2}
    assert media.created_at is not None


def test_submit_a_file(sandbox: Sandbox, sonix: SonixClient, tmp_path: Path) -> None:
    """The bytes, the name and the type of the file arrive as they are on disk."""
    path = tmp_path / 'zwölf "Affen".wav'
    path.write_bytes(b"RIFF" + bytes(range(256)) * 40)
    media = sonix.media.submit(file=path, language="de", custom_data='{"a": 1}')
    upload = sent(sandbox).files["file"]
    assert upload.content == path.read_bytes()
    assert upload.content_type in ("audio/x-wav", "audio/wav", "audio/vnd.wave")
    assert upload.filename.startswith("zwölf")
    assert dict(sent(sandbox).form) == {"language": "de", "custom_data": '{"a": 1}'}
    assert media.custom_data == {"a": 1}


def test_submit_multitrack(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Speakers on channels of their own would otherwise be mixed into one."""
    url = "https://media.example.com/two.wav"
    sonix.media.submit(file_url=url, language="en", multitrack=True, speaker_labels=["Interviewer", "Gäste"])
    form = dict(sent(sandbox).form)
    assert sent(sandbox).path == "/v1/media"
    assert form["multitrack"] == "true"
    assert json.loads(form["speaker_labels"]) == ["Interviewer", "Gäste"]


def test_update(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """Only what is named may change."""
    media = sonix.media.update(media_id, name="New Name", custom_label="In Progress")
    request = sent(sandbox)
    assert (request.method, request.path) == ("PUT", f"/v1/media/{media_id}")
    assert dict(request.form) == {"name": "New Name", "custom_label": "In Progress"}
    assert (media.name, media.custom_label) == ("New Name", "In Progress")
    assert media.updated_at is not None


def test_delete(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """A deletion that did not happen would leave personal data at the vendor."""
    sonix.media.delete(media_id)
    assert (sent(sandbox).method, sent(sandbox).path, sent(sandbox).body_size) == ("DELETE", f"/v1/media/{media_id}", 0)
    with pytest.raises(NotFoundError):
        sonix.media.get(media_id)


def test_delete_whose_answer_was_lost_is_a_success(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """The repeated call answers 404 because the first one worked; that is no error."""
    sandbox.faults.fail_next("sonix media.delete", drop_connection=True, after=True)
    sonix.media.delete(media_id)
    assert sandbox.counts()["sonix media.delete"] == 2
    with pytest.raises(NotFoundError):
        sonix.media.delete(media_id)


def test_wrong_key(sandbox: Sandbox) -> None:
    """The message says what to do, and never shows the key."""
    client = SonixClient("not-the-key-at-all", sandbox.base_url)
    with pytest.raises(AuthenticationError, match="Invalid API key") as caught:
        client.media.get("x")
    assert (caught.value.vendor, caught.value.operation, caught.value.code) == ("sonix", "media.get", "401")
    assert "not-the-key" not in f"{caught.value!r}{caught.value}{caught.value.__dict__}"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (402, PaymentError),
        (403, AccessError),
        (404, NotFoundError),
        (409, NotReadyError),
    ],
)
def test_each_documented_error_has_its_cause(
    sandbox: Sandbox, sonix: SonixClient, status: int, kind: type[ApiError]
) -> None:
    """Operators act on the cause: a key, a bill and a wrong id need different people."""
    sandbox.faults.fail_next("sonix media.get", status=status)
    with pytest.raises(kind) as caught:
        sonix.media.get("abc")
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code) == (status, str(status))
    assert caught.value.vendor_message
    assert sandbox.counts()["sonix media.get"] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": "Too odd", "code": "odd_request"}', "Too odd"),
        (b'{"message": "Too odd", "hint": "even"}', "Too odd"),
        (b"Too odd", "Too odd"),
        (b'["Too odd"]', "Too odd"),
        (b"", "correct the parameters"),
    ],
)
def test_other_shapes_of_an_error_keep_their_words(
    sandbox: Sandbox, sonix: SonixClient, body: bytes, words: str
) -> None:
    """The vendor's own words are what tells an operator what is wrong."""
    sandbox.faults.fail_next("sonix media.get", status=400, body=body)
    with pytest.raises(InvalidRequestError, match=words):
        sonix.media.get("abc")


def test_a_proxys_page_is_told_apart(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """A login page answered with 200 would otherwise be stored as data; a 502 page would flood the log."""
    sandbox.faults.fail_next("sonix media.get", status=200, html=True, times=5)
    with pytest.raises(MalformedAnswerError, match="not JSON"):
        sonix.media.get(media_id)
    sandbox.faults.fail_next("sonix media.get", status=502, html=True, times=9)
    with pytest.raises(ServerError, match="an HTML page from") as caught:
        sonix.media.get(media_id)
    assert "<html" not in str(caught.value)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"x"', b'{"media": {}}', b"{", b""])
def test_a_list_of_another_shape_is_an_error(sandbox: Sandbox, sonix: SonixClient, body: bytes) -> None:
    """An odd answer read as an empty account would mark every recording as deleted."""
    sandbox.faults.fail_next("sonix media.list", status=200, body=body, times=5)
    with pytest.raises(MalformedAnswerError):
        list(sonix.media.list())


def test_a_redirect_is_not_followed(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The key would otherwise travel to wherever a proxy points."""
    sandbox.faults.fail_next("sonix media.get", status=302, body=b"")
    with pytest.raises(MalformedAnswerError):
        sonix.media.get("abc")
