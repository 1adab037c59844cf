"""Temi transcripts over HTTP: four formats, two versions, the exact Accept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.errors import MalformedAnswerError, NotFoundError, NotReadyError
from sonitemi_pipelines.sandbox import Sandbox

from .wire import sent


@pytest.mark.parametrize(
    ("name", "accept", "start"),
    [
        ("get_text", "text/plain", None),
        ("get_json_bytes", "application/json", b"{"),
        ("get_word", "application/msword", b"{\\rtf"),
        ("get_pdf", "application/pdf", b"%PDF-"),
    ],
)
@pytest.mark.parametrize("version", ["latest", "machine"])
def test_each_format_and_version(
    sandbox: Sandbox, temi: TemiClient, job_id: str, name: str, accept: str, start: bytes | None, version: str
) -> None:
    """A wider Accept, such as requests' own `*/*`, is answered 406."""
    call: Callable[..., Any] = getattr(temi.transcripts, name)
    found = call(job_id, version=version)
    request = sent(sandbox)
    assert (request.method, request.path) == ("GET", f"/v1/jobs/{job_id}/transcript")
    assert (request.query, request.headers["accept"]) == ([("version", version)], accept)
    assert found
    assert start is None or found.startswith(start)


def test_versions_differ_once_edited(sandbox: Sandbox, temi: TemiClient, job_id: str) -> None:
    """The comparison of machine and editor rests on getting each."""
    sandbox.edit(job_id)
    latest, machine = (temi.transcripts.get_json_bytes(job_id, version=v) for v in ("latest", "machine"))
    assert latest == sandbox.body("temi", job_id, "latest")
    assert machine == sandbox.body("temi", job_id, "machine")
    assert latest != machine


def test_json_typed(sandbox: Sandbox, temi: TemiClient, job_id: str) -> None:
    """Untimed elements and drifting ids must not stop the reading."""
    payload = {
        "speakers": [{"id": "0", "name": "Ann"}],
        "monologues": [
            {
                "id": 4,
                "speaker": "0",
                "elements": [
                    {"type": "text", "value": "Hi", "ts": 4.0199999, "end_ts": "4.5"},
                    {"type": "punct", "value": "."},
                    {"type": "tag", "value": "<laugh>", "ts": 5, "mood": "glad"},
                ],
            }
        ],
        "engine": "v2",
    }
    sandbox.set_transcript("temi", job_id, payload)
    transcript = temi.transcripts.get_json(job_id)
    assert transcript.speakers[0].id == transcript.monologues[0].speaker == 0
    hi, dot, laugh = transcript.monologues[0].elements
    assert (hi.ts, hi.end_ts, dot.ts, laugh.end_ts, laugh.extra) == (4.0199999, 4.5, None, None, {"mood": "glad"})
    assert transcript.extra == {"engine": "v2"}
    assert json.loads(temi.transcripts.get_json_bytes(job_id)) == payload


def test_not_ready_and_not_found(sandbox: Sandbox, temi: TemiClient) -> None:
    """The sync waits for the first and gives up on the second."""
    (open_id,) = sandbox.add_temi(status="in_progress")
    with pytest.raises(NotReadyError, match="invalid state to obtain the transcript") as caught:
        temi.transcripts.get_json_bytes(open_id)
    assert caught.value.details["current_value"] == "in_progress"
    with pytest.raises(NotFoundError):
        temi.transcripts.get_json_bytes("sd0")


def test_a_web_page_is_no_transcript(sandbox: Sandbox, temi: TemiClient, job_id: str) -> None:
    """A proxy's page would otherwise be stored as a revision, or opened in a word processor."""
    for name in ("get_text", "get_json", "get_json_bytes", "get_word", "get_pdf"):
        sandbox.faults.fail_next("temi transcript.get", status=200, html=True, times=5)
        with pytest.raises(MalformedAnswerError):
            getattr(temi.transcripts, name)(job_id)
