"""Temi: jobs, transcripts, account."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from starlette.responses import Response

from sonitemi_pipelines.sandbox.calls import Call, Operation, Refusal, Upload, answer
from sonitemi_pipelines.sandbox.documents import pdf, plain_text, rtf
from sonitemi_pipelines.sandbox.state import Job, iso, now_utc
from sonitemi_pipelines.sandbox.vendors import Vendors

ERRORS = "https://www.temi.com/api/v1/errors"
MEDIA_TYPES = (
    "audio/wav", "audio/mpeg", "audio/mpeg3", "audio/mp3", "audio/x-mpeg-3", "audio/x-aiff", "audio/x-aifc",
    "audio/x-wav", "audio/x-realaudio", "audio/mp4", "audio/mp4a", "audio/mp4a-latm", "audio/webm", "audio/ogg",
    "audio/vorbis", "audio/vnd.wave", "video/x-msvideo", "video/avi", "video/msvideo", "video/mpeg", "video/mp4",
    "video/x-mpeg", "video/x-m4v", "video/quicktime", "video/ogg", "video/webm", "video/x-matroska",
    "video/x-ms-wmv", "video/x-flv",
)  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def problem(status: int, kind: str, title: str, **more: Any) -> Response:
    """An RFC 7807 problem of Temi's."""
    body = {**more, "type": f"{ERRORS}/{kind}", "title": title}
    return answer(body, status, "application/problem+json; charset=utf-8")


def _invalid(**parameters: str) -> Refusal:
    listed = {name.replace("__", "."): [reason] for name, reason in parameters.items()}
    return Refusal(problem(400, "invalid-parameters", "Your request parameters didn't validate", parameters=listed))


def job_json(job: Job) -> dict[str, Any]:
    """A job as answered everywhere; what is not known is left out."""
    shown: dict[str, Any] = {"id": job.id, "status": job.status, "created_on": iso(job.created_at)}
    if job.duration is not None:
        shown["duration_seconds"] = int(job.duration) if job.duration.is_integer() else job.duration
    if job.status == "transcribed":
        shown["web_url"] = f"https://www.temi.com/editor/file/{job.id.removeprefix('sd')}"
    for name in ("name", "metadata", "callback_url", "failure", "failure_detail"):
        if getattr(job, name) is not None:
            shown[name] = getattr(job, name)
    if job.last_modified_on is not None:
        shown["last_modified_on"] = iso(job.last_modified_on)
    return shown


def _the_job(vendors: Vendors, call: Call) -> Job:
    job_id = call.ids["id"]
    if not _ID.fullmatch(job_id):
        raise _invalid(id="The id is not valid.")
    job = vendors.temi.jobs.get(job_id)
    if job is None:
        raise Refusal(problem(404, "job-not-found", "could not find job"))
    return job


def _wrong_state(job: Job, allowed: list[str], detail: str) -> Refusal:
    more = {"allowed_values": allowed, "current_value": job.status, "detail": detail}
    return Refusal(problem(409, "invalid-job-state", "Job is in invalid state", **more))


def submit_job(vendors: Vendors, call: Call) -> Response:
    kind = call.headers.get("content-type", "").split(";")[0].strip().lower()
    if call.malformed is not None:
        raise _invalid(options=f"The options cannot be read: {call.malformed}")
    if kind == "application/json":
        options = _options(call.json)
        media_url = options.get("media_url")
        if not media_url:
            raise _invalid(options__media_url="The media_url field is required.")
        _check_url("media_url", media_url)
        name = unquote(urlsplit(media_url).path).rpartition("/")[2] or None
    elif kind == "multipart/form-data":
        options = _multipart_options(call)
        name = _checked_media(call).filename
    else:
        raise _invalid(content_type="The Content-Type must be application/json or multipart/form-data.")
    if vendors.temi.balance < vendors.temi.rate:
        raise Refusal(_out_of_credit(vendors))
    job = Job(
        vendors.new_job_id(),
        now_utc(),
        name,
        "in_progress",
        callback_url=options.get("callback_url"),
        metadata=options.get("metadata"),
        seed=str(vendors.seed),
    )
    vendors.temi.jobs.add(job)
    return answer(job_json(job))


def _multipart_options(call: Call) -> dict[str, Any]:
    part = call.files.get("options")
    text = part.content.decode("utf-8", "replace") if part is not None else call.get("options")
    if not text:
        return {}
    try:
        return _options(json.loads(text))
    except ValueError as error:
        raise _invalid(options="The options are not valid JSON.") from error


