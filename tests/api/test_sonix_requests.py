"""What Sonix makes on request, over HTTP: exports, burn-ins, summarizations, batch summarizations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.errors import (
    InvalidRequestError,
    NotFoundError,
    NotReadyError,
    PaymentError,
    RefusedError,
    ServerError,
    TooLargeError,
)
from sonitemi_pipelines.sandbox import Sandbox

from .wire import sent

BURN_IN: dict[str, Any] = {
    "language": "en",
    "font": "Comic Sans MS",
    "font_size": 42,
    "font_color": "#a0B1c2",
    "bold": True,
    "italic": False,
    "h_align": "left",
    "v_align": "middle",
    "border_style": "full",
    "border_color": "#123456",
    "ratio": "9:16",
    "export_position": "fill",
    "background_color": "#FFFFFF",
}


def folder_with(sandbox: Sandbox, sonix: SonixClient, *, n: int, minutes: float = 1.0) -> tuple[str, list[str]]:
    folder = sonix.folders.create(name=f"Batch of {n}")
    return folder.id, sandbox.add_sonix(n=n, minutes=minutes, folder_id=folder.id)


def test_export_from_request_to_file(sandbox: Sandbox, sonix: SonixClient, media_id: str, tmp_path: Path) -> None:
    """The file has to arrive whole, and the key must not go to the store it lies in."""
    export = sonix.exports.create(media_id, media_format="wav", remove_strikethrough=True)
    request = sent(sandbox)
    assert (request.method, request.path) == ("POST", f"/v1/media/{media_id}/media_exports")
    assert dict(request.form) == {"media_format": "wav", "remove_strikethrough": "true"}
    assert (export.status, export.file_url) == ("processing", None)
    target = tmp_path / "out.wav"
    with pytest.raises(RefusedError, match=r"exports\.wait"):
        sonix.exports.download(export.id, target)
    done = sonix.exports.wait(export.id, interval=0.1)
    assert sent(sandbox).path == f"/v1/media_exports/{export.id}"
    assert done.file_url is not None
    assert sonix.exports.download(export.id, target) == target
    assert target.read_bytes().startswith(b"RIFF")
    assert list(tmp_path.iterdir()) == [target]


def test_export_refused_by_sonix(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Only Sonix knows what is a video; its words have to reach the user."""
    with sandbox.vendors.lock:
        audio = next(m.id for m in sandbox.vendors.sonix.media if m.status == "completed" and not m.video)
    with pytest.raises(InvalidRequestError, match="mp4 is only valid for video"):
        sonix.exports.create(audio, media_format="mp4")
    with pytest.raises(NotFoundError):
        sonix.exports.get("nothing")


def test_a_download_that_fails_leaves_no_file(sandbox: Sandbox, sonix: SonixClient, tmp_path: Path) -> None:
    """Half a file would be taken for the recording."""
    with pytest.raises(NotFoundError):
        sonix.session.download(f"{sandbox.base_url}/none", tmp_path / "x.wav", operation="exports.download")
    assert list(tmp_path.iterdir()) == []


