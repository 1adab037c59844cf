"""Sonix transcripts and translations over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.sonix.models import Segment
from sonitemi_pipelines.errors import MalformedAnswerError, NotFoundError, NotReadyError
from sonitemi_pipelines.sandbox import Sandbox

from .wire import sent


def test_json_bytes_are_the_vendors(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """The revision is the sha256 of these bytes: a byte changed on the way makes an edit that never was."""
    assert sonix.transcripts.get_json_bytes(media_id) == sandbox.body("sonix", media_id)
    assert (sent(sandbox).method, sent(sandbox).path) == ("GET", f"/v1/media/{media_id}/transcript.json")
    assert sent(sandbox).query == []


@pytest.mark.parametrize("html", [True, False])
def test_what_is_not_json_is_no_transcript(sandbox: Sandbox, sonix: SonixClient, media_id: str, html: bool) -> None:
    """A login page would otherwise be stored as a revision."""
    sandbox.faults.fail_next("sonix transcript.get", status=200, html=html, body=None if html else b"", times=5)
    with pytest.raises(MalformedAnswerError):
        sonix.transcripts.get_json_bytes(media_id)


def test_json_typed(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """Words without times, or fields dropped, would make every measure wrong."""
    transcript = sonix.transcripts.get_json(media_id)
    sent_by_vendor = json.loads(sandbox.body("sonix", media_id))
    assert transcript.name == sent_by_vendor["name"]
    assert [s.speaker for s in transcript.transcript] == [s["speaker"] for s in sent_by_vendor["transcript"]]
    words = [word for segment in transcript.transcript for word in segment.words]
    expected = [word for segment in sent_by_vendor["transcript"] for word in segment["words"]]
    assert [(w.text, w.start_time, w.end_time) for w in words] == [
        (w["text"], w["start_time"], w["end_time"]) for w in expected
    ]


def test_text_and_captions(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """Every caption option has to reach Sonix by its documented name; text has to be read as UTF-8."""
    sandbox.set_transcript(
        "sonix",
        media_id,
        {
            "name": "Gespräch",
            "transcript": [
                {
                    "speaker": "Zoë",
                    "start_time": 1.0,
                    "end_time": 2.0,
                    "words": [{"text": "日本", "start_time": 1.0, "end_time": 2.0}],
                }
            ],
        },
    )
    text = sonix.transcripts.get_text(media_id)
    assert sent(sandbox).path == f"/v1/media/{media_id}/transcript"
    assert "Zoë" in text
    assert "日本" in text
    options: dict[str, Any] = {
        "speaker_display": "uppercase",
        "limit_captions": True,
        "subtitle_lines": 2,
        "max_characters": 120,
        "max_duration": 8,
    }
    srt = sonix.transcripts.get_srt(media_id, **options)
    assert sent(sandbox).path == f"/v1/media/{media_id}/transcript.srt"
    assert dict(sent(sandbox).query) == {
        "speaker_display": "uppercase",
        "limit_captions": "true",
        "subtitle_lines": "2",
        "max_characters": "120",
        "max_duration": "8",
    }
    assert "00:00:01,000 --> 00:00:02,000" in srt
    assert "ZOË" in srt
    vtt = sonix.transcripts.get_vtt(media_id, **options)
    assert sent(sandbox).path == f"/v1/media/{media_id}/transcript.vtt"
    assert vtt.startswith("WEBVTT")


def test_a_web_page_is_no_text(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """A proxy's page would otherwise be saved as captions."""
    for name, call in (("text", sonix.transcripts.get_text), ("srt", sonix.transcripts.get_srt)):
        sandbox.faults.fail_next(f"sonix transcript.{name}", status=200, html=True, times=5)
        with pytest.raises(MalformedAnswerError, match="web page"):
            call(media_id)


def test_not_ready_and_not_found(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The sync waits for the first and gives up on the second."""
    (open_id,) = sandbox.add_sonix(status="transcribing")
    with pytest.raises(NotReadyError, match="being transcribed"):
        sonix.transcripts.get_json_bytes(open_id)
    with pytest.raises(NotFoundError):
        sonix.transcripts.get_json_bytes("nobody")


def test_update_keeps_what_it_does_not_change(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """An update replaces all of the transcript: a field lost on the way is lost for good."""
    before = sonix.transcripts.get_json(media_id)
    first, *rest = before.transcript
    renamed = Segment.from_answer({**first.as_answer(), "speaker": "Somebody else"})
    sonix.transcripts.update(media_id, transcript=[renamed, *rest])
    request = sent(sandbox)
    assert (request.method, request.path) == ("PUT", f"/v1/media/{media_id}/transcript")
    assert [name for name, _ in request.form] == ["transcript"]
    after = sonix.transcripts.get_json(media_id)
    assert after.transcript[0].speaker == "Somebody else"
    assert after.transcript[0].words == first.words
    assert after.transcript[1:] == rest


def test_split(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """Subtitles come back as Sonix cut them."""
    transcript = sonix.transcripts.split(media_id, subtitle_lines=2, max_characters=50, max_duration=10, max_cps=10)
    request = sent(sandbox)
    assert (request.method, request.path) == ("PUT", f"/v1/media/{media_id}/transcript/split")
    assert dict(request.form) == {
        "subtitle_lines": "2",
        "max_characters": "50",
        "max_duration": "10",
        "max_cps": "10",
    }
    assert transcript.transcript
    sonix.transcripts.split(media_id)
    assert sent(sandbox).body_size == 0


def test_translation_from_request_to_text(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A translation is asked for once, waited for, and read by the transcript calls with `language`."""
    (media_id,) = sandbox.add_sonix(language="en")
    asked = sonix.translations.create(media_id, language="es")
    request = sent(sandbox)
    assert (request.method, request.path) == ("POST", f"/v1/media/{media_id}/translations")
    assert request.form == [("language", "es")]
    assert (asked.language, asked.status) == ("es", "queued")
    assert sonix.translations.get(media_id, "es").status == "queued"
    assert sent(sandbox).path == f"/v1/media/{media_id}/translations/es"
    with pytest.raises(NotReadyError):
        sonix.transcripts.get_json_bytes(media_id, language="es")
    assert sonix.translations.wait(media_id, "es", interval=0.1).status == "completed"
    body = sonix.transcripts.get_json_bytes(media_id, language="es")
    assert sent(sandbox).query == [("language", "es")]
    assert body == sandbox.body("sonix", media_id, "translation-es")
    for call in (sonix.transcripts.get_text, sonix.transcripts.get_srt, sonix.transcripts.get_vtt):
        call(media_id, language="es")
        assert sent(sandbox).query == [("language", "es")]
    sonix.transcripts.split(media_id, language="es")
    assert sent(sandbox).form == [("language", "es")]
    with pytest.raises(NotFoundError):
        sonix.translations.get(media_id, "fr")