def _options(options: Any) -> dict[str, Any]:
    if not isinstance(options, dict):
        raise _invalid(options="The options must be a JSON object.")
    metadata, callback_url = options.get("metadata"), options.get("callback_url")
    if metadata is not None and (not isinstance(metadata, str) or len(metadata) > 256):
        raise _invalid(options__metadata="The metadata must be a string of at most 256 characters.")
    if callback_url is not None:
        _check_url("callback_url", callback_url)
    return options


def _check_url(name: str, url: Any) -> None:
    if not isinstance(url, str) or len(url) > 1024:
        raise _invalid(**{f"options__{name}": f"The {name} must be a string of at most 1024 characters."})
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise _invalid(**{f"options__{name}": f"The {name} is not a valid URL."})


def _checked_media(call: Call) -> Upload:
    media = call.files.get("media")
    if (media is None and call.get("media") is not None) or (media is not None and not media.filename):
        raise Refusal(problem(400, "media-missing-filename", "filename is required for media part"))
    if media is None:
        raise _invalid(media="The media part is required.")
    if media.content_type not in MEDIA_TYPES:
        detail = f"{media.content_type} is not supported content type for the media"
        more = {"allowed_values": MEDIA_TYPES, "current_value": media.content_type, "detail": detail}
        title = "Not supported media content type"
        raise Refusal(problem(400, "unsupported-media-content-type", title, **more))
    if media.size == 0:
        raise _invalid(media="The media part is empty.")
    return media


def _out_of_credit(vendors: Vendors) -> Response:
    # Written by hand because the vendor sends whole cents, 0.00, which no JSON encoder keeps.
    balance = f"{vendors.temi.balance:.2f}"
    body = (
        f'{{"current_balance":{balance},"type":"{ERRORS}/out-of-credit",'
        f'"title":"You do not have enough credit.","detail":"You have only ${balance}"}}'
    )
    return Response(body, 403, media_type="application/problem+json; charset=utf-8")


def list_jobs(vendors: Vendors, call: Call) -> Response:
    text = call.get("limit") or "100"
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise _invalid(limit="The limit must be from 1 to 100.")
    limit, after = int(text), call.get("starting_after")
    if after and after not in vendors.temi.jobs:
        raise _invalid(starting_after="The job does not exist.")
    jobs = vendors.temi.jobs.after(after, limit) if after else vendors.temi.jobs.page(0, limit)
    return answer([job_json(job) for job in jobs])


def get_job(vendors: Vendors, call: Call) -> Response:
    return answer(job_json(_the_job(vendors, call)))


def delete_job(vendors: Vendors, call: Call) -> Response:
    job = _the_job(vendors, call)
    if job.status not in ("transcribed", "failed"):
        raise _wrong_state(job, ["failed", "transcribed"], "Job is in invalid state to be deleted")
    vendors.temi.deleted[job.id] = vendors.temi.jobs.remove(job.id)
    return Response(status_code=204)


def get_transcript(vendors: Vendors, call: Call) -> Response:
    accept = call.headers.get("accept", "").split(";")[0].strip().lower()
    if accept not in ("text/plain", "application/json", "application/msword", "application/pdf"):
        # A sibling API refuses `*/*` and lists with 406.
        raise Refusal(problem(406, "not-acceptable", "The Accept header names no transcript format"))
    version = call.get("version") or "latest"
    if version not in ("latest", "machine"):
        raise _invalid(version="The version must be latest or machine.")
    job = _the_job(vendors, call)
    if job.status != "transcribed":
        raise _wrong_state(job, ["transcribed"], "Job is in invalid state to obtain the transcript")
    body = vendors.bodies.temi(job, version)
    if accept == "application/json":
        return Response(body, media_type="application/json; charset=utf-8")
    lines = plain_text(msgspec.json.decode(body))
    if accept == "text/plain":
        return Response(lines, media_type="text/plain; charset=utf-8")
    return Response(pdf(lines) if accept == "application/pdf" else rtf(lines), media_type=accept)


def get_account(vendors: Vendors, call: Call) -> Response:
    return Response(f'{{"balance":{vendors.temi.balance:.2f}}}', media_type="application/json; charset=utf-8")


OPERATIONS = (
    Operation("temi job.submit", "POST", "/jobs", submit_job),
    Operation("temi job.list", "GET", "/jobs", list_jobs),
    Operation("temi job.get", "GET", "/jobs/{id}", get_job),
    Operation("temi job.delete", "DELETE", "/jobs/{id}", delete_job),
    Operation("temi transcript.get", "GET", "/jobs/{id}/transcript", get_transcript),
    Operation("temi account.get", "GET", "/account", get_account),
)