def test_burn_in_with_all_options(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Each of the 13 options has to reach Sonix by its documented name."""
    (media_id,) = sandbox.add_sonix(language="en")
    burn_in = sonix.burn_ins.create(media_id, **BURN_IN)
    request = sent(sandbox)
    assert (request.method, request.path) == ("POST", f"/v1/media/{media_id}/video_burn_ins")
    assert dict(request.form) == {
        **{name: str(value) for name, value in BURN_IN.items()},
        "bold": "true",
        "italic": "false",
    }
    assert (burn_in.status, bool(burn_in.url)) == ("processing", True)
    assert sonix.burn_ins.wait(burn_in.id, interval=0.1).status == "completed"
    assert sent(sandbox).path == f"/v1/video_burn_ins/{burn_in.id}"
    with pytest.raises(NotFoundError):
        sonix.burn_ins.get("nothing")


def test_burn_in_without_options(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """All options are optional: an empty form must not be malformed."""
    assert sonix.burn_ins.create(media_id).id
    assert (sent(sandbox).form, sent(sandbox).body_size) == ([], 0)


def test_summarization(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """The id has to be kept by the caller, since Sonix has no list; the prompt has to arrive as written."""
    prompt = 'Fasse "alles" in\nzwei Sätzen zusammen'
    asked = sonix.summarizations.create(media_id, prompt=prompt)
    request = sent(sandbox)
    assert (request.method, request.path) == ("POST", f"/v1/media/{media_id}/summarizations")
    assert request.form == [("prompt", prompt)]
    assert (asked.status, asked.summary) == ("processing", None)
    done = sonix.summarizations.wait(asked.id, interval=0.1)
    assert sent(sandbox).path == f"/v1/summarizations/{asked.id}"
    assert (done.id, done.prompt, bool(done.summary)) == (asked.id, prompt, True)


def test_summarization_errors(sandbox: Sandbox, sonix: SonixClient) -> None:
    """What is not ready can be asked for later; what is not there cannot."""
    (open_id,) = sandbox.add_sonix(status="transcribing")
    with pytest.raises(NotReadyError):
        sonix.summarizations.create(open_id, prompt="Summarize")
    with pytest.raises(NotFoundError):
        sonix.summarizations.create("nobody", prompt="Summarize")
    with pytest.raises(NotFoundError):
        sonix.summarizations.get("nothing")


def test_a_paid_request_is_never_repeated_by_itself(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """A summary asked for twice is paid twice."""
    sandbox.faults.fail_next("sonix summarization.create", status=503, after=True)
    with pytest.raises(ServerError):
        sonix.summarizations.create(media_id, prompt="Summarize")
    assert sandbox.counts()["sonix summarization.create"] == 1


def test_batch_summarization(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The id comes under one name when created and under another when read."""
    folder_id, media_ids = folder_with(sandbox, sonix, n=3)
    asked = sonix.batch_summarizations.create(folder_id, prompt="Summarize in German")
    request = sent(sandbox)
    assert (request.method, request.path) == ("POST", f"/v1/folders/{folder_id}/batch_summarizations")
    assert request.form == [("prompt", "Summarize in German")]
    done = sonix.batch_summarizations.wait(asked.id, interval=0.1)
    assert sent(sandbox).path == f"/v1/batch_summarizations/{asked.id}"
    assert {summary.media_id for summary in done.summaries} == set(media_ids)
    assert all(summary.summary for summary in done.summaries)
    (listed,) = sonix.batch_summarizations.list(folder_id)
    assert sent(sandbox).path == f"/v1/folders/{folder_id}/batch_summarizations"
    assert (listed.id, listed.status, listed.prompt) == (asked.id, "completed", "Summarize in German")
    assert listed.created_at is not None


def test_batch_errors_say_exactly_what_is_wrong(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The operator has to read: add credit, or split the folder; not 'no access' and 'invalid'."""
    folder_id, _ = folder_with(sandbox, sonix, n=1)
    sandbox.set_batch_credit(False)
    with pytest.raises(PaymentError, match="Insufficient credit for batch processing"):
        sonix.batch_summarizations.create(folder_id, prompt="Summarize")
    sandbox.set_batch_credit(True)
    large_id, _ = folder_with(sandbox, sonix, n=2, minutes=31 * 60)
    with pytest.raises(TooLargeError, match=r"60 hours") as caught:
        sonix.batch_summarizations.create(large_id, prompt="Summarize")
    assert (caught.value.status, caught.value.code) == (422, "422")
    with pytest.raises(NotFoundError, match="Folder not found"):
        sonix.batch_summarizations.create("nowhere", prompt="Summarize")
    with pytest.raises(NotFoundError):
        sonix.batch_summarizations.list("nowhere")
    with pytest.raises(NotFoundError):
        sonix.batch_summarizations.get("nothing")
