"""Every operation called the way the vendors' documents call it, by curl: multipart even on GET."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.sandbox.server import OPERATIONS

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

MEDIA = {"id": str, "name": str, "status": str, "language": str, "created_at": int}
TRANSCRIPT = {"transcript": [{"speaker": str, "start_time": float, "end_time": float, "words": [{"text": str}]}]}
JOB = {"id": str, "status": str, "created_on": str}
DONE = {"status": int}
SEGMENTS = json.dumps(
    [
        {
            "speaker": "Nora",
            "start_time": 1.32,
            "end_time": 8.55,
            "words": [{"text": "Hello,", "start_time": 1.32, "end_time": 1.58, "highlight": True}],
        }
    ]
)
CAPTIONS = (
    "-F speaker_display='uppercase' -F limit_captions=true -F subtitle_lines=2 -F max_characters=120 -F max_duration=8"
)
SUBMIT = "-XPOST {base}/media -F file=@audio.mp3 -F language=en -F name='Podcast Episode 45'"

# operation -> (the document's command, the shape of the answer: JSON members and their types, or how its text starts)
SONIX: list[tuple[str, str, Any]] = [
    (
        "media.list",
        "-XGET {base}/media?page=0",
        {"media": [{**MEDIA, "duration": float, "video": bool, "public_url": str}], "page": int, "total_pages": int},
    ),
    (
        "media.submit",
        SUBMIT + " -F keywords='Sonix, Kairos' -F custom_data='{{\"internal_id\": \"123412\"}}'",
        {**MEDIA, "custom_data": dict},
    ),
    ("media.submit", SUBMIT + ' -F multitrack=true -F speaker_labels=\'["Interviewer", "Guest"]\'', MEDIA),
    ("media.submit_tracks", "-XPOST {base}/media/{spare} -F file=@audio.mp3 -F multitrack=true", MEDIA),
    ("media.get", "-XGET {base}/media/{media}", {**MEDIA, "folder": {"id": str, "name": str}}),
    (
        "media.update",
        '-XPUT {base}/media/{media} -F name="New Name" -F custom_label="In Progress"',
        {**MEDIA, "updated_at": int, "custom_label": str},
    ),
    (
        "export.create",
        "-XPOST {base}/media/{media}/media_exports -F media_format='wav' -F remove_strikethrough=true",
        {"id": str, "status": str},
    ),
    ("export.get", "-XGET {base}/media_exports/{export}", {"id": str, "status": str, "file_url": str}),
    ("transcript.text", "-XGET {base}/media/{media}/transcript", "Interview"),
    ("transcript.srt", "-XGET {base}/media/{media}/transcript.srt " + CAPTIONS, "1\n00:00:0"),
    ("transcript.vtt", "-XGET {base}/media/{media}/transcript.vtt " + CAPTIONS, "WEBVTT\n\n00:00:0"),
    ("transcript.get", "-XGET {base}/media/{media}/transcript.json", {"name": str, **TRANSCRIPT}),
    ("transcript.update", "-XPUT {base}/media/{other}/transcript -F transcript='{segments}'", TRANSCRIPT),
    (
        "transcript.split",
        "-XPUT {base}/media/{other}/transcript/split -F subtitle_lines=2 -F max_characters=50 -F max_duration=10 "
        "-F max_cps=10",
        TRANSCRIPT,
    ),
    (
        "translation.create",
        "-XPOST {base}/media/{media}/translations -F language=es",
        {"language": str, "status": str},
    ),
    ("translation.get", "-XGET {base}/media/{media}/translations/es", {"language": str, "status": str}),
    ("transcript.srt", "-XGET {base}/media/{media}/transcript.srt -F language=es " + CAPTIONS, "1\n00:00:0"),
    (
        "burn_in.create",
        "-XPOST {base}/media/{media}/video_burn_ins -F language=es",
        {"video_export_id": str, "status": str, "url": str},
    ),
    ("burn_in.get", "-XGET {base}/video_burn_ins/{burn_in}", {"video_export_id": str, "status": str, "url": str}),
    (
        "summarization.create",
        "-XPOST {base}/media/{media}/summarizations -F prompt='Summarize in 10 sentences'",
        {"summarization_id": str, "status": str},
    ),
    (
        "summarization.get",
        "-XGET {base}/summarizations/{summarization}",
        {"summarization_id": str, "status": str, "prompt": str, "summary": str},
    ),
    (
        "batch_summarization.create",
        "-XPOST {base}/folders/{folder}/batch_summarizations -F prompt='Summarize in German'",
        {"batch_summarization_id": str, "status": str},
    ),
    (
        "batch_summarization.get",
        "-XGET {base}/batch_summarizations/{batch}",
        {"id": str, "status": str, "prompt": str, "summaries": [{"media_id": str, "summary": str}]},
    ),
    (
        "batch_summarization.list",
        "-XGET {base}/folders/{folder}/batch_summarizations",
        {"batch_summarizations": [{"id": str, "status": str, "prompt": str, "created_at": str}]},
    ),
    (
        "folder.create",
        '-XPOST {base}/folders -F name="2019 Podcasts" -F access_control="restricted" '
        '-F "restricted_users[]=a@example.com" -F "restricted_users[]=b@example.com"',
        {"id": str, "name": str, "access_control": str, "restricted_users": [str, str]},
    ),
    ("folder.list", "-XGET {base}/folders", {"folders": [{"id": str}]}),
    (
        "folder.update",
        "-XPUT {base}/folders/{folder} -F name='Interviews'",
        {"id": str, "name": str, "access_control": str},
    ),
    ("user.list", "-XGET {base}/users", {"users": [{"id": str, "name": str, "email": str, "role": str}]}),
    (
        "user.invite",
        "-XPOST {base}/users -F email='john@example.com' -F role='Producer' -F name='John Doe'",
        {"id": str, "name": str, "email": str, "role": str},
    ),
    ("user.update", "-XPUT {base}/users/{user} -F role='Member'", {"id": str, "name": str, "role": str}),
    (
        "share.create",
        '-XPOST {base}/media/{media}/share -F email="ann@example.com" -F notes="By 7pm tonight?" -F can_edit=true',
        {"email": str, "can_edit": bool},
    ),
    ("share.list", "-XGET {base}/media/{media}/shares", {"shares": [{"email": str, "can_edit": bool}]}),
    ("share.delete", "-XDELETE {base}/media/{media}/shares -F email='ann@example.com'", DONE),
    ("media.delete", "-XDELETE {base}/media/{spare}", DONE),
]
TEMI: list[tuple[str, str, Any]] = [
    (
        "job.submit",
        '-XPOST {base}/jobs -H "Content-Type: application/json" -d \'{{"media_url": "https://example.com/watch?v=1"}}\'',
        JOB,
    ),
    (
        "job.submit",
        '-XPOST {base}/jobs -F "options={{\\"metadata\\":\\"meta content\\"}}" -F "media=@audio.mp3;type=audio/mpeg"',
        {**JOB, "metadata": str},
    ),
    (
        "job.submit",
        '-XPOST {base}/jobs -F "options=@options.json" -F "media=@audio.mp3;type=audio/mpeg"',
        {**JOB, "metadata": str, "callback_url": str},
    ),
    ("job.get", "-XGET {base}/jobs/{job}", {**JOB, "web_url": str, "duration_seconds": float, "name": str}),
    ("job.list", "-XGET {base}/jobs?limit=10", [JOB]),
    ("transcript.get", '-XGET {base}/jobs/{job}/transcript?version=machine -H "Accept: text/plain"', "Speaker 1:   "),
    (
        "transcript.get",
        '-XGET {base}/jobs/{job}/transcript?version=latest -H "Accept: application/json"',
        {
            "speakers": [{"id": int, "name": str}],
            "monologues": [{"id": int, "speaker": int, "elements": [{"type": str, "value": str}]}],
        },
    ),
    ("account.get", "-XGET {base}/account", {"balance": float}),
    ("job.delete", "-XDELETE {base}/jobs/{job}", ""),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(task_seconds=0.0, quirks=False, minutes=(1, 2)).running() as running:
        yield running


@pytest.fixture(scope="module")
def names(sandbox: Sandbox) -> dict[str, str]:
    """What the commands refer to; every answer that creates something adds its id."""
    folder = next(f.id for f in sandbox.vendors.sonix.folders.values() if f.name == "Interviews")
    empty = next(f.id for f in sandbox.vendors.sonix.folders.values() if f.name == "Support calls")
    for listed in list(sandbox.vendors.sonix.media):
        if listed.folder_id == folder:
            listed.folder_id = empty
    media, other, spare = sandbox.add_sonix(n=3, language="en", folder_id=folder)
    sandbox.move(spare, None)
    sandbox.set_transcript("sonix", media, {"name": "Interview", "transcript": json.loads(SEGMENTS)})
    user = str(next(iter(sandbox.vendors.sonix.users)))
    (job,) = sandbox.add_temi()
    found: dict[str, str] = {"media": media, "other": other, "spare": spare, "folder": folder, "user": user, "job": job}
    return {**found, "base": sandbox.base_url, "segments": SEGMENTS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("curl")
    (path / "audio.mp3").write_bytes(b"\xff\xfb\x90\x00" + bytes(413))
    (path / "options.json").write_text('{"metadata": "order 7", "callback_url": "https://example.com/done"}')
    return path


def _run(command: str, names: dict[str, str], key: str, folder: Path) -> str:
    arguments = shlex.split(command.format(**names))
    full = ["curl", "-sS", "--globoff", "--noproxy", "*", *arguments, "-H", f"Authorization: Bearer {key}"]
    done = subprocess.run(full, cwd=folder, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


def _check_shape(found: Any, shape: Any, where: str = "answer") -> None:
    if isinstance(shape, dict):
        assert isinstance(found, dict), where
        for name, member in shape.items():
            assert name in found, f"{where} has no {name}: {found}"
            _check_shape(found[name], member, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(found, list), where
        assert found, where
        for member in found:
            _check_shape(member, shape[0], f"{where}[]")
    else:
        assert isinstance(found, int | float if shape is float else shape), f"{where} is {found!r}"


def _remember(operation: str, answer: dict[str, Any], names: dict[str, str]) -> None:
    created = {"export": "id", "burn_in": "video_export_id", "summarization": "summarization_id"}
    kind = operation.partition(".")[0]
    if operation.endswith(".create") and kind in created:
        names[kind] = answer[created[kind]]
    elif operation == "batch_summarization.create":
        names["batch"] = answer["batch_summarization_id"]


def test_documents_commands_get_the_documents_answers(sandbox: Sandbox, names: dict[str, str], folder: Path) -> None:
    """A command copied from the vendor's page must work on the sandbox, or the sandbox teaches the wrong API."""
    for provider, examples in (("sonix", SONIX), ("temi", TEMI)):
        for operation, command, shape in examples:
            before = sandbox.counts(ok=True).get(f"{provider} {operation}", 0)
            answer = _run(command, names, sandbox.keys[provider], folder)
            assert sandbox.counts(ok=True).get(f"{provider} {operation}", 0) == before + 1, (command, answer)
            if isinstance(shape, str):
                assert answer.startswith(shape), (command, answer)
            else:
                decoded = json.loads(answer)
                _check_shape(decoded, shape)
                if isinstance(decoded, dict):
                    _remember(operation, decoded, names)


def test_no_operation_is_left_out() -> None:
    shown = {f"sonix {name}" for name, _, _ in SONIX} | {f"temi {name}" for name, _, _ in TEMI}
    assert shown == {operation.name for operation in OPERATIONS}
