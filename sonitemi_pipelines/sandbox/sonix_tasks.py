"""Work Sonix does on request: media exports, video burn-ins, summarizations, batch summarizations."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from sonitemi_pipelines.sandbox.calls import Call, Operation, answer
from sonitemi_pipelines.sandbox.conversations import setting
from sonitemi_pipelines.sandbox.sonix_answers import (
    chosen,
    completed_media,
    flag,
    number,
    refusal,
    required,
    summary_refusal,
)
from sonitemi_pipelines.sandbox.sonix_transcripts import translation_task
from sonitemi_pipelines.sandbox.state import IN_PROGRESS, Folder, Media, Task
from sonitemi_pipelines.sandbox.vendors import Vendors

LONGEST_BATCH_SECONDS = 60 * 3600
_FONTS = (
    "Arial", "Arial Black", "Comic Sans MS", "Courier New", "Georgia", "Impact", "Lucida Grande", "Palatino",
    "Segoe UI", "Tahoma", "Times New Roman", "Tiresias Infofont", "Trebuchet MS", "Verdana",
)  # fmt: skip
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def _task(vendors: Vendors, call: Call, kind: str) -> Task:
    task = vendors.sonix.tasks.get(call.ids["id"])
    if task is None or task.kind != kind:
        raise refusal(404, f"{kind.replace('_', ' ').capitalize()} not found")
    return task


def _status(task: Task) -> str:
    return "completed" if task.completed else "processing"


def create_export(vendors: Vendors, call: Call) -> Response:
    media = completed_media(vendors, call)
    media_format = chosen(call, "media_format", ("mp3", "wav", "mp4"), "mp3")
    if media_format == "mp4" and not media.video:
        raise refusal(400, "media_format mp4 is only valid for video")
    flag(call, "remove_strikethrough")
    task = vendors.new_task("export", media.id, media_format=media_format)
    return answer({"id": task.id, "status": "processing"})


def get_export(vendors: Vendors, call: Call) -> Response:
    task = _task(vendors, call, "export")
    shown = {"id": task.id, "status": _status(task)}
    if task.completed:
        shown["file_url"] = f"{vendors.origin}/_sandbox/files/{task.id}.{task.details['media_format']}"
    return answer(shown)


def create_burn_in(vendors: Vendors, call: Call) -> Response:
    media = completed_media(vendors, call)
    language = call.get("language")
    if language and language != media.language and translation_task(vendors, media, language) is None:
        raise refusal(404, f"Translation to {language} not found")
    chosen(call, "font", _FONTS, "Arial")
    if not number(call, "font_size", 16.0, 10, 42).is_integer():
        raise refusal(400, "font_size must be a whole number from 10 to 42")
    for name in ("font_color", "border_color", "background_color"):
        if not _COLOR.fullmatch(call.get(name, "#000000") or ""):
            raise refusal(400, f"{name} must be a color such as #FFFFFF")
    flag(call, "bold")
    flag(call, "italic")
    chosen(call, "h_align", ("center", "right", "left"), "center")
    chosen(call, "v_align", ("top", "middle", "bottom"), "bottom")
    chosen(call, "border_style", ("none", "outline", "wrap", "full"), "wrap")
    chosen(call, "ratio", ("original", "1:1", "9:16", "16:9", "5:4", "4:5"), "original")
    chosen(call, "export_position", ("fit", "fill"), "fit")
    return answer(_burn_in_json(vendors.new_task("burn_in", media.id), "processing"))


def get_burn_in(vendors: Vendors, call: Call) -> Response:
    task = _task(vendors, call, "burn_in")
    return answer(_burn_in_json(task, _status(task)))


def _burn_in_json(task: Task, status: str) -> dict[str, str]:
    url = f"https://my.sonix.ai/video_exports/{task.id}"
    return {"video_export_id": task.id, "status": status, "url": url}


def create_summarization(vendors: Vendors, call: Call) -> Response:
    media = completed_media(vendors, call)
    prompt = required(call, "prompt")
    task = vendors.new_task("summarization", media.id, prompt=prompt, summary=summary_of(media))
    return answer({"summarization_id": task.id, "status": "processing"})


def get_summarization(vendors: Vendors, call: Call) -> Response:
    task = _task(vendors, call, "summarization")
    shown = {"summarization_id": task.id, "status": _status(task), "prompt": task.details["prompt"]}
    if task.completed:
        shown["summary"] = task.details["summary"]
    return answer(shown)


def _folder(vendors: Vendors, call: Call) -> Folder:
    folder = vendors.sonix.folders.get(call.ids["id"])
    if folder is None:
        raise summary_refusal(404, "Folder not found")
    return folder


def create_batch(vendors: Vendors, call: Call) -> Response:
    folder = _folder(vendors, call)
    prompt = (call.get("prompt") or "").strip()
    if not prompt:
        raise summary_refusal(400, "prompt is required")
    if not vendors.sonix.has_batch_credit:
        raise summary_refusal(403, "Insufficient credit for batch processing")
    held = [media for media in vendors.sonix.media if media.folder_id == folder.id]
    if sum(media.duration or 0 for media in held) > LONGEST_BATCH_SECONDS:
        raise summary_refusal(422, "Folder is too large for batch processing (>60 hours)")
    if any(media.status in IN_PROGRESS for media in held):
        raise summary_refusal(409, "Folder holds media files that are being transcribed")
    task = add_batch(vendors, folder.id, prompt)
    return answer({"batch_summarization_id": task.id, "status": "processing"})


def add_batch(vendors: Vendors, folder_id: str, prompt: str) -> Task:
    """A batch over what the folder holds now."""
    held = [media for media in vendors.sonix.media if media.folder_id == folder_id and media.status == "completed"]
    summaries = [{"media_id": media.id, "summary": summary_of(media)} for media in held]
    return vendors.new_task("batch", folder_id, prompt=prompt, summaries=summaries)


def list_batches(vendors: Vendors, call: Call) -> Response:
    folder = _folder(vendors, call)
    tasks = [task for task in vendors.sonix.tasks.values() if task.kind == "batch" and task.owner_id == folder.id]
    listed = [{**_batch_json(task), "created_at": f"{task.created_at:%Y-%m-%dT%H:%M:%SZ}"} for task in tasks]
    return answer({"batch_summarizations": listed})


def get_batch(vendors: Vendors, call: Call) -> Response:
    task = vendors.sonix.tasks.get(call.ids["id"])
    if task is None or task.kind != "batch":
        raise summary_refusal(404, "Batch summarization not found")
    shown: dict[str, Any] = dict(_batch_json(task))
    if task.completed:
        shown["summaries"] = task.details["summaries"]
    return answer(shown)


def _batch_json(task: Task) -> dict[str, str]:
    return {"id": task.id, "status": _status(task), "prompt": task.details["prompt"]}


def summary_of(media: Media) -> str:
    """A few sentences that are true of the media: who speaks, how long, where it belongs."""
    scene = setting(f"{media.seed}/{media.id}", media.language)
    others = ", ".join(scene.speakers[1:])
    minutes = max(1, round((media.duration or 60) / 60))
    return (
        f"{scene.speakers[0]} talks with {others} for about {minutes} minutes under the title '{media.name}'. "
        f"The conversation goes through what happened, what was difficult and what comes next, and ends on good terms."
    )


OPERATIONS = (
    Operation("sonix export.create", "POST", "/media/{id}/media_exports", create_export),
    Operation("sonix export.get", "GET", "/media_exports/{id}", get_export),
    Operation("sonix burn_in.create", "POST", "/media/{id}/video_burn_ins", create_burn_in),
    Operation("sonix burn_in.get", "GET", "/video_burn_ins/{id}", get_burn_in),
    Operation("sonix summarization.create", "POST", "/media/{id}/summarizations", create_summarization),
    Operation("sonix summarization.get", "GET", "/summarizations/{id}", get_summarization),
    Operation("sonix batch_summarization.create", "POST", "/folders/{id}/batch_summarizations", create_batch),
    Operation("sonix batch_summarization.list", "GET", "/folders/{id}/batch_summarizations", list_batches),
    Operation("sonix batch_summarization.get", "GET", "/batch_summarizations/{id}", get_batch),
)
