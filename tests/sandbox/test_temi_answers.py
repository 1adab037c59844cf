"""Temi's answers are those of its document: a client that works here works there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sonitemi_pipelines.sandbox import Sandbox

from .vendor import Vendor, as_json

ERRORS = "https://www.temi.com/api/v1/errors/"
MP3 = ("talk.mp3", b"sound", "audio/mpeg")


def test_wrong_key_gets_the_documented_body(sandbox: Sandbox, temi: Vendor) -> None:
    answer = temi.get("/jobs", headers={"Authorization": "Bearer wrong"})
    said = {"message": "Authorization has been denied for this request."}
    assert (answer.status_code, answer.json()) == (401, said)


def test_list_walks_by_cursor_newest_first(sandbox: Sandbox, temi: Vendor) -> None:
    """A cursor that repeats or skips a job would lose a transcript for good."""
    sandbox.add_temi(n=90)
    seen: list[dict[str, Any]] = []
    while page := temi.get(
        "/jobs", params={"limit": 50, **({"starting_after": seen[-1]["id"]} if seen else {})}
    ).json():
        seen += page
    assert len({job["id"] for job in seen}) == len(seen) == 120
    created = [job["created_on"] for job in seen]
    assert created == sorted(created, reverse=True)
    assert len(temi.get("/jobs").json()) == 100


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "starting_after=sd999"])
def test_bad_list_parameters_are_named(sandbox: Sandbox, temi: Vendor, query: str) -> None:
    answer = temi.get(f"/jobs?{query}")
    assert answer.status_code == 400
    assert answer.json()["type"] == ERRORS + "invalid-parameters"
    assert list(answer.json()["parameters"]) == [query.partition("=")[0]]


def test_deleted_cursor_answers_400(sandbox: Sandbox, temi: Vendor) -> None:
    cursor = sandbox.add_temi()[0]
    assert temi.delete(f"/jobs/{cursor}").status_code == 204
    assert temi.get(f"/jobs?starting_after={cursor}").status_code == 400


def test_unknown_fields_are_left_out_not_null(sandbox: Sandbox, temi: Vendor) -> None:
    for job in temi.get("/jobs").json():
        assert None not in job.values()
        assert ("failure" in job) == (job["status"] == "failed")


@pytest.mark.parametrize(
    ("form", "files", "kind"),
    [
        ({}, {"media": ("talk.txt", b"sound", "text/plain")}, "unsupported-media-content-type"),
        ({"media": "sound"}, {"options": (None, "{}")}, "media-missing-filename"),
        ({"options": "{"}, {"media": MP3}, "invalid-parameters"),
        ({"options": json.dumps({"metadata": "m" * 257})}, {"media": MP3}, "invalid-parameters"),
        ({"options": "{}"}, {"unrelated": MP3}, "invalid-parameters"),
    ],
)
def test_bad_uploads_get_their_problem_type(
    sandbox: Sandbox, temi: Vendor, form: dict[str, str], files: dict[str, Any], kind: str
) -> None:
    answer = temi.post("/jobs", data=form, files=files)
    assert (answer.status_code, answer.json()["type"]) == (400, ERRORS + kind)
    if kind == "unsupported-media-content-type":
        assert answer.json()["current_value"] == "text/plain"
        assert "audio/mpeg" in answer.json()["allowed_values"]


@pytest.mark.parametrize(
    "options", [{}, {"media_url": "ftp://example.com"}, {"media_url": "https://example.com/" + "a" * 1024}, [], "text"]
)
def test_bad_urls_are_refused(sandbox: Sandbox, temi: Vendor, options: Any) -> None:
    answer = temi.post("/jobs", json=options)
    assert (answer.status_code, answer.json()["type"]) == (400, ERRORS + "invalid-parameters")


def test_no_credit_refuses_with_the_balance_in_whole_cents(sandbox: Sandbox, temi: Vendor) -> None:
    sandbox.set_balance(0)
    answer = temi.post("/jobs", json={"media_url": "https://example.com/a.mp3"})
    assert answer.status_code == 403
    assert answer.json()["type"] == ERRORS + "out-of-credit"
    assert '"current_balance":0.00' in answer.text


def test_transcribing_costs_by_started_minute(sandbox: Sandbox, temi: Vendor) -> None:
    (job_id,) = sandbox.add_temi(status="in_progress", minutes=2.5)
    sandbox.complete(job_id)
    assert temi.get("/account").text == '{"balance":149.25}'
    sandbox.set_balance("0.10")
    (poor,) = sandbox.add_temi(status="in_progress")
    sandbox.complete(poor)
    assert temi.get(f"/jobs/{poor}").json()["status"] == "failed"


def test_state_errors_name_the_states(sandbox: Sandbox, temi: Vendor) -> None:
    (job_id,) = sandbox.add_temi(status="in_progress")
    for answer in (temi.delete(f"/jobs/{job_id}"), temi.get(f"/jobs/{job_id}/transcript", headers=as_json())):
        assert (answer.status_code, answer.json()["type"]) == (409, ERRORS + "invalid-job-state")
        assert answer.json()["current_value"] == "in_progress"
        assert "transcribed" in answer.json()["allowed_values"]
    assert temi.get("/jobs/sd404").json()["type"] == ERRORS + "job-not-found"
    assert temi.get("/jobs/a%20b").status_code == 400


@pytest.mark.parametrize(
    ("accept", "start"),
    [
        ("application/json", b'{"speakers":['),
        ("text/plain", b"Speaker "),
        ("application/msword", b"{\\rtf1"),
        ("application/pdf", b"%PDF-1.4"),
    ],
)
def test_four_formats_of_a_transcript(sandbox: Sandbox, temi: Vendor, accept: str, start: bytes) -> None:
    (job_id,) = sandbox.add_temi()
    answer = temi.get(f"/jobs/{job_id}/transcript?version=machine", headers=as_json(accept))
    assert answer.headers["Content-Type"].startswith(accept)
    assert answer.content.startswith(start)


def test_pdf_points_at_its_own_objects(sandbox: Sandbox, temi: Vendor) -> None:
    """A reader opens the file only if the cross-reference table is right."""
    (job_id,) = sandbox.add_temi(minutes=4)
    body = temi.get(f"/jobs/{job_id}/transcript", headers=as_json("application/pdf")).content
    table = int(body.rsplit(b"startxref\n", 1)[1].split()[0])
    lines = body[table:].split(b"\n")
    assert lines[0] == b"xref"
    count = int(lines[1].split()[1])
    for number in range(1, count):
        offset = int(lines[2 + number].split()[0])
        assert body[offset:].startswith(b"%d 0 obj" % number)


def test_any_accept_is_refused(sandbox: Sandbox, temi: Vendor) -> None:
    (job_id,) = sandbox.add_temi()
    assert temi.get(f"/jobs/{job_id}/transcript").status_code == 406
    assert temi.get(f"/jobs/{job_id}/transcript?version=first", headers=as_json()).status_code == 400


def test_machine_and_latest_part_with_the_first_edit(sandbox: Sandbox, temi: Vendor) -> None:
    (job_id,) = sandbox.add_temi()
    path = f"/jobs/{job_id}/transcript"
    machine = temi.get(f"{path}?version=machine", headers=as_json()).content
    assert temi.get(path, headers=as_json()).content == machine
    assert "last_modified_on" not in temi.get(f"/jobs/{job_id}").json()
    stamps = []
    bodies = {machine}
    for _ in range(3):
        sandbox.edit(job_id)
        stamps.append(temi.get(f"/jobs/{job_id}").json()["last_modified_on"])
        bodies.add(temi.get(path, headers=as_json()).content)
    assert sorted(set(stamps)) == stamps
    assert len(bodies) == 4
    assert temi.get(f"{path}?version=machine", headers=as_json()).content == machine
